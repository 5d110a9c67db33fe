import LedgerJSON
import LedgerValues
import OptionTrades

/// One intent: what the market showed, what was decided and why, what was sent, what the broker said, and what other rules say.
package struct OrderPage: Sendable {
    package var context: PageContext
    package var source: String
    package var intentID: String
    /// The explanation of the row, under the rules of the page.
    package var row: Loaded
    /// The answer of `/api/broker/intents/{intent_id}`; nil if the row can't be read.
    package var story: Loaded?
    /// The explanation of the row under each version of the rules, by their names; empty if there is only one.
    package var versions: [(version: String, row: Loaded)]

    package init(
        context: PageContext, source: String, intentID: String, row: Loaded, story: Loaded?, versions: [(version: String, row: Loaded)]
    ) {
        self.context = context
        self.source = source
        self.intentID = intentID
        self.row = row
        self.story = story
        self.versions = versions
    }

    package func html() -> [UInt8] {
        let basis = (try? row.get()).flatMap { Basis($0) }
        var context = context
        context.time.shown = basis?.shown
        return Page(title: "Order \(intentID)", context: context, basis: basis.map { [$0] } ?? []).html { html in
            html.element("p") { $0.element("a", [.href(Address(["broker"], context.time.parameters))], text: "All orders") }
            switch row {
            case .failure(let problem): return ProblemBox.write(problem, to: &html)
            case .success(let document): headline(document.root["value"], context, &html)
            }
            switch story {
            case nil: break
            case .failure(let problem): ProblemBox.write(problem, to: &html)
            case .success(let document): write(document.root, context, &html)
            }
            otherRules(context, &html)
            ways(context, &html)
        }
    }

    private var parameters: [(name: String, value: String)] {
        [("view", View.dispatches.name), ("key", KeyText.of([source, intentID]))]
    }

    // MARK: - In short

    private func headline(_ row: JSONValue?, _ context: PageContext, _ html: inout HTMLWriter) {
        guard let row else { return }
        let explained = View.dispatches.explained(context)
        html.element("section", [.class("card headline"), .label("The intent")]) { html in
            html.element("p", [.class("result")], text: Self.sentence(row))
            html.element("p", [.class("meta")]) { html in
                Cell.instant(row, "created_at", to: &html)
                html.text(" · \(source), requested by \(row["requested_by"]?.string ?? "?") · ")
                for field in ["execution_mode", "verdict", "order_status"] {
                    guard let state = row[field]?.string else { continue }
                    html.element("a", [.class("figure"), .href(explained.address(row, field))]) { Badge.write(state, to: &$0) }
                    html.text(" ")
                }
            }
            html.element("dl", [.class("counts")]) { html in
                Fact.figure("Quantity", row, "quantity", .quantity, explained, to: &html)
                Fact.figure("Limit USD per contract", row, "limit_price", .price, explained, to: &html)
                Fact.figure("Filled", row, "filled_quantity", .quantity, explained, to: &html)
                Fact.figure("Average price USD", row, "filled_avg_price", .price, explained, to: &html)
                Fact.figure("Fill vs mid, bps", row, "fill_vs_mid_bps", .points, explained, to: &html)
                Fact.figure("Seconds to fill", row, "seconds_to_fill", .score, explained, to: &html)
            }
            if let reason = row["fallback_reason"]?.string { html.element("p", text: "Ended without a fill: \(reason)") }
        }
    }

    /// `BUY CALL SPY, day trade`
    static func sentence(_ row: JSONValue) -> String {
        let words = ["action", "instrument_type", "ticker"].compactMap { row[$0]?.string }.joined(separator: " ")
        return "\(words), \((row["strategy"]?.string ?? "no strategy").replacing("_", with: " "))"
    }

    // MARK: - Other rules

    private func otherRules(_ context: PageContext, _ html: inout HTMLWriter) {
        section("other-rules", "What other rules would have done", &html) { html in
            html.element("p") { html in
                let playground = Address(["projections", "playground"], [("name", View.dispatches.projection)])
                if versions.isEmpty { html.text("No other version of these rules has been built. ") }
                html.element("a", [.href(playground)], text: "Try other rules over the ledger")
            }
            if versions.isEmpty { return }
            let rows = versions.compactMap { one -> (version: String, row: JSONValue)? in
                one.row.root?["value"].map { (one.version, $0) }
            }
            html.element("table", [.class("small scrolling")]) { html in
                html.element("caption", text: "Under each version, from the facts that were recorded")
                html.element("thead") { html in
                    html.element("tr") { html in
                        for title in ["Rules", "Verdict", "Contract", "Quantity", "Limit", "Reasons"] {
                            html.element("th", [.scope("col")], text: title)
                        }
                    }
                }
                html.element("tbody") { html in for one in rows { write(one.row, under: one.version, &html) } }
            }
            for version in versions {
                if case .failure(let problem) = version.row { ProblemBox.write(problem, to: &html) }
            }
        }
    }

    private func write(_ row: JSONValue, under version: String, _ html: inout HTMLWriter) {
        html.element("tr") { html in
            html.element("th", [.scope("row")]) { html in
                html.element("a", [.href(context.address.with([("rules", version)]))], text: version)
            }
            html.element("td") { Badge.write(row["verdict"]?.string ?? "not decided", to: &$0) }
            html.element("td", text: row["option_symbol"]?.string ?? "none")
            html.element("td", [.class("number")]) { Self.write(row["quantity"], "none", in: .quantity, &$0) }
            html.element("td", [.class("number")]) { Self.write(row["limit_price"], "none", in: .price, &$0) }
            html.element("td", text: (row["reasons"]?.elements.compactMap(\.string) ?? []).joined(separator: ", "))
        }
    }

    /// The ways to proof, explanation, steps and documents.
    private func ways(_ context: PageContext, _ html: inout HTMLWriter) {
        let moment = context.time.parameters + context.time.rulesParameter
        html.element("p", [.class("links")]) { html in
            html.element("a", [.href(Address(["explain"], parameters + moment))], text: "Why this row")
            html.text(" ")
            html.element("a", [.href(Address(["steps"], parameters + moment))], text: "Step through its events")
            html.text(" ")
            // What is served is proven; other rules and another valid time have no rows to prove.
            if context.time.rules == nil, context.time.effectiveAt == nil {
                let position = context.time.shown.map { [("as_of_position", "\($0.position)")] } ?? []
                html.element("a", [.href(Address(["prove"], parameters + position))], text: "Prove this to someone")
                html.text(" ")
            }
            html.element("a", [.href(Address(["api", "broker", "intents", intentID], [("source", source)]))], text: "Its story as JSON")
        }
    }

    // MARK: - Values

    static func known(_ value: JSONValue?) -> JSONValue? { value.flatMap { $0.isNull ? nil : $0 } }

    static func count(_ value: JSONValue?) -> String { value?.integer.map(Figures.count) ?? "?" }

    static func decimal(
        _ title: String, _ value: JSONValue?, _ none: String, in places: Figures.Places = .price, _ html: inout HTMLWriter
    ) {
        Fact.write(title, to: &html) { write(value, none, in: places, &$0) }
    }

    static func figure(_ title: String, _ field: String, _ places: Figures.Places = .price) -> Column {
        Column(title, isNumber: true) { row, html in write(row[field], "not given", in: places, &html) }
    }

    /// A decimal, which events hold as text and rows as a number.
    static func write(_ value: JSONValue?, _ none: String, in places: Figures.Places, _ html: inout HTMLWriter) {
        guard let value = known(value) else { return Unavailable.write(none, to: &html) }
        let exact = value.string ?? value.sourceText
        let (text, isRounded) = Figures.decimal(exact, places)
        html.element("span", [.class("figure")] + (isRounded ? [.title("exactly \(exact)")] : []), text: text)
    }

    static func event(_ row: JSONValue, _ context: PageContext, _ html: inout HTMLWriter) {
        guard let position = row["position"]?.integer else { return html.text("?") }
        html.element("a", [.href(EventLink.address(position, context.time))], text: "#\(Figures.count(position))")
    }
}
