import LedgerEvents
import LedgerRules
package import LedgerValues

/// What an execution cost or brought in, in US dollars (docs/contract/trades.md, "Entry premium").
package struct EntryPremium: Sendable, Equatable {
    package enum Source: String, Sendable { case provided, derived, missing }

    private enum Amount: Sendable, Equatable {
        case provided(FixedDecimal)
        /// Provided, but too far from the derived premium.
        case doubted(FixedDecimal)
        case derived(FixedDecimal)
        case missing
    }

    private let amount: Amount

    /// Total USD. Null if it is neither provided nor derivable. A missing premium is never zero.
    package var usd: FixedDecimal? {
        switch amount {
        case .provided(let usd), .doubted(let usd), .derived(let usd): usd
        case .missing: nil
        }
    }

    package var source: Source {
        switch amount {
        case .provided, .doubted: .provided
        case .derived: .derived
        case .missing: .missing
        }
    }

    /// Whether both a provided and a derived premium exist and differ by more than max(absolute, relative × provided).
    package var mismatch: Bool {
        if case .doubted = amount { true } else { false }
    }

    /// Computes the premium of a row: `premium_usd` if it is provided, else price × quantity × multiplier. The product
    /// is exact and rounded once, half to even, to 10 digits. It needs all three factors, a price in the premium
    /// currency, and contracts (or null) as the unit; else the premium is missing. The mismatch check uses the
    /// unrounded product.
    package init(of row: ExecutionRow, rules: TradesRules) {
        self.init(
            of: Terms(
                premiumUSD: row.premiumUSD, price: row.price, priceCurrency: row.priceCurrency, quantity: row.quantity,
                quantityUnit: row.quantityUnit, contractMultiplier: row.contractMultiplier), rules: rules)
    }

    /// The fields of a row that determine the premium.
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
        // Premiums that are equal after rounding are within any tolerance and need no wide arithmetic.
        if derived.rounded == provided { return .provided(provided) }
        let tolerance = max(
            ExactNumber(rules.mismatchAbsoluteUSD), ExactNumber(rules.mismatchRelative) * ExactNumber(provided))
        let difference = (derived.exact - ExactNumber(provided)).magnitude
        return difference > tolerance ? .doubted(provided) : .provided(provided)
    }

    /// The factors of a derived premium.
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

        /// Nil if the product does not fit into a decimal.
        var rounded: FixedDecimal? { FixedDecimal.roundedProduct(price, quantity, multiplier) }
        var exact: ExactNumber { FixedDecimal.product(price, quantity, multiplier) }
    }
}
