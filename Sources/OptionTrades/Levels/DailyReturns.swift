import Glibc
package import LedgerValues

/// Simple daily returns of two symbols on their common dates: how one moves with the other.
package struct DailyReturns: Sendable {
    package private(set) var beta: FixedDecimal?
    package private(set) var correlation: FixedDecimal?
    package private(set) var warnings: Set<String> = []

    /// - Parameter closes: of the common dates, ascending, the symbol's and the benchmark's.
    package init(of closes: [(own: FixedDecimal, benchmark: FixedDecimal)], count: Int) {
        let recent = closes.suffix(count + 1)
        guard recent.count == count + 1 else {
            warnings.insert("short_history")
            return
        }
        // Returns over one denominator, the product of all closes before them, so that sums need no common one.
        guard let own = Returns(recent.map(\.own)), let other = Returns(recent.map(\.benchmark)) else {
            // A close of zero has no return after it.
            warnings.insert("short_history")
            return
        }
        let n = ExactNumber(count)
        // n × the sums of squares about the mean: the divisor n − 1 of covariance and variance cancels.
        let covariance = n * Returns.products(own, other) - own.sum * other.sum
        let variance = n * Returns.products(own, own) - own.sum * own.sum
        let benchmarkVariance = n * Returns.products(other, other) - other.sum * other.sum
        if variance.isZero || benchmarkVariance.isZero { warnings.insert("zero_variance") }
        beta = (covariance * other.denominator).divided(by: benchmarkVariance * own.denominator)?.rounded()
        // The square is exact; ten more digits of it than are shown go into the root.
        guard let square = (covariance * covariance).divided(by: variance * benchmarkVariance),
            let scaled = (square * ExactNumber(10_000_000_000)).rounded()
        else { return }
        let root = (Double(nearest: scaled) / 1e10).squareRoot()
        // The denominators of the two are products of prices, which may be below zero.
        let isNegative = covariance.isNegative != (own.denominator.isNegative != other.denominator.isNegative)
        correlation = FixedDecimal(model: isNegative ? -root : root)
    }

    /// Simple returns of closes, as numerators of one denominator.
    private struct Returns {
        let numerators: [ExactNumber]
        let denominator: ExactNumber
        let sum: ExactNumber

        /// Nil if a close before another is zero.
        init?(_ closes: [FixedDecimal]) {
            let before = closes.dropLast().map(\.exact)
            if before.contains(where: \.isZero) { return nil }
            // The product of the others: of those up to a close, and of those after it.
            var upTo = [ExactNumber(1)]
            for close in before { upTo.append(upTo[upTo.count - 1] * close) }
            var numerators: [ExactNumber] = []
            var after = ExactNumber(1)
            for index in before.indices.reversed() {
                numerators.append((closes[index + 1].exact - before[index]) * upTo[index] * after)
                after = after * before[index]
            }
            self.numerators = numerators.reversed()
            denominator = after
            sum = numerators.reduce(.zero) { $0 + $1 }
        }

        static func products(_ one: Returns, _ other: Returns) -> ExactNumber {
            zip(one.numerators, other.numerators).reduce(.zero) { $0 + $1.0 * $1.1 }
        }
    }
}
