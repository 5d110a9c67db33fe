import LedgerJSON
import LedgerValues
import OptionTrades

/// One trade: what was done, what became of it, and every event about it on one timeline.
package struct TradePage: Sendable {
    package var context: PageContext
    package var tradeID: String
    /// The answer of `/api/internal/trades/{source_trade_id}`.
    package var trade: Loaded
    /// The answer of `/api/internal/trades/{source_trade_id}/history`.
    package var history: Loaded

    package init(context: PageContext, tradeID: String, trade: Loaded, history: Loaded) {
        self.context = context
        self.tradeID = tradeID
        self.trade = trade
        self.history = history
    }

    package func html() -> [UInt8] {
        let document = try? trade.get()
        let basis = document.flatMap { Basis($0) }
        var context = context
        context.time.shown = basis?.shown
        return Page(title: "Trade \(tradeID)", context: context).html { html in
            switch trade {
            case .failure(let problem): ProblemBox.write(problem, to: &html)
            case .success(let document): write(document.root, context, &html)
            }
            stepLinks(context, &html)
            guard let document else { return }
            html.element("h2", text: "Timeline")
            timeline(document.root, context, &html)
        }
    }

    // MARK: - What was done

    private func write(_ root: JSONValue, _ context: PageContext, _ html: inout HTMLWriter) {
        headline(TradePart(root, .trades), context, &html)
        html.element("h2", text: "What became of it")
        html.element("div", [.class("grid")]) { html in
            card("Outcomes", TradePart(root, .outcomes), context, &html) { rows, explained, html in
                let ordered = rows.sorted { ($0["horizon_days"]?.integer ?? .max) < ($1["horizon_days"]?.integer ?? .max) }
                HorizonStrip(title: "P&L before fees USD by horizon", explained: explained).write(ordered, to: &html)
            }
            card("Fill against quote", TradePart(root, .executionQuality), context, &html) { rows, explained, html in
                for row in rows { fill(row, explained, &html) }
            }
            card("Alignment with its signals", TradePart(root, .alignment), context, &html) { rows, explained, html in
                for row in rows { alignment(row, explained, &html) }
            }
            card("Market behind it", TradePart(root, .context), context, &html) { rows, explained, html in
                for row in rows { market(row, explained, &html) }
            }
            card("Position", isWide: true, TradePart(root, .lifecycles), context, &html) { rows, explained, html in
                for row in rows { position(row, explained, context, &html) }
            }
        }
        for row in TradePart(root, .trades).rows { fields(row, &html) }
    }

    /// What was done in one sentence, and its money.
    private func headline(_ part: TradePart, _ context: PageContext, _ html: inout HTMLWriter) {
        guard let row = part.rows.first else { return Unavailable.write(part.absence, to: &html) }
        let explained = View.trades.explained(context)
        html.element("section", [.class("card headline"), .label("The execution")]) { html in
            html.element("p", [.class("result")], text: Self.sentence(row))
            html.element("p", [.class("meta")]) { html in
                Cell.instant(row, "trade_date", to: &html)
                html.text(" · \(row["source_portfolio"]?.string ?? "no portfolio") · ")
                Badge.write(row["trade_status"]?.string ?? "no status", to: &html)
            }
            html.element("dl", [.class("counts")]) { html in
                Fact.figure("Entry premium USD", row, "entry_premium_usd", .money, explained, to: &html)
                Fact.figure("Premium USD as given", row, "premium_usd", .money, explained, to: &html)
                Fact.figure("Fees USD", row, "fees_usd", .money, explained, to: &html)
            }
            if row["flags"]?.count ?? 0 > 0 { Cell.tokens(row, "flags", isWarning: true, to: &html) }
        }
    }

    /// `Bought 224 COIN 2025-10-31 305 put at 30.15 USD`. What the source does not say is left out.
    static func sentence(_ row: JSONValue) -> String {
        func figure(_ field: String, _ places: Figures.Places) -> String? {
            row[field].flatMap { $0.kind == .number ? Figures.decimal($0.sourceText, places).text : nil }
        }
        func text(_ field: String) -> String? { row[field]?.string }
        let verb =
            switch text("direction")?.asciiFolded {
            case "buy": "Bought"
            case "sell": "Sold"
            default: "Traded"
            }
        let price = figure("price", .price).map { "at \($0) \(text("price_currency") ?? "")" }
        let words = [
            verb, figure("quantity", .quantity), text("underlying_symbol"), text("expiry"), figure("strike", .quantity),
            text("option_type"), price,
        ]
        return words.compactMap { $0 }.joined(separator: " ").trimmed
    }

    // MARK: - What became of it

    /// A part of the document as a card, with its rules; or the reason why there is none.
    private func card(
        _ title: String, isWide: Bool = false, _ part: TradePart, _ context: PageContext, _ html: inout HTMLWriter,
        _ write: ([JSONValue], Explained, inout HTMLWriter) -> Void
    ) {
        html.element("section", [.class(isWide ? "card wide" : "card"), .label(title)]) { html in
            html.element("h3") { html in
                html.text(title)
                guard let version = part.version else { return }
                html.text(" ")
                html.element("small", text: version)
            }
            if part.rows.isEmpty { return Unavailable.write(part.absence, to: &html) }
            write(part.rows, part.view.explained(context), &html)
        }
    }

    private func fill(_ row: JSONValue, _ explained: Explained, _ html: inout HTMLWriter) {
        PriceLadder(row: row, unit: "\(row["price_currency"]?.string ?? "") per contract".trimmed, explained: explained).write(to: &html)
        html.element("dl", [.class("facts tight")]) { html in
            Fact.figure("Fill vs mid USD, total", row, "fill_vs_mid_usd", .money, explained, to: &html)
            Fact.figure("Fill vs mid, bps", row, "fill_vs_mid_bps", .points, explained, to: &html)
            Fact.figure("Spread capture", row, "spread_capture", .score, explained, to: &html)
            Fact.write("Benchmark", to: &html) { Badge.write(row["benchmark_quality"]?.string ?? "none", to: &$0) }
        }
    }

    private func position(_ row: JSONValue, _ explained: Explained, _ context: PageContext, _ html: inout HTMLWriter) {
        html.element("p") { html in
            Badge.write(row["lifecycle_state"]?.string ?? "none", to: &html)
            html.text(" ")
            Badge.write(row["lifecycle_quality"]?.string ?? "none", to: &html)
            html.text(" ")
            PositionLink.write(row, context, to: &html)
        }
        html.element("dl", [.class("facts tight")]) { html in
            Fact.figure("Net contracts", row, "net_quantity", .quantity, explained, to: &html)
            Fact.figure("Closed contracts", row, "closed_quantity", .quantity, explained, to: &html)
            Fact.figure("Average open price", row, "average_open_price", .price, explained, to: &html)
            Fact.figure("Realized P&L before fees USD, derived", row, "realized_pnl_before_fees_usd", .money, explained, to: &html)
        }
        let mine = row["matches"]?.elements.filter { isThis($0["open_trade_id"]) || isThis($0["close_trade_id"]) } ?? []
        if mine.isEmpty { return html.element("p", [.class("quiet")], text: "No match of this trade with another one.") }
        let other = Column("With") { match, html in
            LotColumns.link(isThis(match["open_trade_id"]) ? match["close_trade_id"] : match["open_trade_id"], context, to: &html)
        }
        SmallTable(caption: "Matches of this trade, first in first out", columns: [other] + LotColumns.matchFigures, scrolls: true)
            .write(mine, to: &html)
    }

    private func isThis(_ id: JSONValue?) -> Bool { id?.string.map { ByteKey($0) == ByteKey(tradeID) } ?? false }

    private func alignment(_ row: JSONValue, _ explained: Explained, _ html: inout HTMLWriter) {
        html.element("dl", [.class("facts tight")]) { html in
            Fact.write("Label", to: &html) { Badge.write(row["alignment_label"]?.string ?? "none", to: &$0) }
            Fact.figure("Score, 0 to 100", row, "alignment_score", .score, explained, to: &html)
            Fact.figure("Confidence, 0 to 1", row, "confidence", .ratio, explained, to: &html)
        }
        for (title, field) in [("Drivers", "drivers"), ("Detractors", "detractors")] {
            html.element("h4", text: title)
            Signals.write(row[field], to: &html)
        }
    }

    private func market(_ row: JSONValue, _ explained: Explained, _ html: inout HTMLWriter) {
        html.element("p") { html in
            Badge.write(row["context_quality"]?.string ?? "none", to: &html)
            html.text(" \(row["market_proxy"]?.string ?? "no proxy"): a backdrop, never a price of this contract")
        }
        html.element("dl", [.class("facts tight")]) { html in
            Fact.figure("DVol, vol points", row, "dvol", .score, explained, to: &html)
            Fact.figure("DVol percentile, 365 d", row, "dvol_percentile", .points, explained, to: &html)
            Fact.figure("VRP, vol points", row, "vrp", .score, explained, to: &html)
            Fact.figure("GEX imbalance", row, "gex_imbalance", .ratio, explained, to: &html)
            Fact.write("Gamma regime", to: &html) { Badge.write(row["gamma_regime"]?.string ?? "none", to: &$0) }
        }
    }

    /// A link for each view of single trades, to what each event changed in the trade's rows there.
    private func stepLinks(_ context: PageContext, _ html: inout HTMLWriter) {
        let key = KeyText.of([context.address["source"], tradeID].compactMap { $0 })
        html.element("h2", text: "Step through")
        html.element("ul", [.class("links")]) { html in
            for view in View.all where view.key.prefix(2).elementsEqual(["source", "source_trade_id"]) {
                let address = Address(["steps"], [("view", view.name), ("key", key)] + context.time.parameters)
                html.element("li") { $0.element("a", [.href(address)], text: view.title) }
            }
        }
    }

    private func fields(_ row: JSONValue, _ html: inout HTMLWriter) {
        html.element("details") { html in
            html.element("summary", text: "All fields of the row")
            html.element("dl", [.class("facts fields")]) { html in
                for (name, value) in row.members.map({ ($0.key, $0.value) }) {
                    Fact.write(name, to: &html) { html in
                        if value.isNull { return Unavailable.write("not in the source", to: &html) }
                        html.text(value.string ?? value.sourceText)
                    }
                }
            }
        }
    }

    // MARK: - The timeline

    private func timeline(_ root: JSONValue, _ context: PageContext, _ html: inout HTMLWriter) {
        var corrections: [Int64: [JSONValue]] = [:]
        switch history {
        case .failure(let problem): ProblemBox.write(problem, to: &html)
        case .success(let history):
            for event in history.root["events"]?.elements.map({ $0 }) ?? [] {
                guard let position = event["position"]?.integer, let fields = event["payload"]?["changed_fields"] else { continue }
                corrections[position] = fields.elements.map { $0 }
            }
        }
        Timeline(label: "All events about this trade").write(
            (root["events"]?.elements.map { $0 } ?? []).map { event in
                let position = event["position"]?.integer ?? 0
                let changes = corrections[position] ?? []
                return Timeline.Entry(
                    kind: Self.kind(event["type"]?.string ?? ""), instant: event["recorded_at"]?.string,
                    headline: "#\(Figures.count(position)) \(event["type"]?.string ?? "?")",
                    address: EventLink.address(position, context.time),
                    detail: changes.isEmpty
                        ? nil
                        : { html in
                            FieldChanges.write(changes, to: &html)
                            html.element("p") { html in
                                html.element("a", [.href(Address(["impact"], [("position", "\(position)")]))], text: "What it changed")
                            }
                        })
            }, to: &html)
        if root["more_events"]?.bool == true {
            html.element("p") { html in
                html.text("Only the first events are shown. ")
                html.element("a", [.href(Address(["log"], [("stream", tradeID)] + context.time.parameters))], text: "All of them")
            }
        }
    }

    /// Of an event in the streams of a trade. All that its source said after the first time is a correction.
    private static func kind(_ type: String) -> EventKind {
        switch type {
        case let type where type.hasSuffix("ExecutionRecorded"): .execution
        case "ContextStamped": .stamp
        case "ExecutionBenchmarkRecorded": .benchmark
        case "ForwardMarkRecorded": .mark
        default: .correction
        }
    }
}

/// What one view says about a trade, as `/api/internal/trades/{source_trade_id}` answers it.
private struct TradePart {
    let view: View
    let rows: [JSONValue]
    /// Why there is no row.
    let absence: String
    let version: String?

    init(_ root: JSONValue, _ view: View) {
        let part = root[view.projection]
        self.view = view
        rows = part?["rows"]?.elements.map { $0 } ?? []
        absence = part?["absent"]?["detail"]?.string ?? "not answered"
        version = part?["version"]?.string
    }
}
