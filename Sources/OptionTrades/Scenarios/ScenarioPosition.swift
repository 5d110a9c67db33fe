package import LedgerValues

/// A net position in one contract, as a ledger or a file says it.
package struct ScenarioPosition: Sendable {
    /// The lifecycle's id, or the symbol in a file.
    package var id: String
    package var underlying: String
    package var expiry: CalendarDate
    package var strike: FixedDecimal
    package var optionType: OptionType
    /// Below zero for a short one; never zero.
    package var quantity: FixedDecimal
    package var multiplier: FixedDecimal?
    package var basis: FixedDecimal?
    /// What a file says, which goes before the chain's.
    package var mark: FixedDecimal?
    package var iv: FixedDecimal?
    package var spot: FixedDecimal?

    package init(
        id: String, underlying: String, expiry: CalendarDate, strike: FixedDecimal, _ optionType: OptionType, quantity: FixedDecimal,
        multiplier: FixedDecimal? = nil, basis: FixedDecimal? = nil, mark: FixedDecimal? = nil, iv: FixedDecimal? = nil,
        spot: FixedDecimal? = nil
    ) {
        self.id = id
        self.underlying = underlying
        (self.expiry, self.strike, self.optionType, self.quantity) = (expiry, strike, optionType, quantity)
        (self.multiplier, self.basis, self.mark, self.iv, self.spot) = (multiplier, basis, mark, iv, spot)
    }
}
