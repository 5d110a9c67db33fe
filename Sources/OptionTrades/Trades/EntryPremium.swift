import Events
import Rules
public import Values

/// What an execution cost or brought in, in US dollars (docs/contract/trades.md, "Entry premium").
public struct EntryPremium: Sendable, Equatable {
    public enum Source: String, Sendable { case provided, derived, missing }

    private enum Amount: Sendable, Equatable {
        case provided(FixedDecimal)
        /// Provided, and far from what can be derived.
        case doubted(FixedDecimal)
        case derived(FixedDecimal)
        case missing
    }

    private let amount: Amount

    /// Total USD; null where it is neither provided nor derivable. Never zero for something missing.
    public var usd: FixedDecimal? {
        switch amount {
        case .provided(let usd), .doubted(let usd), .derived(let usd): usd
        case .missing: nil
        }
    }

    public var source: Source {
        switch amount {
        case .provided, .doubted: .provided
        case .derived: .derived
        case .missing: .missing
        }
    }

    /// Provided and derived both exist and differ by more than max(absolute, relative × provided).
    public var mismatch: Bool {
        if case .doubted = amount { true } else { false }
    }

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

    init(of row: Terms, rules: TradesRules) { amount = Self.amount(of: row, rules) }

    private static func amount(of row: Terms, _ rules: TradesRules) -> Amount {
        guard let derived = Factors(row, rules) else { return row.premiumUSD.map { .provided($0) } ?? .missing }
        guard let provided = row.premiumUSD else { return derived.rounded.map { .derived($0) } ?? .missing }
        // Equal after rounding is within any tolerance and needs no wide arithmetic.
        if derived.rounded == provided { return .provided(provided) }
        let tolerance = max(
            ExactNumber(rules.mismatchAbsoluteUSD), ExactNumber(rules.mismatchRelative) * ExactNumber(provided))
        let difference = (derived.exact - ExactNumber(provided)).magnitude
        return difference > tolerance ? .doubted(provided) : .provided(provided)
    }

    /// Whose product a premium is derived from.
    private struct Factors {
        private let price: FixedDecimal
        private let quantity: FixedDecimal
        private let multiplier: FixedDecimal

        init?(_ row: Terms, _ rules: TradesRules) {
            guard let currency = row.priceCurrency, currency.isBytewiseEqual(to: rules.premiumCurrency),
                row.quantityUnit.map({ rules.contractUnits.contains($0) }) ?? true,
                let price = row.price, let quantity = row.quantity, let multiplier = row.contractMultiplier
            else { return nil }
            self.price = price
            self.quantity = quantity
            self.multiplier = multiplier
        }

        /// Nil where it is beyond what a decimal holds.
        var rounded: FixedDecimal? { FixedDecimal.roundedProduct(price, quantity, multiplier) }
        var exact: ExactNumber { FixedDecimal.product(price, quantity, multiplier) }
    }
}
