import LedgerJSON
import OptionTrades

/// The columns of the views' tables.
enum ViewColumns {
    static func of(_ view: View, _ context: PageContext) -> [Column] {
        let explained = view.explained(context)
        return switch view.name {
        case View.trades.name: trades(context, explained)
        case View.lifecycles.name: lifecycles(context, explained)
        case View.alignment.name: [trade(context)] + alignment(explained)
        case View.executionQuality.name: [trade(context)] + executionQuality(explained)
        case View.outcomes.name: [trade(context)] + outcomes(explained)
        case View.context.name: [trade(context)] + self.context(explained)
        case View.alerts.name: AlertsPage.columns(explained)
        case View.dispatches.name: dispatches(explained)
        default: []
        }
    }

    private static func trade(_ context: PageContext) -> Column {
        Column("Trade") { row, html in TradeLink.write(row, context, to: &html) }
    }

    private static func trades(_ context: PageContext, _ explained: Explained) -> [Column] {
        [
            Column("Trade") { row, html in TradeLink.write(row, context, to: &html) },
            .text("Portfolio", "source_portfolio"),
            .instant("Traded", "trade_date"),
            .text("Side", "direction"),
            .figure("Quantity", unit: "contracts", "quantity", .quantity, explained),
            Column("Price per contract", unit: "in the currency named", isNumber: true, field: "price") { row, html in
                Cell.figure(row, "price", .price, explained, to: &html)
                guard row["price"]?.isNull == false else { return }
                html.text(" ")
                html.element("small", text: row["price_currency"]?.string ?? "currency missing")
            },
            .figure("Multiplier", "contract_multiplier", .quantity, explained).extra,
            .figure("Premium total USD", unit: "provided or derived", "entry_premium_usd", .money, explained),
            .figure("Fees total USD", "fees_usd", .money, explained),
            .badge("Status", "trade_status"),
            .tokens("Flags", "flags"),
            .badge("Recon", "recon_status").extra,
            .tokens("Changed at the source", "last_changed_fields", isWarning: false).extra,
        ]
    }

    private static func lifecycles(_ context: PageContext, _ explained: Explained) -> [Column] {
        [
            Column("Position") { row, html in
                PositionLink.write(row, context, to: &html)
                html.element(
                    "span", [.class("contract")],
                    text: "\(row["source_portfolio"]?.string ?? "no portfolio") · \((row["position_id"]?.string ?? "").prefix(12))…")
            },
            .badge("State", "lifecycle_state", explained), .badge("Quality", "lifecycle_quality", explained),
            .figure("Net", unit: "contracts", "net_quantity", .quantity, explained),
            .figure("Closed", unit: "contracts", "closed_quantity", .quantity, explained),
            .figure("Realized P&L before fees USD", unit: "derived, not validated", "realized_pnl_before_fees_usd", .money, explained),
            .figure("Open premium USD", "open_premium_usd", .money, explained),
            .figure("Average open price", unit: "per contract", "average_open_price", .price, explained),
            .figure("Gross premium USD", "total_gross_premium_usd", .money, explained).extra,
            .figure("Net premium cashflow USD", "net_premium_cashflow_usd", .money, explained).extra,
            .figure("Fees total USD", "total_fees_usd", .money, explained).extra,
            .instant("Opened", "opened_at"), .instant("Closed at", "closed_at"),
            Column("Matches and open lots", field: "matches", isSortable: false) { row, html in MatchDetails.write(row, context, to: &html)
            },
            .tokens("Flags", "lifecycle_flags"), .tokens("Missing", "missing_fields"),
        ]
    }

    private static func alignment(_ explained: Explained) -> [Column] {
        [
            .instant("Traded", "trade_date"), .text("Side", "direction"), .text("Assumed strategy", "assumed_strategy").extra,
            .figure("Score", unit: "0 to 100", "alignment_score", .score, explained), .badge("Label", "alignment_label", explained),
            .figure("Confidence", unit: "0 to 1", "confidence", .ratio, explained), .badge("Confidence label", "confidence_label").extra,
            Column("Drivers", field: "drivers", isSortable: false) { row, html in Signals.write(row["drivers"], to: &html) },
            Column("Detractors", field: "detractors", isSortable: false) { row, html in Signals.write(row["detractors"], to: &html) },
            .tokens("Missing signals", "missing_signals"), .badge("Context", "context_quality"), .badge("Gamma regime", "gamma_regime"),
        ]
    }

    private static func executionQuality(_ explained: Explained) -> [Column] {
        [
            .instant("Traded", "trade_date"), .text("Side", "direction"),
            .figure("Quantity", unit: "contracts", "quantity", .quantity, explained),
            .badge("Benchmark", "benchmark_quality", explained),
            .figure("Fill vs mid USD", unit: "total", "fill_vs_mid_usd", .money, explained),
            .figure("Fill vs mid bps", "fill_vs_mid_bps", .points, explained),
            .figure("Fill", unit: "per contract", "fill_price", .price, explained),
            .figure("Bid", unit: "per contract", "benchmark_bid", .price, explained).extra,
            .figure("Mid", unit: "per contract", "benchmark_mid", .price, explained),
            .figure("Ask", unit: "per contract", "benchmark_ask", .price, explained).extra,
            .figure("Fill vs mid", unit: "per contract", "fill_vs_mid", .price, explained).extra,
            .figure("Spread capture", unit: "0 near side, 1 far side", "spread_capture", .score, explained),
            .badge("Liquidity", "execution_liquidity_quality", explained), .instant("Quote", "benchmark_timestamp").extra,
            .text("Source", "benchmark_source").extra, .tokens("Flags", "benchmark_flags").extra, .tokens("Missing", "missing_fields"),
        ]
    }

