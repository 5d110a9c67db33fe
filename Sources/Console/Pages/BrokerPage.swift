import LedgerJSON
package import OptionTrades

/// Orders through a broker: the intents with what was decided on them, the open orders, the positions, and what stops it all.
package struct BrokerPage: Sendable {
    package var context: PageContext
    package var dispatches: RowList
    /// Lists of dispatches that may hold orders that have not ended.
    package var open: [Loaded]
    package var positions: Loaded
    /// The answer of `/api/broker/account`, which is as of now.
    package var accounts: Loaded
    /// The answer to the what-if form; nil if nothing was asked.
    package var whatIf: Loaded?
    /// The source that a form means if nothing else is chosen.
    package var source: BrokerSource

    /// The parameters of the what-if form. They have names of their own, since the list of intents has filters of the usual ones.
    package static let whatIfParameters = ["if_source", "if_ticker", "if_type", "if_strategy"]

    package init(
        context: PageContext, dispatches: RowList, open: [Loaded], positions: Loaded, accounts: Loaded, whatIf: Loaded?,
        source: BrokerSource
    ) {
        self.context = context
        self.dispatches = dispatches
        self.open = open
        self.positions = positions
        self.accounts = accounts
        self.whatIf = whatIf
        self.source = source
    }

    package func html() -> [UInt8] {
        let bases = [dispatches.list, positions].compactMap { (try? $0.get()).flatMap { Basis($0) } }
        var context = context
        context.time.shown = bases.first?.shown
        return Page(title: "Orders", context: context, hasRows: true, basis: bases).html { html in
            writeAccounts(&html)
            html.element("section", [.id("open-orders"), .class("part"), .labelled(by: "open-title")] + live) { html in
                heading("Open orders", id: "open-title", View.dispatches, [], &html)
                writeOpen(&html)
            }
            html.element("section", [.id("intents"), .class("part"), .labelled(by: "intents-title")]) { html in
                heading("Intents", id: "intents-title", View.dispatches, filters, &html)
                dispatches.write(context, to: &html)
            }
            html.element("section", [.id("broker-positions"), .class("part"), .labelled(by: "positions-title")] + live) { html in
                heading("Positions", id: "positions-title", View.brokerPositions, [], &html)
                writePositions(&html)
            }
            writeWhatIf(&html)
            writeActions(&html)
        }
    }

    /// Parts that the page asks for again while it shows the present.
    private var live: [Attribute] { context.time.isPinned ? [] : [.data("data-renew", "5")] }

    private var filters: [(name: String, value: String)] {
        context.address.query.filter { View.dispatches.offeredFilters.contains($0.name) || $0.name == "sort" }
    }

    /// A heading with the way to the same rows as JSON.
    private func heading(
        _ title: String, id: String, _ view: View, _ query: [(name: String, value: String)], _ html: inout HTMLWriter
    ) {
        html.element("h2", [.id(id)], text: title)
        let address = Address(
            view.segments, query + context.time.parameters + context.time.rulesParameter.filter { _ in view.name == "dispatches" })
        html.element("p", [.class("quiet")]) { $0.element("a", [.href(address)], text: "\(title) as JSON") }
    }

    // MARK: - Accounts

    private func writeAccounts(_ html: inout HTMLWriter) {
        html.element("section", [.id("accounts"), .class("part"), .labelled(by: "accounts-title")] + live) { html in
            html.element("h2", [.id("accounts-title")], text: context.time.isPinned ? "Accounts now" : "Accounts")
            html.element("p", [.class("quiet")]) { html in
                html.element("a", [.href(Address(["api", "broker", "account"]))], text: "Accounts as JSON")
            }
            switch accounts {
            case .failure(let problem): ProblemBox.write(problem, to: &html)
            case .success(let document):
                let all = document.root["accounts"]?.elements.map { $0 } ?? []
                if all.isEmpty {
                    html.element(
                        "p", [.class("quiet")], text: "No account was used yet: it is recorded when the dispatcher first asks a broker.")
                }
                for account in all { write(account, &html) }
            }
        }
    }

    private func write(_ account: JSONValue, _ html: inout HTMLWriter) {
        let source = account["source"]?.string ?? "?"
        html.element("div", [.class("card")]) { html in
            html.element("h3", text: source.replacing("_", with: " "))
            if let halt = account["halt"], !halt.isNull {
                html.element("p", [.class("notice refused"), .role("status")]) { html in
                    Badge.write("halted", to: &html)
                    html.text(" by \(halt["requested_by"]?.string ?? "?"): \(halt["reason"]?.string ?? "?"). No order leaves. Since ")
                    html.time(halt["recorded_at"]?.string ?? "")
                }
            }
            let known = account["consulted"]?["account"]
            html.element("dl", [.class("facts tight")]) { html in
                Fact.text(
                    "Account", account["recorded"]?["account_last_four"]?.string.map { "ends in \($0)" }, none: "not recorded", to: &html)
                Fact.text("Status", known?["status"]?.string, none: "not consulted", to: &html)
                for (title, field) in [
                    ("Equity USD", "equity"), ("Buying power USD", "buying_power"), ("Options buying power USD", "options_buying_power"),
                ] {
                    Fact.write(title, to: &html) { html in
                        guard let value = known?[field], !value.isNull else { return Unavailable.write("not given", to: &html) }
                        html.element("span", [.class("figure")], text: Figures.decimal(value.string ?? value.sourceText, .money).text)
                    }
                }
                Fact.instant("Consulted", account["consulted"]?["now"]?.string, none: "never", to: &html)
                Fact.text("Queue", Self.queue(account["queue"]), none: "empty", to: &html)
                Fact.text("Dispatcher of this service", dispatcher(account["dispatcher"]), none: "none", to: &html)
            }
        }
    }

    private func dispatcher(_ node: JSONValue?) -> String? {
        guard let state = node?["state"]?.string else { return nil }
        let reason = node?["order_updates_reason"]?.string.map { " (\($0))" } ?? ""
        return "\(state.replacing("_", with: " ")); order updates by \(node?["order_updates"]?.string ?? "polling")\(reason)"
    }

    /// How many intents wait, and how long the broker's limit makes them wait; nil if none does.
    private static func queue(_ node: JSONValue?) -> String? {
        guard let queued = node?["queued"]?.integer, queued > 0 else { return nil }
        let intents = "\(queued) \(queued == 1 ? "intent" : "intents")"
        guard let rate = node?["intents_per_minute"]?.integer, let seconds = node?["seconds_at_least"]?.integer else { return intents }
        return "\(intents); the broker allows about \(rate) a minute, so at least \(seconds) s"
    }

    // MARK: - Orders and positions

    private func writeOpen(_ html: inout HTMLWriter) {
        var rows: [JSONValue] = []
        for list in open {
            switch list {
            case .failure(let problem): return ProblemBox.write(problem, to: &html)
            case .success(let document):
                rows +=
                    document.root["rows"]?.elements.filter { row in
                        row["order_status"]?.string.map { !OrderStatus.isTerminal($0) } ?? (row["client_order_id"]?.string != nil)
                    } ?? []
            }
        }
        let columns: [Column] = [
            Column("Intent") { row, html in DispatchLink.write(row, context.time.pin, to: &html) },
            .badge("Mode", "execution_mode"), BrokerCell.text("Status", "order_status", none: "no answer yet"),
            BrokerCell.text("Contract", "option_symbol", none: "shares"), BrokerCell.side,
            .figure("Quantity", "quantity", .quantity), .figure("Limit", "limit_price", .price),
            .figure("Filled", "filled_quantity", .quantity), .figure("Average price", "filled_avg_price", .price),
            .instant("Submitted", "submitted_at"),
        ]
        Table(caption: "Orders that have not ended", columns: columns, id: "orders", empty: "No order is open.").write(rows, to: &html)
    }

    private func writePositions(_ html: inout HTMLWriter) {
        switch positions {
        case .failure(let problem): ProblemBox.write(problem, to: &html)
        case .success(let document):
            let columns: [Column] = [
                Column("Symbol") { row, html in
                    html.element("span", [.class("name")], text: row["symbol"]?.string ?? "?")
                    html.element("span", [.class("over")], text: row["source"]?.string ?? "?")
                },
                .figure("Broker", "broker_quantity", .quantity), .figure("Ledger", "ledger_quantity", .quantity),
                .figure("Difference", "difference", .quantity), .badge("State", "state"),
                BrokerCell.text("Explained by", "explanation", none: "nothing"),
                Column("Observed", field: "observed_at") { row, html in
                    guard let text = row["observed_at"]?.string else { return Unavailable.write("never", to: &html) }
                    html.time(text)
                },
            ]
            Table(
                caption: "What the broker holds against what the executions leave", columns: columns, id: "positions",
                empty: "No position was observed, and no order was filled. The command alpha-ledger broker reconcile compares them."
            ).write(document.root["rows"]?.elements.map { $0 } ?? [], to: &html)
        }
    }

    // MARK: - What if

    private func writeWhatIf(_ html: inout HTMLWriter) {
        html.element("section", [.id("what-if"), .class("part"), .labelled(by: "what-if-title")]) { html in
            html.element("h2", [.id("what-if-title")], text: "What if")
            html.element(
                "p", [.class("quiet")],
                text: "What would be decided on a purchase, from the market that was recorded last for the ticker. Nothing is sent.")
            html.element("form", [.class("filters"), .method("get"), .action(Address(["broker"], fragment: "what-if"))]) { html in
                whatIfFields("if_", &html)
                html.element("button", [.type("submit")], text: "Decide on what was recorded")
            }
            if let token = tradeToken {
                html.element("form", [.class("filters"), .method("post"), .action(Address(["broker", "what-if"]))]) { html in
                    html.void("input", [.type("hidden"), .name("form_token"), .value(token)])
                    whatIfFields("", &html)
                    html.element("button", [.type("submit")], text: "Ask the broker now")
                }
            }
            switch whatIf {
            case nil: break
            case .failure(let problem): ProblemBox.write(problem, to: &html)
            case .success(let document): write(answer: document.root, &html)
            }
        }
    }

    private func whatIfFields(_ prefix: String, _ html: inout HTMLWriter) {
        let suffix = prefix.isEmpty ? "-now" : ""
        html.element("span", [.class("field")]) { html in
            html.element("label", [.for("what-ticker\(suffix)")], text: "Ticker")
            html.void(
                "input",
                [
                    .type("text"), .id("what-ticker\(suffix)"), .name("\(prefix)ticker"), .value(context.address["if_ticker"] ?? ""),
                    .placeholder("SPY"), .pattern("[A-Z][A-Z0-9.]{0,9}"), .required, .autocomplete("off"),
                ])
        }
        select("Type", "\(prefix)type", "what-type\(suffix)", InstrumentType.allCases.map(\.rawValue), "if_type", &html)
        select("Strategy", "\(prefix)strategy", "what-strategy\(suffix)", TradeStrategy.allCases.map(\.rawValue), "if_strategy", &html)
        sourceField("\(prefix)source", "what-source\(suffix)", &html)
    }

    private func select(
        _ title: String, _ name: String, _ id: String, _ values: [String], _ chosen: String, _ html: inout HTMLWriter
    ) {
        html.element("span", [.class("field")]) { html in
            html.element("label", [.for(id)], text: title)
            html.element("select", [.id(id), .name(name)]) { html in
                for value in values {
                    html.element("option", [.value(value)] + (context.address[chosen] == value ? [.selected] : []), text: value)
                }
            }
        }
    }

    private func sourceField(_ name: String, _ id: String, _ html: inout HTMLWriter) {
        let chosen = context.address["if_source"] ?? source.rawValue
        html.element("span", [.class("field")]) { html in
            html.element("label", [.for(id)], text: "Source")
            html.element("select", [.id(id), .name(name)]) { html in
                for value in BrokerSource.allCases.map(\.rawValue) {
                    html.element("option", [.value(value)] + (value == chosen ? [.selected] : []), text: value)
                }
            }
        }
    }

    private func write(answer: JSONValue, _ html: inout HTMLWriter) {
        guard let decision = answer["decision"] else { return }
        html.element("div", [.class("card"), .id("what-if-answer")]) { html in
            html.element("p") { html in
                html.text(
                    "\(answer["ticker"]?.string ?? "?") \(answer["instrument_type"]?.string ?? ""), \((answer["strategy"]?.string ?? "").replacing("_", with: " ")): "
                )
                Badge.write(decision["verdict"]?.string ?? "?", to: &html)
                let reasons = decision["reasons"]?.elements.compactMap(\.string) ?? []
                if !reasons.isEmpty { html.text(" because of \(reasons.joined(separator: ", "))") }
            }
            html.element("p", [.class("quiet")]) { html in
                let isLive = answer["facts"]?.string == "live"
                html.text(isLive ? "From the broker's answers at " : "From what was recorded at ")
                if let now = answer["now"]?.string { html.time(now) }
                if let intent = answer["intent_id"]?.string { html.text(", for the intent \(intent)") }
                if answer["day_is_recorded"]?.bool == false {
                    html.text("; the orders of that day were not recorded with it and count as none")
                }
                html.text(". Nothing was sent.")
            }
            GateLights.write(decision["gates"], to: &html)
            html.element("dl", [.class("facts tight")]) { html in
                for (title, field, places) in [
                    ("Contract", "option_symbol", Figures.Places?.none), ("Spot", "spot", .price),
                    ("Target strike", "target_strike", .price),
                    ("Bid", "bid", .price), ("Ask", "ask", .price), ("Spread %", "spread_pct", .price), ("Delta", "delta", .price),
                    ("Limit", "limit_price", .price),
                ] {
                    Fact.write(title, to: &html) { html in
                        guard let value = decision[field], !value.isNull else { return Unavailable.write("not known", to: &html) }
                        let text = value.string ?? value.sourceText
                        html.element("span", [.class("figure")], text: places.map { Figures.decimal(text, $0).text } ?? text)
                    }
                }
            }
            Arithmetic.write(answer["arithmetic"], to: &html)
        }
    }

    // MARK: - Actions

    private var tradeToken: String? { context.visitor.role == .trader ? context.visitor.formToken : nil }

    private func writeActions(_ html: inout HTMLWriter) {
        html.element("section", [.id("actions"), .class("part"), .labelled(by: "actions-title")]) { html in
            html.element("h2", [.id("actions-title")], text: "Halt, resume, cancel")
            guard let token = tradeToken else {
                html.element("p", [.class("quiet")]) { html in
                    guard context.visitor.canTrade else {
                        return html.text("No trade key is configured (ALPHA_LEDGER_TRADE_KEY), so nothing can be done here.")
                    }
                    html.text("This takes the trade key. ")
                    html.element(
                        "a", [.href(Address(["sign-in"], [("as", "trader"), ("next", context.address.text)]))], text: "Sign in to trade")
                }
                return
            }
            for (action, button, hint) in [
                ("halt", "Halt", "No order leaves any more, at once and for all processes. Orders at the broker stay."),
                ("resume", "Resume", "Orders may leave again."),
                ("cancel", "Cancel the intent", "Ends an intent, or asks the broker to cancel its order. A fill may still come."),
            ] { form(action, button, hint, token, &html) }
        }
    }

    private func form(_ action: String, _ button: String, _ hint: String, _ token: String, _ html: inout HTMLWriter) {
        html.element("form", [.class("actions"), .method("post"), .action(Address(["broker", action]))]) { html in
            html.void("input", [.type("hidden"), .name("form_token"), .value(token)])
            html.element("p", [.class("quiet"), .id("\(action)-hint")], text: hint)
            sourceField("source", "\(action)-source", &html)
            if action == "cancel" {
                html.element("span", [.class("field")]) { html in
                    html.element("label", [.for("cancel-intent")], text: "Intent")
                    html.void(
                        "input",
                        [.type("text"), .id("cancel-intent"), .name("intent_id"), .placeholder("I-1"), .required, .autocomplete("off")])
                }
            }
            html.element("span", [.class("field")]) { html in
                html.element("label", [.for("\(action)-why")], text: "Why")
                html.void(
                    "input",
                    [
                        .type("text"), .id("\(action)-why"), .name("why"), .required, .autocomplete("off"),
                        .described(by: "\(action)-hint"),
                    ])
            }
            html.element("button", [.type("submit")] + (action == "halt" ? [.class("strong")] : []), text: button)
        }
    }
}

