package import LedgerValues

extension Basis {
    /// The basis of a row in its present form.
    package init(of row: ExecutionRow, target: Instant? = nil) {
        self.init(
            tradeDate: row.tradeDate, underlyingSymbol: row.underlyingSymbol, contractKey: row.contractKey,
            optionType: row.optionType, strike: row.strike, expiry: row.expiry, target: target)
    }

    /// Whether this is the basis of the given row and target.
    package func isBasis(of row: ExecutionRow, target: Instant? = nil) -> Bool {
        tradeDate == row.tradeDate && self.target == target && strike == row.strike && expiry == row.expiry
            && optionType == row.optionType && underlyingSymbol.isBytewiseEqual(to: row.underlyingSymbol)
            && contractKey.isBytewiseEqual(to: row.contractKey)
    }
}
