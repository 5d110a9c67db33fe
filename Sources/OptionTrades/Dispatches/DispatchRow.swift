import LedgerJSON
import LedgerProjections
import LedgerValues

/// A row of `dispatches`: the columns of `projections/dispatches/columns.json`.
struct DispatchRow {
    let facts: IntentState
    /// The decision under the version's rules; nil before the market was consulted.
    let decision: Decision?

    init(_ facts: IntentState, _ rules: DispatchRules) {
        self.facts = facts
        decision = facts.market == nil ? nil : Decider(rules).decide(facts.facts())
    }

    /// The values of the `stored` columns of `columns.json`.
    var stored: [StoredValue] {
        [
            .instant(facts.createdAt), .text(facts.intent.ticker), .text(facts.intent.strategy.rawValue), .text(facts.mode.rawValue),
            .text(decision?.verdict.rawValue),
        ]
    }

    private var recorded: Decision? { facts.submission?.decision ?? facts.simulation?.decision }

    /// The verdict that was acted on; nil before a decision was recorded.
    var recordedVerdict: Verdict? { recorded?.verdict }

    /// Why no order was filled; nil for an order that lives or was filled, and before an end.
    var fallbackReason: String? {
        if let simulation = facts.simulation { return simulation.decision.reasons.joined(separator: ", ") }
        if let expiry = facts.expiry { return expiry.reason }
        if let cancellation = facts.cancellation { return cancellation.reason }
        if let refusal = facts.refusal { return refusal.message }
        guard facts.filledQuantity.isZero, let status = facts.orderStatus, OrderStatus.isTerminal(status) else { return nil }
        return status
    }

    /// The fill's distance from mid, positive if it is worse; nil without a fill or without a mid.
    var fillVersusMid: ExactNumber? {
        guard !facts.filledQuantity.isZero, let price = facts.filledAveragePrice, let decision = recorded,
            let mid = BrokerFigures.mid(decision.bid, decision.ask)
        else { return nil }
        let distance = ExactNumber(price) - mid
        return facts.intent.action == .buy ? distance : ExactNumber.zero - distance
    }

    var fillVersusMidBps: ExactNumber? {
        guard let distance = fillVersusMid, let decision = recorded, let mid = BrokerFigures.mid(decision.bid, decision.ask) else {
            return nil
        }
        return (distance * ExactNumber(10_000)).divided(by: mid)
    }

    /// Seconds from the submission to the first fill.
    var secondsToFill: FixedDecimal? {
        guard let submission = facts.submission, let filled = facts.firstFillAt else { return nil }
        let microseconds = filled.microseconds - submission.now.microseconds
        return FixedDecimal(units: Int128(microseconds) * (FixedDecimal.unitsPerOne / 1_000_000))
    }

    var node: JSONNode {
        let intent = facts.intent
        let contract = recorded?.optionSymbol ?? decision?.optionSymbol ?? intent.optionSymbol
        return .object([
            ("action", .string(intent.action.rawValue)), ("alpaca_order_id", .text(facts.acknowledgement?.brokerOrderID)),
            ("api_ask", .decimal(decision?.ask)), ("api_bid", .decimal(decision?.bid)), ("api_mid", .decimal(decision?.mid)),
            ("candidates_considered", .integer(decision?.candidatesConsidered)),
            ("client_order_id", .text(facts.submission?.body.clientOrderID)), ("created_at", .instant(facts.createdAt)),
            ("delta", .decimal(decision?.delta)), ("execution_mode", .string(facts.mode.rawValue)),
            ("expires_at", .instant(intent.expiresAt)), ("fallback_reason", .text(fallbackReason)),
            ("fill_vs_mid", .decimal(fillVersusMid?.rounded())), ("fill_vs_mid_bps", .decimal(fillVersusMidBps?.rounded())),
            ("filled_at", .instant(facts.firstFillAt)), ("filled_avg_price", .decimal(facts.filledAveragePrice)),
            ("filled_quantity", .decimal(facts.acknowledgement == nil ? nil : facts.filledQuantity)),
            ("gates", .array(decision?.gates.map { FieldCoder.node($0) } ?? [])),
            ("instrument_type", .string(intent.instrument.rawValue)), ("intent_id", .string(intent.intentID)),
            ("iv", .decimal(decision?.iv)), ("limit_price", .decimal(facts.submission?.body.limitPrice ?? decision?.limitPrice)),
            ("market_position", .integer(facts.marketPosition)), ("open_interest", .decimal(decision?.openInterest)),
            ("option_symbol", .text(intent.instrument == .stock ? nil : contract)), ("order_status", .text(facts.orderStatus)),
            ("quantity", .integer(facts.submission?.body.quantity ?? decision?.size.quantity)),
            ("reasons", .array((decision?.reasons ?? []).map(JSONNode.string))),
            ("recorded_verdict", .text(recordedVerdict?.rawValue)), ("requested_by", .string(facts.intended.requestedBy)),
            ("requested_quantity", .integer(intent.quantity)), ("seconds_to_fill", .decimal(secondsToFill)),
            ("signal", .text(intent.signal)),
            ("simulated_price", .decimal(facts.simulation?.price)),
            ("size", decision.map { FieldCoder.node($0.size) } ?? .null), ("source", .string(intent.source)),
            ("spot", .decimal(decision?.spot)), ("spread_pct", .decimal(decision?.spreadPct)),
            ("strategy", .string(intent.strategy.rawValue)), ("submission_position", .integer(facts.submissionPosition)),
            ("submitted_at", .instant(facts.submission?.now)), ("target_strike", .decimal(decision?.targetStrike)),
            ("theta", .decimal(decision?.theta)), ("ticker", .string(intent.ticker)), ("verdict", .text(decision?.verdict.rawValue)),
            ("volume", .decimal(decision?.volume)),
        ])
    }
}

extension JSONNode {
    static func text(_ text: String?) -> JSONNode { text.map(JSONNode.string) ?? .null }
    static func decimal(_ decimal: FixedDecimal?) -> JSONNode { decimal.map { .decimal($0) } ?? .null }
    static func integer(_ integer: Int64?) -> JSONNode { integer.map { .integer($0) } ?? .null }
    static func instant(_ instant: Instant?) -> JSONNode { instant.map { .string($0.description) } ?? .null }
}