/// The steps of a size: formula, figures and result.
enum Arithmetic {
    static func write(_ steps: JSONValue?, to html: inout HTMLWriter) {
        guard let steps, steps.count > 0 else { return }
        let columns: [Column] = [
            Column("Step") { step, html in html.text((step["name"]?.string ?? "?").replacing("_", with: " ")) },
            Column("Formula") { step, html in html.text(step["formula"]?.string ?? "?") },
            Column("Figures") { step, html in
                let inputs = step["inputs"]?.members.map { name, value in
                    "\(name.replacing("_", with: " ")) \(value.isNull ? "missing" : value.string ?? value.sourceText)"
                }
                html.text(inputs?.joined(separator: ", ") ?? "")
            },
            Column("Result", isNumber: true) { step, html in
                guard let value = step["value"], !value.isNull else { return Unavailable.write("not known", to: &html) }
                html.element("span", [.class("figure")], text: value.string ?? value.sourceText)
            },
        ]
        html.element("details", [.open]) { html in
            html.element("summary", text: "How the size comes about")
            SmallTable(caption: "The bounds of the size", columns: columns, scrolls: true).write(steps.elements.map { $0 }, to: &html)
        }
    }
}

/// An intent's id, with the way to its page.
enum DispatchLink {
    static func write(_ row: JSONValue, _ pin: [(name: String, value: String)], to html: inout HTMLWriter) {
        let (id, source) = (row["intent_id"]?.string ?? "?", row["source"]?.string ?? "?")
        html.element("a", [.class("name"), .href(Address(["order"], [("source", source), ("id", id)] + pin))], text: id)
        html.element("span", [.class("over")], text: "\(source), by \(row["requested_by"]?.string ?? "?")")
    }
}

/// Cells of dispatches whose empty value has a reason of its own.
enum BrokerCell {
    static func text(_ title: String, _ field: String, none: String) -> Column {
        Column(title, field: field) { row, html in
            guard let text = row[field]?.string else { return Unavailable.write(none, to: &html) }
            html.text(text)
        }
    }

    /// `BUY CALL`
    static var side: Column {
        Column("Wants", field: "action") { row, html in
            html.text("\(row["action"]?.string ?? "?") \(row["instrument_type"]?.string ?? "?")")
        }
    }
}
