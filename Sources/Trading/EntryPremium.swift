public import Events
public import Rules
public import Values

/// What an execution cost or brought in, in US dollars (spec 3, section 2).
public struct EntryPremium: Sendable, Equatable {
    public enum Source: String, Sendable { case provided, derived, missing }

    /// Total USD; null where it is neither provided nor derivable. Never zero for something missing.
    public let usd: FixedDecimal?
    public let source: Source
    /// Provided and derived both exist and differ by more than max(absolute, relative × provided).
    public let mismatch: Bool

    /// `premium_usd` where it is provided; else price × quantity × multiplier, exact and rounded once half
    /// to even to 10 digits, where the price is in the premium currency, the unit is contracts (or null) and
    /// all three are there; else missing. The comparison is made on the unrounded product.
    public init(of row: ExecutionRow, rules: TradesRules) {
        self.init(
            of: Terms(
                premiumUSD: row.premiumUSD, price: row.price, priceCurrency: row.priceCurrency, quantity: row.quantity,
                quantityUnit: row.quantityUnit, contractMultiplier: row.contractMultiplier), rules: rules)
    }

    /// What of a row the premium follows from.
    struct Terms {
        let premiumUSD: FixedDecimal?
        let price: FixedDecimal?
        let priceCurrency: String?
        let quantity: FixedDecimal?
        let quantityUnit: String?
        let contractMultiplier: FixedDecimal?
    }

    init(of row: Terms, rules: TradesRules) {
        let product: ExactNumber?
        if let currency = row.priceCurrency, currency.isBytewiseEqual(to: rules.premiumCurrency),
            row.quantityUnit.map({ rules.contractUnits.contains($0) }) ?? true,
            let price = row.price, let quantity = row.quantity, let multiplier = row.contractMultiplier
        {
            guard let provided = row.premiumUSD else {
                let derived = FixedDecimal.roundedProduct(price, quantity, multiplier)
                self.init(usd: derived, source: derived == nil ? .missing : .derived, mismatch: false)
                return
            }
            // Equal after rounding is within any tolerance and needs no wide arithmetic.
            product =
                FixedDecimal.roundedProduct(price, quantity, multiplier) == provided
                ? nil : FixedDecimal.product(price, quantity, multiplier)
        } else {
            product = nil
        }
        guard let provided = row.premiumUSD else {
            self.init(usd: nil, source: .missing, mismatch: false)
            return
        }
        let mismatch = product.map { derived in
            let tolerance = max(
                ExactNumber(rules.mismatchAbsoluteUSD), ExactNumber(rules.mismatchRelative) * ExactNumber(provided))
            return (derived - ExactNumber(provided)).magnitude > tolerance
        }
        self.init(usd: provided, source: .provided, mismatch: mismatch ?? false)
    }

    init(usd: FixedDecimal?, source: Source, mismatch: Bool) {
        self.usd = usd
        self.source = source
        self.mismatch = mismatch
    }
}
