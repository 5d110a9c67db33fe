import LedgerEvents
import LedgerRules
package import LedgerValues

/// The state of an execution's outcome at a horizon.
package enum OutcomeState: String, Sendable, CaseIterable {
    /// A P&L from a day horizon's fresh mark.
    case unrealizedMark = "unrealized_mark"
    /// The same from a mark at expiry.
    case terminalMark = "terminal_mark"
    /// The target is later than the reader's current time.
    case pending
    /// A mark or an input of the entry is missing.
    case unavailable
}

/// An execution's outcome at one horizon, worked out as if the horizon had matured (docs/contract/outcomes.md, "State"). What a reader
/// sees before then depends on the current time, not on facts: see ``target``.
///
/// All arithmetic is exact, and each figure is rounded once, half to even, to 10 digits (minutes to 4). A figure that
/// lacks an input is nil, never zero. No intrinsic or model value ever stands in for it.
package struct Outcome: Sendable {
    package let entry: OutcomeEntry
    package let horizon: Horizon
    package let target: HorizonTarget
    package let state: OutcomeState
    package let mark: JudgedMark
    /// Whether the mark event counted: it exists and has this row and target as its basis.
    package let usesMark: Bool
    package let markSource: String?
    package let markLookupError: String?
    /// Whether a backfill can look for the mark: the horizon has no `quoted` mark, and the contract's key is known.
    package let needsMark: Bool
    package let markPrice: FixedDecimal?
    /// mark price × quantity × multiplier.
    package let markPremiumUSD: FixedDecimal?
    /// For a buy mark premium − entry premium, for a sale entry premium − mark premium.
    package let pnlBeforeFeesUSD: FixedDecimal?
    /// P&L before fees − fees. Nil if the fees are unknown.
    package let pnlAfterFeesUSD: FixedDecimal?
    /// The traded underlying's spot: the fresh quote's, or for a directly mapped symbol the observed one.
    package let spotAtHorizon: FixedDecimal?
    /// (spot at horizon ÷ spot at entry − 1) × 100.
    package let spotMovePercent: FixedDecimal?
    package let moneynessAtHorizon: FixedDecimal?
    /// The value that the backfill recorded. Only for directly mapped symbols.
    package let realizedVol: FixedDecimal?
    /// Sorted bytewise.
    package let missingFields: [String]

    /// The token of a day horizon that lies after the expiry. It is always the only token of its row.
    package static let horizonAfterExpiry = "horizon_after_expiry"

    /// - Parameter mark: the horizon's latest mark. One whose basis differs from the row and target counts as absent.
    package init(
        _ entry: OutcomeEntry, horizon: Horizon, mark event: ForwardMarkPayload?, rules: OutcomesRules
    ) {
        let row = entry.row
        let target = HorizonTarget(of: row, horizon: horizon, expiry: entry.expiry)
        let isMeasurable = target.instant != nil && !target.isAfterExpiry
        let used = event.flatMap {
            isMeasurable && $0.basis.isBasis(of: row, target: target.instant) ? $0 : nil
        }
        let mark = JudgedMark(
            of: used?.quote, horizon: horizon, target: target.instant ?? .minimum, rules: rules)
        let pnl = OutcomePnL(entry, mark: mark)

        self.entry = entry
        self.horizon = horizon
        self.target = target
        self.mark = mark
        usesMark = used != nil
        markSource = used?.quote == nil ? nil : used?.quoteSource
        markLookupError = used?.error
        needsMark = isMeasurable && mark.quality != .quoted && OptionContract(of: row) != nil
        state = !pnl.isComplete ? .unavailable : horizon == .expiry ? .terminalMark : .unrealizedMark
        markPrice = mark.price?.rounded()
        markPremiumUSD = pnl.markPremium?.rounded()
        pnlBeforeFeesUSD = pnl.beforeFees?.rounded()
        pnlAfterFeesUSD = pnl.afterFees?.rounded()

        let directly = entry.isDirectlyMapped ? used : nil
        spotAtHorizon = mark.underlyingPrice ?? directly?.spot?.price
        spotMovePercent = Self.movePercent(from: entry.spot, to: spotAtHorizon)
        moneynessAtHorizon = OutcomeEntry.moneyness(spotAtHorizon, strike: row.strike)
        realizedVol = directly?.realizedVol
        missingFields =
            target.isAfterExpiry
            ? [Self.horizonAfterExpiry]
            : Self.missing(entry, lacksMark: isMeasurable && mark.quality != .quoted)
    }

    private static func movePercent(from entry: FixedDecimal?, to horizon: FixedDecimal?)
        -> FixedDecimal?
    {
        guard let entry, let horizon, let ratio = ExactNumber(horizon).divided(by: ExactNumber(entry))
        else { return nil }
        return ((ratio - ExactNumber(1)) * ExactNumber(100)).rounded()
    }

    private static func missing(_ entry: OutcomeEntry, lacksMark: Bool) -> [String] {
        let row = entry.row
        // In bytewise order.
        var missing: [String] = []
        if row.contractMultiplier == nil { missing.append("contract_multiplier") }
        if row.direction == nil { missing.append("direction") }
        if entry.premium.usd == nil { missing.append("entry_premium_usd") }
        if row.expiry == nil { missing.append("expiry") }
        if row.feesUSD == nil { missing.append("fees_usd") }
        if lacksMark { missing.append("forward_mark") }
        if row.quantity == nil { missing.append("quantity") }
        return missing
    }
}

/// The P&L of one mark, exact. A figure is nil if one of its inputs is missing.
private struct OutcomePnL {
    let markPremium: ExactNumber?
    let beforeFees: ExactNumber?
    let afterFees: ExactNumber?
    /// Whether a price, an entry premium, a direction, a quantity and a multiplier are all known.
    let isComplete: Bool

    init(_ entry: OutcomeEntry, mark: JudgedMark) {
        let row = entry.row
        var premium: ExactNumber?
        if let price = mark.price, let quantity = row.quantity, let multiplier = row.contractMultiplier {
            premium = price * ExactNumber(quantity) * ExactNumber(multiplier)
        }
        var before: ExactNumber?
        if let premium, let paid = entry.exactPremium, let direction = row.direction {
            before = direction == .buy ? premium - paid : paid - premium
        }
        markPremium = premium
        beforeFees = before
        afterFees = before.flatMap { before in row.feesUSD.map { before - ExactNumber($0) } }
        isComplete = before != nil
    }
}
