import LedgerEvents
import LedgerExplanations
import LedgerJSON
import LedgerProjections

extension TradeFeature {
    static let intradayFlow = TradeFeature(
        view: .intradayFlow,
        projection: ProjectionSource(IntradayFlowProjection.name) { version, read in
            IntradayFlowProjection(rules: try IntradayFlowRules(version: version, read: read))
        },
        explainer: ExplainerSource(IntradayFlowProjection.name) { _, _, _ in IntradayFlowExplainer() })
}

extension View {
    package static let intradayFlow = View(
        "intraday-flow", title: "Intraday flow", path: "/api/research/intraday-flow/rows", projection: IntradayFlowProjection.name,
        key: ["symbol", "market_date", "source"], filters: [.text("underlying", "underlying", "Underlying")], dateColumn: "market_date",
        whenEmpty: "No trades of options were summarized yet: `alpha-ledger research flow DIR --apply` does that.",
        note: "Sides are read off prices and quotes alone. Informational, never advice.")
}

/// Explains rows of `intraday_flow`: each column shows what the event at `observed_position` says.
struct IntradayFlowExplainer: ViewExplainer {
    static func needs(_ row: RowMembers) -> ExplanationNeeds {
        .positions(row.root["observed_position"]?.integer.map { [$0] } ?? [])
    }

    func explain(_ field: String, _ sheet: inout Worksheet) throws(ExplanationError) {
        guard let event = sheet.row.events.last, let flow = event.payload(as: IntradayFlowPayload.self),
            let row = try? JSONDocument(parsing: flow.rowNode(event.record).httpBytes()).root
        else { throw .missingEvent(view: IntradayFlowProjection.name, position: nil, expected: "summary of trades") }
        guard let value = row[field] else { throw .unknownField(field, view: IntradayFlowProjection.name, known: []) }
        func divide(_ count: String) {
            sheet.input(count, Shown(row[count]), event)
            sheet.input("trade_count", Shown(row["trade_count"]), event)
            sheet.step("as a share of all trades", "\(count) / trade_count", Shown(value))
        }
        switch field {
        case "net_notional":
            for side in ["buy_notional", "sell_notional"] { sheet.input(side, Shown(row[side]), event) }
            sheet.step("what was bought less what was sold", "buy_notional - sell_notional", Shown(value))
        case "quote_coverage_pct": divide("valid_quote_count")
        case "unknown_trade_share": divide("unknown_trade_count")
        case "observed_position":
            sheet.input(field, Shown(value), event)
            sheet.step("the latest event of its identity", field, Shown(value))
        default: sheet.copy(field, Shown(value), event)
        }
    }
}
