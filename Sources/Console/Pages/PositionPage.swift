package import LedgerJSON
import LedgerValues
import OptionTrades

/// One position as a story: what is held, how its lots were opened and closed, what each match earned, and how its
/// contracts and its cash went over time.
package struct PositionPage: Sendable {
    package var context: PageContext
    /// The answer of `/api/ledger/explain` for the whole row.
    package var position: Loaded
    /// The rows of the position's trades, in the order in which they were made, or the reason why they could not be read.
    package var trades: Result<[JSONValue], PageProblem>
    /// The page of `/api/internal/assertions` about the holding at the same moment. Nil if its contract or its portfolio is not
    /// known.
    package var assertions: Loaded?

    package init(
        context: PageContext, position: Loaded, trades: Result<[JSONValue], PageProblem>, assertions: Loaded? = nil
    ) {
        self.context = context
        self.position = position
        self.trades = trades
        self.assertions = assertions
    }

    package func html() -> [UInt8] {
        let basis = (try? position.get()).flatMap { Basis($0) }
        var context = context
        context.time.shown = basis?.shown
        let page = Page(title: "Position \(context.address["id"] ?? "")", context: context, basis: basis.map { [$0] } ?? [])
        return page.html { html in
            switch position {
            case .failure(let problem): ProblemBox.write(problem, to: &html)
            case .success(let document):
                guard let row = document.root["value"], row.kind == .object else {
                    return html.element("p", text: "There is no such position at this moment.")
                }
                write(row, context, &html)
            }
        }
    }

    private func write(_ row: JSONValue, _ context: PageContext, _ html: inout HTMLWriter) {
        let explained = View.lifecycles.explained(context)
        html.element("section", [.class("card headline"), .label("The position")]) { html in
            html.element("p", [.class("result")], text: Self.sentence(row))
            html.element("p", [.class("meta")]) { html in
                Badge.write(row["lifecycle_state"]?.string ?? "none", to: &html)
                html.text(" ")
                Badge.write(row["lifecycle_quality"]?.string ?? "none", to: &html)
                html.text(" · \(row["source_portfolio"]?.string ?? "no portfolio") · opened ")
                Cell.instant(row, "opened_at", to: &html)
                if row["closed_at"]?.string != nil {
                    html.text(" · closed ")
                    Cell.instant(row, "closed_at", to: &html)
                }
            }
            html.element("dl", [.class("counts")]) { html in
                Fact.figure("Realized P&L before fees USD, derived", row, "realized_pnl_before_fees_usd", .money, explained, to: &html)
                Fact.figure("Net premium cashflow USD", row, "net_premium_cashflow_usd", .money, explained, to: &html)
                Fact.figure("Open premium USD", row, "open_premium_usd", .money, explained, to: &html)
                Fact.figure("Fees USD", row, "total_fees_usd", .money, explained, to: &html)
            }
            if row["lifecycle_flags"]?.count ?? 0 > 0 { Cell.tokens(row, "lifecycle_flags", isWarning: true, to: &html) }
            if row["missing_fields"]?.count ?? 0 > 0 { Cell.tokens(row, "missing_fields", isWarning: true, to: &html) }
        }
        html.element("p") { html in
            let key = KeyText.of([row["source"]?.string ?? "", row["position_id"]?.string ?? ""])
            let query = [("view", View.lifecycles.name), ("key", key)] + context.time.pin + context.time.rulesParameter
            html.element("a", [.href(Address(["explain"], query))], text: "Why each figure is what it is")
            html.text(" · ")
            html.element("a", [.href(Address(["steps"], query))], text: "Step through its events")
        }
        if let assertions { PositionAssertions(page: assertions).write(context, to: &html) }
        matches(row, context, &html)
        lots(row, context, &html)
        switch trades {
        case .failure(let problem): ProblemBox.write(problem, to: &html)
        case .success(let trades): overTime(trades, row, context, &html)
        }
    }

    /// `Short 56 COIN 2025-10-31 305 put, opened at 30.15 on average`.
    static func sentence(_ row: JSONValue) -> String {
        func decimal(_ field: String) -> FixedDecimal? { row[field].flatMap { try? FixedDecimal(published: $0.sourceText) } }
        func shown(_ value: FixedDecimal, _ places: Figures.Places) -> String { Figures.decimal(value.description, places).text }
        let contract = [
            row["underlying_symbol"]?.string, row["expiry"]?.string, decimal("strike").map { shown($0, .quantity) },
            row["option_type"]?.string,
        ].compactMap { $0 }.joined(separator: " ")
        guard let net = decimal("net_quantity") else { return "\(contract), with a quantity that is not known" }
        if net == .zero { return "Closed: \(contract)" }
        let held = "\(net < .zero ? "Short" : "Long") \(shown(net < .zero ? .zero - net : net, .quantity)) \(contract)"
        return decimal("average_open_price").map { "\(held), opened at \(shown($0, .price)) on average" } ?? held
    }

    /// The matches in their order, each with its P&L and the sum so far.
    private func matches(_ row: JSONValue, _ context: PageContext, _ html: inout HTMLWriter) {
        let matches = row["matches"]?.elements.map { $0 } ?? []
        html.element("h2", text: "How it was closed")
        if matches.isEmpty { return html.element("p", [.class("quiet")], text: "Nothing of it was closed yet.") }
        let parts = matches.map { match in
            Waterfall.Step(
                name: "\(match["open_trade_id"]?.string ?? "?") with \(match["close_trade_id"]?.string ?? "?")",
                value: match["pnl_before_fees_usd"].flatMap { try? FixedDecimal(published: $0.sourceText) })
        }
        Waterfall(title: "P&L before fees USD, match by match", steps: parts).write(to: &html)
        Table(caption: "Matches, first in first out", columns: LotColumns.matches(context), id: "matches").write(matches, to: &html)
        html.element("p", [.class("quiet")]) { html in
            html.text("All matches: ")
            // With an unknown part the sum is unknown too.
            let sum = parts.reduce(.zero as FixedDecimal?) { sum, part in part.value.flatMap { sum?.adding($0) } }
            if let sum {
                Cell.sum(sum.description, "pnl_before_fees_usd", to: &html)
                html.text(" USD before fees.")
            } else {
                Unavailable.write("a part is not known", to: &html)
            }
        }
    }

    private func lots(_ row: JSONValue, _ context: PageContext, _ html: inout HTMLWriter) {
        let lots = row["open_lots"]?.elements.map { $0 } ?? []
        html.element("h2", text: "What is left")
        Table(caption: "Open lots", columns: LotColumns.open(context), id: "lots", empty: "Nothing is open.").write(lots, to: &html)
    }

    /// Contracts and cash after each trade, as plots and as figures.
    private func overTime(_ trades: [JSONValue], _ row: JSONValue, _ context: PageContext, _ html: inout HTMLWriter) {
        html.element("h2", text: "How it went")
        let states = PositionState.after(trades)
        let dated = states.compactMap { state in
            state.trade["trade_date"]?.string.flatMap { CalendarDate(String($0.prefix(10))) }.map { ($0, state) }
        }
        html.element("div", [.class("grid")]) { html in
            for (title, unit, places, value) in [
                ("Contracts held", "contracts", Figures.Places.quantity, \PositionState.contracts),
                ("Cash from premiums", "USD", .money, \PositionState.cash),
            ] as [(String, String, Figures.Places, KeyPath<PositionState, FixedDecimal?>)] {
                // A figure that is not known ends the line: nothing is drawn as if it were zero.
                let points = dated.prefix { $0.1[keyPath: value] != nil }.map { (date: $0.0, value: $0.1[keyPath: value] ?? .zero) }
                LinePlot(
                    title: "\(title), \(unit)", lines: [LinePlot.Line(name: unit, shade: Series.identity(0), points: points)],
                    places: places
                ).write(to: &html)
            }
        }
        let byTrade = Dictionary(states.map { (Self.id($0.trade), $0) }) { first, _ in first }
        let columns: [Column] = [
            Column("Trade") { row, html in TradeLink.write(row, context, to: &html) },
            .instant("Traded", "trade_date"), .text("Side", "direction"), .figure("Contracts", "quantity", .quantity),
            .figure("Price", unit: "per contract", "price", .price), .figure("Premium USD", "entry_premium_usd", .money),
            running("Held after it", "contracts", .quantity, \.contracts, byTrade),
            running("Cash after it", "USD", .money, \.cash, byTrade),
        ]
        Table(caption: "The trades of the position, by time", columns: columns, id: "trades", empty: "No trades were found.")
            .write(trades, to: &html)
    }

    private func running(
        _ title: String, _ unit: String, _ places: Figures.Places, _ value: KeyPath<PositionState, FixedDecimal?>,
        _ states: [ByteKey: PositionState]
    ) -> Column {
        Column(title, unit: unit, isNumber: true) { row, html in
            guard let figure = states[Self.id(row)]?[keyPath: value] else { return Unavailable.write("not known", to: &html) }
            html.element("span", [.class("figure")], text: Figures.decimal(figure.description, places).text)
        }
    }

    private static func id(_ trade: JSONValue) -> ByteKey { ByteKey(trade["source_trade_id"]?.string ?? "") }
}

