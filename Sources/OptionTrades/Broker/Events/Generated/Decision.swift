// Made by `swift run payload-generator` from schema/events/OrderSubmitted.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerValues

/// The decision on an intent.
package struct Decision: CodedFields {
    /// `ask`
    package var ask: FixedDecimal?
    /// `bid`
    package var bid: FixedDecimal?
    /// `candidates_considered`
    package var candidatesConsidered: Int64 = 0
    /// `delta`
    package var delta: FixedDecimal?
    /// `gates`
    package var gates: [Gate] = []
    /// `iv`
    package var iv: FixedDecimal?
    /// `limit_price`: The price of the order; null without one, and for a market order.
    package var limitPrice: FixedDecimal?
    /// `mid`
    package var mid: FixedDecimal?
    /// `multiplier`
    package var multiplier: FixedDecimal?
    /// `open_interest`
    package var openInterest: FixedDecimal?
    /// `option_symbol`: The selected contract; null for shares, and if there is none.
    package var optionSymbol: String?
    /// `reasons`: Why it is not `submit`.
    package var reasons: [String] = []
    /// `size`
    package var size = OrderSize()
    /// `spot`
    package var spot: FixedDecimal?
    /// `spread_pct`: (ask − bid) ÷ mid × 100.
    package var spreadPct: FixedDecimal?
    /// `target_strike`
    package var targetStrike: FixedDecimal?
    /// `theta`
    package var theta: FixedDecimal?
    /// `verdict`
    package var verdict: Verdict = .wait
    /// `volume`
    package var volume: FixedDecimal?

    package init() {}

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.decimal("ask", &ask)
        try fields.decimal("bid", &bid)
        try fields.integer("candidates_considered", &candidatesConsidered)
        try fields.decimal("delta", &delta)
        try fields.objects("gates", &gates)
        try fields.decimal("iv", &iv)
        try fields.decimal("limit_price", &limitPrice)
        try fields.decimal("mid", &mid)
        try fields.decimal("multiplier", &multiplier)
        try fields.decimal("open_interest", &openInterest)
        try fields.text("option_symbol", &optionSymbol)
        try fields.texts("reasons", &reasons)
        try fields.object("size", &size)
        try fields.decimal("spot", &spot)
        try fields.decimal("spread_pct", &spreadPct)
        try fields.decimal("target_strike", &targetStrike)
        try fields.decimal("theta", &theta)
        try fields.choice("verdict", &verdict)
        try fields.decimal("volume", &volume)
    }
}

extension Decision: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: Decision, right: Decision) -> Bool {
        guard left.ask == right.ask,
            left.bid == right.bid,
            left.candidatesConsidered == right.candidatesConsidered,
            left.delta == right.delta,
            left.gates == right.gates,
            left.iv == right.iv,
            left.limitPrice == right.limitPrice,
            left.mid == right.mid,
            left.multiplier == right.multiplier,
            left.openInterest == right.openInterest,
            left.reasons == right.reasons,
            left.size == right.size,
            left.spot == right.spot,
            left.spreadPct == right.spreadPct,
            left.targetStrike == right.targetStrike,
            left.theta == right.theta,
            left.verdict == right.verdict,
            left.volume == right.volume,
            left.optionSymbol.isBytewiseEqual(to: right.optionSymbol)
        else { return false }
        return true
    }
}
