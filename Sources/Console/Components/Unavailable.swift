import LedgerJSON

/// The reason for an absent figure, from its row. An absent figure is never shown as zero and never without a reason.
enum Unavailable {
    /// The reason in a few words, for a cell.
    static func reason(_ field: String, in row: JSONValue) -> String {
        if row["execution_mode"] != nil {
            return ["filled_quantity", "filled_avg_price", "fill_vs_mid_bps", "seconds_to_fill"].contains(field) ? "no fill" : "not decided"
        }
        if row["outcome_state"]?.string == "pending" && outcomeFields.contains(field) { return "pending" }
        let tokens = (row["missing_fields"]?.elements.compactMap(\.string) ?? [])
        // A stale quote leads to a missing mark, and is the more specific reason.
        if outcomeFields.contains(field), row["mark_quality"]?.string == "stale", tokens.contains("forward_mark") { return "stale mark" }
        if let own = tokens.first(where: { $0 == field || $0 == "missing:\(field)" }) { return phrase(own) }
        if let cause = tokens.first(where: { (causes[field] ?? []).contains($0) }) { return phrase(cause) }
        return byState(field, row) ?? "not in the source"
    }

    /// Writes an em dash with the reason.
    static func write(_ reason: String, to html: inout HTMLWriter) {
        html.element("span", [.class("none")]) { html in
            html.element("span", [.ariaHidden], text: "\u{2014}")
            html.text(" ")
            html.element("small", text: reason)
        }
    }

    private static func byState(_ field: String, _ row: JSONValue) -> String? {
        switch field {
        case "average_open_price": row["lifecycle_state"]?.string == "closed" ? "no open lots" : "price incomplete"
        case "open_premium_usd", "realized_pnl_before_fees_usd": "price incomplete"
        case "total_gross_premium_usd", "net_premium_cashflow_usd", "known_gross_premium_usd", "known_net_premium_cashflow_usd":
            "premium incomplete"
        case "total_fees_usd", "known_fees_usd": "fees incomplete"
        case "closed_at": "still open"
        case "alignment_score": "insufficient data"
        case "entry_premium_usd": "no defensible premium"
        case "smile_rich_cheap": "not sourced"
        case _ where benchmarkFields.contains(field): benchmark(row)
        case _ where outcomeFields.contains(field): outcome(field, row)
        case _ where contextFields.contains(field): row["context_quality"]?.string
        default: nil
        }
    }

    private static func benchmark(_ row: JSONValue) -> String {
        if row["execution_liquidity_quality"]?.string == "not_entitled" { return "not entitled" }
        if let currency = row["price_currency"]?.string, currency != "USD" { return "not in USD" }
        switch row["benchmark_quality"]?.string {
        case "stale": return "stale quote"
        case "estimated": return "model only"
        case "quoted": return "not in the quote"
        default: return row["execution_liquidity_quality"]?.string == "not_sourced" ? "not sourced" : "no usable quote"
        }
    }

    private static func outcome(_ field: String, _ row: JSONValue) -> String {
        if field == "realized_vol_after_trade" || field.hasPrefix("spot") || field.hasPrefix("moneyness") {
            return row["mark_quality"]?.string == "quoted" && field != "realized_vol_after_trade"
                ? "no spot" : field == "realized_vol_after_trade" ? "not sourced" : "no mark"
        }
        switch row["mark_quality"]?.string {
        case "stale": return "stale mark"
        case "quoted": return "not in the quote"
        default: return "no mark"
        }
    }

