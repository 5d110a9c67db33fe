import LedgerJSON
import LedgerValues
import OptionTrades

/// What happened to an intent, from the market to the fills.
extension OrderPage {
    /// The contracts beside the chosen one that the page shows.
    private static let shownNeighbours = 8

    func write(_ story: JSONValue, _ context: PageContext, _ html: inout HTMLWriter) {
        section("market", "What the market showed", &html) { market(story, context, &$0) }
        section("decision", "What was decided", &html) { decision(story, &$0) }
        section("size", "How many", &html) { size(story, &$0) }
        section("sent", "What was sent", &html) { sent(story, &$0) }
        section("broker-said", "What the broker said", &html) { said(story, context, &$0) }
        section("order-timeline", "Timeline", &html) { timeline(story, context, &$0) }
    }

    func section(_ id: String, _ title: String, _ html: inout HTMLWriter, _ write: (inout HTMLWriter) -> Void) {
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
}
