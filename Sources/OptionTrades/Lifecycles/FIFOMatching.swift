import LedgerEvents
package import LedgerValues

/// The fields of an execution that matching needs. It holds no strings and nothing on the heap.
package struct MatchableExecution: Sendable {
    package let side: Direction
    /// Contracts, above zero.
    package let quantity: FixedDecimal
    /// Per contract. Nil if the source gave no price.
    package let price: FixedDecimal?
    package let multiplier: FixedDecimal?
    /// Whether the price is in the currency of P&L.
    package let isInPricedCurrency: Bool

    package init(
        side: Direction, quantity: FixedDecimal, price: FixedDecimal?, multiplier: FixedDecimal?,
        isInPricedCurrency: Bool
    ) {
        precondition(quantity > .zero, "only quantities above zero match")
        self.side = side
        self.quantity = quantity
        self.price = price
        self.multiplier = multiplier
        self.isInPricedCurrency = isInPricedCurrency
    }
}

/// The executions of one contract matched first in, first out (docs/contract/lifecycles.md, "Matching").
///
/// Each execution first closes opposite open lots, oldest first. Its remainder opens a lot. All open lots therefore
/// have the same side at any time. Time is linear in the executions: each opens at most one lot, and each match except
/// an execution's last uses up a lot.
package struct FIFOMatching: Sendable {
    /// Contracts of an execution that closed contracts of an earlier one.
    package struct Match: Sendable {
        /// Indices of the executions.
        package let open: Int
        package let close: Int
        /// Contracts, above zero.
        package let quantity: FixedDecimal
        /// For a long lot (close price − open price) × quantity × multiplier, for a short lot the opposite. Rounded
        /// once, half to even, to 10 digits. Nil if either execution lacks price, multiplier or the priced currency, if
        /// their multipliers differ, or if the figure does not fit.
        package let profit: FixedDecimal?
    }

    /// Contracts of an execution that are still open.
    package struct Lot: Sendable {
        /// Index of the execution.
        package let execution: Int
        /// Contracts, above zero.
        package fileprivate(set) var remaining: FixedDecimal
    }

    /// In order of occurrence.
    package private(set) var matches: [Match] = []
    /// Oldest first, all of one side.
    package private(set) var openLots: [Lot] = []
    /// Total contracts bought and sold.
    package private(set) var buyQuantity = FixedDecimal.zero
    package private(set) var sellQuantity = FixedDecimal.zero
    /// Contracts matched, each pair counted once.
    package private(set) var closedQuantity = FixedDecimal.zero
    /// The sum of the matches' unrounded profits, rounded once. Nil if a profit is nil or the sum does not fit; 0 if
    /// nothing matched.
    package private(set) var realizedProfit: FixedDecimal?
    /// How often the net quantity left zero. A flip counts as leaving it again.
    package private(set) var cycleCount = 0
    /// Whether an execution closed lots and opened the other side.
    package private(set) var isFlipped = false
    /// Whether an execution opened from zero after an earlier close.
    package private(set) var isReopened = false
    /// Whether a match joined executions of different multipliers.
    package private(set) var hasMixedMultiplier = false

    /// Contracts bought less contracts sold: above zero for open long lots, below zero for open short lots.
    package var netQuantity: FixedDecimal { buyQuantity - sellQuantity }

    /// - Parameter executions: the executions in their order
    package init(_ executions: [MatchableExecution]) {
        matches.reserveCapacity(executions.count)
        /// The lots from this index on are open.
        var oldest = 0
        var openSide = Direction.buy
        var profits = ProductSum()
        var isProfitKnown = true
        for index in executions.indices {
            let side = executions[index].side
            let quantity = executions[index].quantity
            if side == .buy { buyQuantity += quantity } else { sellQuantity += quantity }

            var left = quantity
            let closes = oldest < openLots.count && openSide != side
            if closes {
                while left > .zero, oldest < openLots.count {
                    let remaining = openLots[oldest].remaining
                    let matched = min(left, remaining)
                    let open = openLots[oldest].execution
                    let profit = profit(of: executions, open, index, matched, &profits)
                    if profit == nil { isProfitKnown = false }
                    matches.append(Match(open: open, close: index, quantity: matched, profit: profit))
                    closedQuantity += matched
                    left -= matched
                    if matched == remaining { oldest += 1 } else { openLots[oldest].remaining = remaining - matched }
                }
            }
            guard left > .zero else { continue }
            if oldest == openLots.count {
                openLots.removeAll(keepingCapacity: true)
                oldest = 0
                if closes { isFlipped = true } else if cycleCount > 0 { isReopened = true }
                cycleCount += 1
            }
            openLots.append(Lot(execution: index, remaining: left))
            openSide = side
        }
        openLots.removeFirst(oldest)
        realizedProfit = isProfitKnown ? profits.total.rounded() : nil
    }

    @inline(__always)
    private mutating func profit(
        of executions: [MatchableExecution], _ open: Int, _ close: Int, _ quantity: FixedDecimal,
        _ profits: inout ProductSum
    ) -> FixedDecimal? {
        guard let multiplier = executions[open].multiplier, let closeMultiplier = executions[close].multiplier
        else { return nil }
        guard multiplier == closeMultiplier else {
            hasMixedMultiplier = true
            return nil
        }
        guard let openPrice = executions[open].price, let closePrice = executions[close].price,
            executions[open].isInPricedCurrency, executions[close].isInPricedCurrency
        else { return nil }
        let difference = executions[open].side == .buy ? closePrice - openPrice : openPrice - closePrice
        return profits.add(difference, quantity, multiplier)
    }
}

/// An exact sum of products of three decimals.
///
/// Contracts and multipliers are nearly always whole. Such products are multiples of 10⁻¹⁰ and are summed in 128 bits.
/// All other products, and sums that overflow, use exact numbers of any size.
struct ProductSum {
    private var units: Int128 = 0
    private var rest: ExactNumber?

    /// The exact sum.
    var total: ExactNumber {
        let narrow = ExactNumber(FixedDecimal(units: units))
        return rest.map { narrow + $0 } ?? narrow
    }

    /// Adds `a × b × c`. Returns the product rounded once, half to even, to 10 digits, or nil if it does not fit.
    @inline(__always)
    mutating func add(_ a: FixedDecimal, _ b: FixedDecimal, _ c: FixedDecimal) -> FixedDecimal? {
        if let b = Self.whole(b), let c = Self.whole(c) {
            let (factor, overflows) = b.multipliedReportingOverflow(by: c)
            let (product, tooLarge) = a.units.multipliedReportingOverflow(by: Int128(factor))
            if !overflows, !tooLarge {
                let (sum, sumTooLarge) = units.addingReportingOverflow(product)
                if !sumTooLarge {
                    units = sum
                    return FixedDecimal(units: product)
                }
            }
        }
        return addExactly(a, b, c)
    }

    @inline(never)
    private mutating func addExactly(_ a: FixedDecimal, _ b: FixedDecimal, _ c: FixedDecimal) -> FixedDecimal? {
        let product = FixedDecimal.product(a, b, c)
        rest = (rest ?? .zero) + product
        return product.rounded()
    }

    /// The decimal as an integer. Nil unless it is whole and fits.
    @inline(__always)
    private static func whole(_ value: FixedDecimal) -> Int64? {
        guard let units = Int64(exactly: value.units) else { return nil }
        let (whole, fraction) = units.quotientAndRemainder(dividingBy: 10_000_000_000)
        return fraction == 0 ? whole : nil
    }
}
