import LedgerEvents
import LedgerRules
package import LedgerValues

/// The common start of an execution's outcomes at every horizon: the entry, and the context that groups it.
package struct OutcomeEntry: Sendable {
    package let row: ExecutionRow
    package let premium: EntryPremium
    /// The exact premium: the provided one, or the unrounded product behind a derived one. Nil if the premium is missing.
    let exactPremium: ExactNumber?
    /// The instant at which the contract expires. Nil without an expiry.
    let expiry: Instant?
    /// Whether the symbol is its own market.
    package let isDirectlyMapped: Bool
    /// The traded underlying's spot: the row's own, or for a directly mapped symbol the stamp's. Never a proxy's.
    package let spot: FixedDecimal?
    /// spot ÷ strike, to 10 digits.
    package let moneyness: FixedDecimal?
    /// The label of `alignment` under the same stamp.
    package let alignmentLabel: String
    package let gammaRegime: String?
    package let dvolBucket: String

    /// - Parameter stamp: the trade's latest stamp. One whose basis differs from the row's counts as absent.
    package init(of row: ExecutionRow, stamp: ContextStampedPayload?, rules: OutcomesRules) {
        let stamp = stamp.flatMap { $0.basis.isBasis(of: row) ? $0 : nil }
        self.row = row
        premium = EntryPremium(of: row, rules: rules.trades)
        exactPremium = Self.exact(premium, row)
        expiry = HorizonTarget.expiryInstant(of: row, rules: rules)
        isDirectlyMapped = rules.isDirectlyMapped(row.underlyingSymbol)
        spot = row.spotAtTrade ?? stamp.flatMap { Self.directSpot($0, row, rules) }
        moneyness = Self.moneyness(spot, strike: row.strike)
        alignmentLabel = Alignment(of: row, stamp: stamp, rules: rules.alignment).label
        gammaRegime = stamp?.gammaRegime
        dvolBucket = rules.dvolBucket(of: stamp?.dvolPercentile)
    }

    private static func exact(_ premium: EntryPremium, _ row: ExecutionRow) -> ExactNumber? {
        guard let usd = premium.usd else { return nil }
        guard premium.source == .derived, let price = row.price, let quantity = row.quantity,
            let multiplier = row.contractMultiplier
        else { return ExactNumber(usd) }
        return FixedDecimal.product(price, quantity, multiplier)
    }

    /// The stamp's spot. Nil unless the market is the traded symbol's own, by the current rules and by those that
    /// stamped it.
    private static func directSpot(
        _ stamp: ContextStampedPayload, _ row: ExecutionRow, _ rules: OutcomesRules
    ) -> FixedDecimal? {
        let mapping = rules.trades.marketProxy.mapping(of: row.underlyingSymbol)
        guard rules.isDirectlyMapped(row.underlyingSymbol),
            stamp.mappingMethod.isBytewiseEqual(to: rules.directMappingMethod),
            let market = mapping.marketProxy, let stamped = stamp.marketProxy,
            market.isBytewiseEqual(to: stamped)
        else { return nil }
        return stamp.spotAtTrade
    }

    /// spot ÷ strike, rounded half to even to 10 digits. Nil without either.
    static func moneyness(_ spot: FixedDecimal?, strike: FixedDecimal?) -> FixedDecimal? {
        guard let spot, let strike else { return nil }
        return ExactNumber(spot).divided(by: ExactNumber(strike))?.rounded()
    }
}
