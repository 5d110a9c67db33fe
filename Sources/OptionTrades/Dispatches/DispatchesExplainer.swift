import LedgerEvents
import LedgerExplanations
import LedgerJSON
import LedgerProjections
import LedgerRules
import LedgerValues

/// Explains rows of `dispatches` from the intent's own stream: what was recorded, and what the rules make of it.
struct DispatchesExplainer: ViewExplainer {
    let rules: DispatchRules

    static func needs(_ row: RowMembers) -> ExplanationNeeds {
        .stream(Streams.intent(source: row.text("source"), id: row.text("intent_id")))
    }

    var quotedFiles: [RuleFile] { rules.files }

    func explain(_ field: String, _ sheet: inout Worksheet) throws(ExplanationError) {
        var state: IntentState?
        for event in sheet.row.events { state = IntentState.folding(event, into: state) }
        guard let state, let first = sheet.row.events.first else {
            throw .missingEvent(view: DispatchesProjection.name, position: nil, expected: "intent")
        }
        let row = DispatchRow(state, rules)
        guard case .object(let members) = row.node, let value = members.first(where: { $0.0.isBytewiseEqual(to: field) })?.1 else {
            throw .unknownField(field, view: DispatchesProjection.name, known: [])
        }
        let shown = Shown(value.sorted)
        switch field {
        case "action", "instrument_type", "intent_id", "source", "strategy", "ticker", "expires_at", "requested_by", "requested_quantity",
            "signal":
            sheet.copy(field, shown, first)
        case "created_at":
            sheet.input("recorded_at", Shown(first.record.recordedAt), first)
            sheet.step("when the intent was recorded", "recorded_at", shown)
        case "fill_vs_mid", "fill_vs_mid_bps": slippage(field, row, &sheet)
        case "spread_pct": spread(row, &sheet)
        default: judged(field, row, shown, &sheet)
        }
    }

    private func event<Payload: EventPayload>(_ type: Payload.Type, _ sheet: Worksheet) -> DecodedEvent? {
        sheet.row.events.last { $0.payload(as: type) != nil }
    }

    private func slippage(_ field: String, _ row: DispatchRow, _ sheet: inout Worksheet) {
        guard let distance = row.fillVersusMid, let decision = row.facts.submission?.decision,
            let mid = BrokerFigures.mid(decision.bid, decision.ask)
        else { return sheet.null(field, because: "there is no fill, or no valid quote at the decision") }
        let submitted = event(OrderSubmittedPayload.self, sheet)
        sheet.input("bid", Shown(decision.bid), submitted)
        sheet.input("ask", Shown(decision.ask), submitted)
        sheet.input("filled_avg_price", Shown(row.facts.filledAveragePrice), event(OrderUpdatedPayload.self, sheet))
        sheet.step("mid", "(bid + ask) / 2", Shown(exact: mid))
        let isBuy = row.facts.intent.action == .buy
        sheet.step("worse than mid is positive", isBuy ? "filled_avg_price - mid" : "mid - filled_avg_price", Shown(exact: distance))
        if field == "fill_vs_mid" { return sheet.round("fill_vs_mid", distance) }
        if let bps = row.fillVersusMidBps { sheet.round("fill_vs_mid / mid × 10000", bps) }
    }

    private func spread(_ row: DispatchRow, _ sheet: inout Worksheet) {
        guard let decision = row.decision, let spread = BrokerFigures.spreadPct(decision.bid, decision.ask) else {
            return sheet.null("spread_pct", because: "there is no valid quote")
        }
        let market = event(MarketConsultedPayload.self, sheet)
        sheet.input("bid", Shown(decision.bid), market)
        sheet.input("ask", Shown(decision.ask), market)
        sheet.rule(rules.file, "gates", "spread_below")
        sheet.round("(ask - bid) / ((ask + bid) / 2) × 100", spread)
    }

    /// A figure of the decision, or of the order: the events that it follows from, the rules, and the result.
    private func judged(_ field: String, _ row: DispatchRow, _ shown: Shown, _ sheet: inout Worksheet) {
        for (path, fields) in Self.ruleFields where fields.contains(field) {
            sheet.rule(rules.file, path: path.map { $0 == "<strategy>" ? row.facts.intent.strategy.rawValue : $0 })
        }
        if Self.orderFields.contains(field) {
            for event in sheet.row.events.suffix(1) { sheet.input("event", Shown(event.record.type), event) }
            return sheet.step("as the intent's events leave it", field, shown)
        }
        if let market = event(MarketConsultedPayload.self, sheet) {
            sheet.input("spot", Shown(row.facts.market?.spot), market)
            if field == "market_position" { return sheet.step("the position of the event", field, shown) }
        }
        if let account = event(AccountConsultedPayload.self, sheet) {
            sheet.input("equity", Shown(row.facts.account?.account.equity), account)
        }
        sheet.step("the decision on the recorded facts under these rules", field, shown)
    }

    private static let orderFields: Set<String> = [
        "alpaca_order_id", "client_order_id", "execution_mode", "fallback_reason", "filled_at", "filled_avg_price", "filled_quantity",
        "order_status", "recorded_verdict", "seconds_to_fill", "simulated_price", "submission_position", "submitted_at",
    ]

    private static let ruleFields: [([String], Set<String>)] = [
        (["strategies", "<strategy>"], ["target_strike", "size", "quantity", "verdict", "reasons"]),
        (["strike_range"], ["candidates_considered", "verdict"]),
        (["gates", "spread_below"], ["gates", "verdict", "reasons"]),
        (["gates", "open_interest_from"], ["gates", "verdict", "reasons"]),
        (["gates", "volume_from"], ["gates", "verdict", "reasons"]),
        (["size", "max_contracts"], ["size", "quantity", "verdict"]),
        (["day", "max_orders"], ["size", "quantity", "verdict"]),
        (["day", "max_premium_pct"], ["size", "quantity", "verdict"]),
    ]
}
