package import LedgerValues

/// All that a decision follows from, besides the rules.
package struct DecisionFacts: Sendable {
    package var intent: TradeIntent
    /// Nil if the market was not consulted.
    package var market: MarketConsultedPayload?
    /// Nil if the account was not consulted.
    package var account: AccountFacts?
    package var day: DayFacts
    package var isHalted: Bool

    package init(
        intent: TradeIntent, market: MarketConsultedPayload?, account: AccountFacts?, day: DayFacts = DayFacts(),
        isHalted: Bool = false
    ) {
        self.intent = intent
        self.market = market
        self.account = account
        self.day = day
        self.isHalted = isHalted
    }
}

/// Figures of quotes and orders, exact and rounded once.
package enum BrokerFigures {
    /// The middle of a valid quote: bid > 0 and ask ≥ bid.
    package static func mid(_ bid: FixedDecimal?, _ ask: FixedDecimal?) -> ExactNumber? {
        guard let bid, let ask, bid > .zero, ask >= bid else { return nil }
        return (ExactNumber(bid) + ExactNumber(ask)).divided(by: ExactNumber(2))
    }

    /// (ask − bid) ÷ mid × 100 of a valid quote.
    package static func spreadPct(_ bid: FixedDecimal?, _ ask: FixedDecimal?) -> ExactNumber? {
        guard let bid, let ask, let mid = mid(bid, ask) else { return nil }
        return ((ExactNumber(ask) - ExactNumber(bid)) * ExactNumber(100)).divided(by: mid)
    }

    /// The largest whole number not above a quotient of numbers of zero or more; nil for a divisor of zero, and beyond 2^53.
    package static func floor(_ dividend: ExactNumber, _ divisor: ExactNumber) -> Int64? {
        guard divisor > .zero, let near = dividend.divided(by: divisor)?.rounded(fractionDigits: 0) else { return nil }
        let whole = near.units / FixedDecimal.unitsPerOne
        guard whole.magnitude < 1 << 53 else { return nil }
        let isAbove = ExactNumber(near) * divisor > dividend
        return max(0, Int64(whole) - (isAbove ? 1 : 0))
    }

    /// A price on the grid of a tick: up for a purchase, down for a sale, never below one tick.
    package static func onTick(_ price: FixedDecimal, _ tick: DispatchRules.Tick, _ action: IntentAction) -> FixedDecimal {
        let size = tick.size(at: price).units
        let whole = price.units / size
        let steps = action == .buy && whole * size < price.units ? whole + 1 : whole
        return FixedDecimal(units: max(1, steps) * size)
    }
}