    private static let outcomeFields: Set<String> = [
        "mark_price", "mark_premium_usd", "mark_iv", "mark_timestamp", "mark_time_delta_minutes", "pnl_before_fees_usd",
        "pnl_after_fees_usd", "spot_at_horizon", "spot_at_entry", "spot_move_pct", "moneyness_at_entry", "moneyness_at_horizon",
        "realized_vol_after_trade", "mark_source",
    ]
    private static let benchmarkFields: Set<String> = [
        "benchmark_bid", "benchmark_ask", "benchmark_mid", "benchmark_mark", "benchmark_bid_size", "benchmark_ask_size",
        "benchmark_iv", "benchmark_timestamp", "benchmark_time_delta_minutes", "benchmark_source", "contract_volume_24h",
        "contract_open_interest", "fill_vs_mid", "fill_vs_mid_usd", "fill_vs_mid_bps", "fill_vs_surface_mark", "spread_capture",
    ]
    private static let contextFields: Set<String> = [
        "dvol", "dvol_percentile", "vrp", "iv_30d", "rv_30d", "gamma_regime", "gex_imbalance", "term_structure_state",
        "spot_at_trade", "stationarity_status",
    ]
    /// For each field, the tokens of `missing_fields` that make it absent.
    private static let causes: [String: Set<String>] = [
        "pnl_before_fees_usd": [
            "horizon_after_expiry", "forward_mark", "entry_premium_usd", "direction", "quantity", "contract_multiplier", "expiry",
        ],
        "pnl_after_fees_usd": [
            "horizon_after_expiry", "forward_mark", "entry_premium_usd", "direction", "quantity", "contract_multiplier", "expiry",
            "fees_usd",
        ],
        "mark_premium_usd": ["horizon_after_expiry", "forward_mark", "quantity", "contract_multiplier", "expiry"],
        "mark_price": ["horizon_after_expiry", "forward_mark", "expiry"],
        "mark_timestamp": ["horizon_after_expiry", "forward_mark", "expiry"],
        "target_timestamp": ["expiry"],
        "spot_at_horizon": ["horizon_after_expiry"],
        "spot_move_pct": ["horizon_after_expiry"],
        "fill_vs_mid": [
            "missing:benchmark_quote", "stale_quote", "crossed_quote", "missing:benchmark_bid", "missing:benchmark_ask",
            "missing:fill_price", "missing:direction", "non_usd_price", "missing:price_currency",
        ],
        "fill_vs_mid_bps": [
            "missing:benchmark_quote", "stale_quote", "crossed_quote", "missing:benchmark_bid", "missing:benchmark_ask",
            "missing:fill_price", "missing:direction", "non_usd_price", "missing:price_currency",
        ],
        "fill_vs_mid_usd": [
            "missing:benchmark_quote", "stale_quote", "crossed_quote", "missing:benchmark_bid", "missing:benchmark_ask",
            "missing:fill_price", "missing:direction", "missing:quantity", "missing:contract_multiplier", "non_usd_price",
            "missing:price_currency",
        ],
        "spread_capture": [
            "missing:benchmark_quote", "stale_quote", "crossed_quote", "missing:benchmark_bid", "missing:benchmark_ask",
            "missing:fill_price", "missing:direction", "non_usd_price", "missing:price_currency",
        ],
        "benchmark_mid": ["missing:benchmark_quote", "stale_quote", "crossed_quote", "missing:benchmark_bid", "missing:benchmark_ask"],
        "benchmark_bid": ["missing:benchmark_quote", "stale_quote", "crossed_quote"],
        "benchmark_ask": ["missing:benchmark_quote", "stale_quote", "crossed_quote"],
        "benchmark_timestamp": ["missing:benchmark_quote"],
    ]

    /// A token of `missing_fields` in words.
    static func phrase(_ token: String) -> String {
        switch token {
        case "forward_mark": return "no mark"
        case "horizon_after_expiry": return "after expiry"
        case "entry_premium_usd": return "no entry premium"
        case "contract_multiplier", "missing:contract_multiplier": return "no multiplier"
        case "missing:benchmark_quote": return "no quote"
        case "stale_quote": return "stale quote"
        case "crossed_quote": return "crossed quote"
        case "missing:benchmark_bid": return "no bid"
        case "missing:benchmark_ask": return "no ask"
        case "non_usd_price": return "not in USD"
        case "gamma_regime_history": return "too little history"
        default:
            let name = token.hasPrefix("missing:") ? token.dropFirst(8) : token[...]
            return "no " + name.replacing("_", with: " ")
        }
    }
}