/// What a position holds after a trade.
struct PositionState {
    let trade: JSONValue
    /// Contracts held, negative if short. Nil once a trade has no quantity or side.
    let contracts: FixedDecimal?
    /// Premiums received less premiums paid, in USD. Nil once a trade's premium or side is not known.
    let cash: FixedDecimal?

    /// The states after trades in the order in which they were made.
    static func after(_ trades: [JSONValue]) -> [PositionState] {
        var contracts: FixedDecimal? = .zero
        var cash: FixedDecimal? = .zero
        return trades.map { trade in
            let isBuy: Bool? =
                switch trade["direction"]?.string?.asciiFolded {
                case "buy": true
                case "sell": false
                default: nil
                }
            func figure(_ field: String, isAdded: Bool?) -> FixedDecimal? {
                guard let isAdded, let value = trade[field].flatMap({ try? FixedDecimal(published: $0.sourceText) }) else { return nil }
                return isAdded ? value : .zero - value
            }
            contracts = contracts.flatMap { held in figure("quantity", isAdded: isBuy).flatMap { held.adding($0) } }
            cash = cash.flatMap { held in figure("entry_premium_usd", isAdded: isBuy.map { !$0 }).flatMap { held.adding($0) } }
            return PositionState(trade: trade, contracts: contracts, cash: cash)
        }
    }
}

/// The label of a position: its contract, linked to its story.
enum PositionLink {
    static func write(_ row: JSONValue, _ context: PageContext, to html: inout HTMLWriter) {
        html.element(
            "a", [.class("name"), .href(address(row, context))], text: row["contract_key"]?.string ?? "no contract named")
    }

    static func address(_ row: JSONValue, _ context: PageContext) -> Address {
        let query = [("id", row["position_id"]?.string ?? ""), ("source", row["source"]?.string ?? "")]
        return Address(["position"], query + context.time.pin + context.time.rulesParameter)
    }
}