    private static func outcomes(_ explained: Explained) -> [Column] {
        [
            .text("Horizon", "horizon_key"), .badge("Outcome", "outcome_state", explained),
            .figure("P&L before fees USD", unit: "against a sourced mark", "pnl_before_fees_usd", .money, explained),
            .figure("P&L after fees USD", "pnl_after_fees_usd", .money, explained).extra,
            .figure("Entry premium USD", unit: "total", "entry_premium_usd", .money, explained),
            .figure("Mark premium USD", unit: "total", "mark_premium_usd", .money, explained),
            .badge("Mark", "mark_quality", explained), .text("Side", "direction"), .instant("Traded", "trade_date"),
            .instant("Target", "target_timestamp").extra,
            .figure("Mark", unit: "per contract", "mark_price", .price, explained).extra,
            .figure("Spot move", unit: "%, traded underlying", "spot_move_pct", .score, explained),
            .figure("Moneyness at entry", "moneyness_at_entry", .ratio, explained).extra,
            .figure("Realized vol after", unit: "vol points", "realized_vol_after_trade", .score, explained).extra,
            .badge("Alignment", "alignment_label"), .badge("Regime", "gamma_regime").extra, .text("DVol", "dvol_bucket").extra,
            .tokens("Missing", "missing_fields"),
        ]
    }

    private static func dispatches(_ explained: Explained) -> [Column] {
        [
            Column("Intent") { row, html in DispatchLink.write(row, explained.pin, to: &html) },
            .text("Ticker", "ticker"), BrokerCell.side, .text("Strategy", "strategy"),
            .badge("Mode", "execution_mode", explained), .badge("Verdict", "verdict", explained),
            BrokerCell.text("Contract", "option_symbol", none: "none chosen"),
            Column("Gates", field: "gates", isSortable: false) { row, html in GateLights.write(row["gates"], to: &html) },
            .figure("Quantity", "quantity", .quantity, explained), .figure("Limit", "limit_price", .price, explained),
            .figure("Filled", "filled_quantity", .quantity, explained), .figure("Average price", "filled_avg_price", .price, explained),
            .figure("Fill vs mid bps", "fill_vs_mid_bps", .points, explained),
            .figure("Spread", unit: "% of mid", "spread_pct", .score, explained).extra,
            .figure("Seconds to fill", "seconds_to_fill", .score, explained).extra,
            .tokens("Reasons", "reasons"), BrokerCell.text("Ended by", "fallback_reason", none: "nothing").extra,
            .instant("Created", "created_at"), .instant("Expires", "expires_at").extra,
        ]
    }

    private static func context(_ explained: Explained) -> [Column] {
        [
            .text("Underlying", "quote_underlying"), .text("Market proxy", "market_proxy"),
            .figure("Mapping confidence", "mapping_confidence", .score, explained), .badge("Context", "context_quality", explained),
            .figure("DVol", unit: "vol points", "dvol", .score, explained),
            .figure("DVol percentile", unit: "365 d", "dvol_percentile", .points, explained),
            .figure("VRP", unit: "vol points", "vrp", .score, explained),
            .figure("IV 30 d", unit: "vol points", "iv_30d", .score, explained),
            .figure("RV 30 d", unit: "vol points", "rv_30d", .score, explained),
            .figure("GEX imbalance", "gex_imbalance", .ratio, explained), .badge("Gamma regime", "gamma_regime", explained),
            .badge("Term structure", "term_structure_state", explained), .badge("Stationarity", "stationarity_status", explained),
            .badge("Smile", "smile_state"),
            .figure("Spot of the proxy", unit: "backdrop only", "spot_at_trade", .money, explained),
            .tokens("Missing", "missing_fields"),
        ]
    }
}

/// Drivers or detractors: signal, impact and reason.
enum Signals {
    static func write(_ signals: JSONValue?, to html: inout HTMLWriter) {
        guard let signals, signals.count > 0 else { return html.element("span", [.class("quiet")], text: "none") }
        html.element("ul", [.class("signals")]) { html in
            for signal in signals.elements {
                let impact = signal["impact"]?.sourceText ?? "0"
                html.element("li", [.title(signal["explanation"]?.string ?? "")]) { html in
                    html.text((signal["signal"]?.string ?? "?").replacing("_", with: " "))
                    html.text(" ")
                    html.element(
                        "span", [.class("figure")], text: (impact.hasPrefix("-") ? "" : "+") + Figures.decimal(impact, .price).text)
                }
            }
        }
    }
}
