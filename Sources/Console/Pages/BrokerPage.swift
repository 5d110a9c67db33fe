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

    // MARK: - Actions

    var tradeToken: String? { context.visitor.role == .trader ? context.visitor.formToken : nil }

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
