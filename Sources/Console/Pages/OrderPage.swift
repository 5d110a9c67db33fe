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

    /// The contracts beside the chosen one that the page shows.
    private static let shownNeighbours = 8

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

    // MARK: - The story

    private func write(_ story: JSONValue, _ context: PageContext, _ html: inout HTMLWriter) {
        section("market", "What the market showed", &html) { market(story, context, &$0) }
        section("decision", "What was decided", &html) { decision(story, &$0) }
        section("size", "How many", &html) { size(story, &$0) }
        section("sent", "What was sent", &html) { sent(story, &$0) }
        section("broker-said", "What the broker said", &html) { said(story, context, &$0) }
        section("order-timeline", "Timeline", &html) { timeline(story, context, &$0) }
    }

    private func section(_ id: String, _ title: String, _ html: inout HTMLWriter, _ write: (inout HTMLWriter) -> Void) {
        html.element("section", [.id(id), .class("part"), .labelled(by: "\(id)-title")]) { html in
            html.element("h2", [.id("\(id)-title")], text: title)
            write(&html)
        }
    }

    private func market(_ story: JSONValue, _ context: PageContext, _ html: inout HTMLWriter) {
        guard let market = Self.known(story["market"]) else {
            return html.element("p", [.class("quiet")], text: "The market was not consulted.")
        }
        html.element("p") { html in
            html.text("As the broker answered by ")
            html.time(market["now"]?.string ?? "", inSentence: true)
            html.text(", in \(Self.count(market["pages"])) pages with \(Self.count(market["contracts_seen"])) contracts")
            html.text(market["truncated"]?.bool == true ? "; more were fit than were kept." : ".")
        }
        let underlying = market["underlying"]
        html.element("dl", [.class("facts tight")]) { html in
            Self.decimal("Spot USD", market["spot"], "no quote", &html)
            Self.decimal("Bid USD", underlying?["bid"], "no quote", &html)
            Self.decimal("Ask USD", underlying?["ask"], "no quote", &html)
            Fact.instant("Quote of", underlying?["quote_timestamp"]?.string, none: "no quote", to: &html)
            Fact.instant("Session opens", market["calendar"]?["session_open"]?.string, none: "no session", to: &html)
            Fact.instant("Session closes", market["calendar"]?["session_close"]?.string, none: "no session", to: &html)
            Self.decimal("Target strike", market["filters"]?["target_strike"], "none", &html)
        }
        candidates(market, chosen: Self.known(story["decision"])?["option_symbol"]?.string, &html)
        let leftOut = market["left_out"]?.elements.map { $0 } ?? []
        if !leftOut.isEmpty {
            SmallTable(
                caption: "Contracts that were left out", columns: [.text("Reason", "reason"), .text("Contracts", "count")]
            ).write(leftOut, to: &html)
        }
    }

    /// The chosen contract and its neighbours in the order of the event; without a chosen one the first.
    private func candidates(_ market: JSONValue, chosen: String?, _ html: inout HTMLWriter) {
        let all = market["candidates"]?.elements.map { $0 } ?? []
        if all.isEmpty { return }
        let place = all.firstIndex { candidate in
            guard let chosen, let symbol = candidate["option_symbol"]?.string else { return false }
            return symbol.isBytewiseEqual(to: chosen)
        }
        let from = max(0, (place ?? 0) - Self.shownNeighbours)
        let shown = all[from..<min(all.count, from + 2 * Self.shownNeighbours + 1)]
        let columns: [Column] = [
            Column("Contract") { row, html in
                html.text(row["option_symbol"]?.string ?? "?")
                if let chosen, row["option_symbol"]?.string?.isBytewiseEqual(to: chosen) == true {
                    html.text(" ")
                    html.element("strong", text: "chosen")
                }
            },
            .text("Expiry", "expiry"), Self.figure("Strike", "strike"), Self.figure("Bid", "bid"), Self.figure("Ask", "ask"),
            Self.figure("Delta", "delta"), Self.figure("IV", "iv"), Self.figure("Volume", "volume", .quantity),
            Self.figure("Open interest", "open_interest", .quantity),
        ]
        SmallTable(caption: "Candidates, \(shown.count) of \(Figures.count(Int64(all.count)))", columns: columns, scrolls: true)
            .write(shown, to: &html)
    }

    private func decision(_ story: JSONValue, _ html: inout HTMLWriter) {
        guard let decision = Self.known(story["decision"]) else {
            return html.element("p", [.class("quiet")], text: "Nothing was decided before the intent ended, or nothing is decided yet.")
        }
        html.element("p") { html in
            Badge.write(decision["verdict"]?.string ?? "?", to: &html)
            let reasons = decision["reasons"]?.elements.compactMap(\.string) ?? []
            if !reasons.isEmpty { html.text(" because of \(reasons.joined(separator: ", "))") }
            if let rules = Self.known(story["rules"]), let version = rules["version"]?.integer {
                html.text(", under dispatches@v\(version)")
            }
        }
        html.element("dl", [.class("facts tight")]) { html in
            Fact.text("Contract", decision["option_symbol"]?.string, none: "none chosen", to: &html)
            for (title, field, places) in [
                ("Bid USD", "bid", .price), ("Ask USD", "ask", .price), ("Mid USD", "mid", .price),
                ("Spread, % of mid", "spread_pct", .price),
                ("Delta", "delta", .price), ("IV", "iv", .price), ("Open interest", "open_interest", .quantity),
                ("Volume", "volume", .quantity), ("Limit USD", "limit_price", .price),
            ] as [(String, String, Figures.Places)] { Self.decimal(title, decision[field], "not known", in: places, &html) }
            Fact.text("Candidates considered", decision["candidates_considered"]?.integer.map(Figures.count), none: "?", to: &html)
        }
        GateLights.write(decision["gates"], to: &html)
    }

    private func size(_ story: JSONValue, _ html: inout HTMLWriter) {
        guard let steps = Self.known(story["arithmetic"]), steps.count > 0 else {
            return html.element("p", [.class("quiet")], text: "No size was worked out.")
        }
        Arithmetic.write(steps, to: &html)
    }

    private func sent(_ story: JSONValue, _ html: inout HTMLWriter) {
        guard let body = Self.known(story["order"]) else {
            let simulated = story["execution_mode"]?.string == "SIMULATED_FALLBACK"
            return html.element(
                "p", [.class("quiet")],
                text: simulated ? "Nothing was sent: the execution is simulated, and counts nowhere." : "Nothing was sent.")
        }
        html.element("dl", [.class("facts tight")]) { html in
            for (title, field) in [
                ("Client order id", "client_order_id"), ("Symbol", "symbol"), ("Side", "side"), ("Type", "type"),
                ("Time in force", "time_in_force"), ("Position", "position_intent"),
            ] { Fact.text(title, body[field]?.string, none: "not said", to: &html) }
            Self.decimal("Quantity", body["qty"], "not said", &html)
            Self.decimal("Limit USD", body["limit_price"], "market order", &html)
            Fact.instant("Recorded before it left", story["submitted_at"]?.string, none: "not known", to: &html)
        }
    }

    private func said(_ story: JSONValue, _ context: PageContext, _ html: inout HTMLWriter) {
        var isSilent = true
        if let answer = Self.known(story["acknowledgement"]) {
            isSilent = false
            html.element("p") { html in
                html.text("Order \(answer["broker_order_id"]?.string ?? "?"), ")
                Badge.write(answer["status"]?.string ?? "?", to: &html)
                html.text(answer["seen_by"]?.string == "look_up" ? ", found by looking it up." : ", in the answer to the request.")
            }
        }
        if let refusal = Self.known(story["refusal"]) {
            isSilent = false
            html.element("p", [.class("notice refused")]) { html in
                html.text("Refused with \(refusal["http_status"]?.sourceText ?? "?")")
                if let code = refusal["code"]?.integer { html.text(", code \(code)") }
                html.text(": \(refusal["message"]?.string ?? "?")")
            }
        }
        let unknown = story["unknown_outcomes"]?.elements.map { $0 } ?? []
        if !unknown.isEmpty {
            isSilent = false
            SmallTable(
                caption: "Requests whose outcome was not known",
                columns: [
                    Column("Event") { Self.event($0, context, &$1) },
                    Column("When") { row, html in
                        html.text((row["outcome"]?["phase"]?.string ?? "?").replacing("_", with: " "))
                    },
                    Column("Seen") { row, html in html.text(row["outcome"]?["seen"]?.string ?? "?") },
                ], scrolls: true
            ).write(unknown, to: &html)
        }
        let updates = story["updates"]?.elements.map { $0 } ?? []
        if !updates.isEmpty {
            isSilent = false
            func update(_ row: JSONValue, _ field: String) -> JSONValue? { Self.known(row["update"]?[field]) }
            SmallTable(
                caption: "What became of the order",
                columns: [
                    Column("Event") { Self.event($0, context, &$1) },
                    Column("Status") { row, html in Badge.write(update(row, "status")?.string ?? "?", to: &html) },
                    Column("Filled", isNumber: true) { row, html in Self.write(update(row, "filled_qty"), "none", in: .quantity, &html) },
                    Column("Average price", isNumber: true) { row, html in
                        Self.write(update(row, "filled_avg_price"), "no fill", in: .price, &html)
                    },
                    Column("At the broker") { row, html in
                        guard let time = update(row, "updated_at")?.string else { return Unavailable.write("not said", to: &html) }
                        html.time(time)
                    },
                ], scrolls: true
            ).write(updates, to: &html)
        }
        if isSilent { html.element("p", [.class("quiet")], text: "The broker has said nothing.") }
    }

    private func timeline(_ story: JSONValue, _ context: PageContext, _ html: inout HTMLWriter) {
        let entries = (story["events"]?.elements.map { $0 } ?? []).map { event in
            let type = event["type"]?.string ?? "?"
            return Timeline.Entry(
                kind: Self.failures.contains(type) ? .failure : .order, instant: event["recorded_at"]?.string, headline: type,
                address: event["position"]?.integer.map { EventLink.address($0, context.time) })
        }
        Timeline(label: "Events of the intent").write(entries, to: &html)
    }

    private static let failures = ["OrderRefused", "OrderOutcomeUnknown", "IntentExpired", "IntentCancelled"]

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

    private static func known(_ value: JSONValue?) -> JSONValue? { value.flatMap { $0.isNull ? nil : $0 } }

    private static func count(_ value: JSONValue?) -> String { value?.integer.map(Figures.count) ?? "?" }

    private static func decimal(
        _ title: String, _ value: JSONValue?, _ none: String, in places: Figures.Places = .price, _ html: inout HTMLWriter
    ) {
        Fact.write(title, to: &html) { write(value, none, in: places, &$0) }
    }

    private static func figure(_ title: String, _ field: String, _ places: Figures.Places = .price) -> Column {
        Column(title, isNumber: true) { row, html in write(row[field], "not given", in: places, &html) }
    }

    /// A decimal, which events hold as text and rows as a number.
    private static func write(_ value: JSONValue?, _ none: String, in places: Figures.Places, _ html: inout HTMLWriter) {
        guard let value = known(value) else { return Unavailable.write(none, to: &html) }
        let exact = value.string ?? value.sourceText
        let (text, isRounded) = Figures.decimal(exact, places)
        html.element("span", [.class("figure")] + (isRounded ? [.title("exactly \(exact)")] : []), text: text)
    }

    private static func event(_ row: JSONValue, _ context: PageContext, _ html: inout HTMLWriter) {
        guard let position = row["position"]?.integer else { return html.text("?") }
        html.element("a", [.href(EventLink.address(position, context.time))], text: "#\(Figures.count(position))")
    }
}
