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
        var own: [ExactNumber] = []
        var other: [ExactNumber] = []
        for (before, now) in zip(recent, recent.dropFirst()) {
            guard let one = now.own.exact.divided(by: before.own.exact),
                let two = now.benchmark.exact.divided(by: before.benchmark.exact)
            else {
                // A close of zero has no return after it.
                warnings.insert("short_history")
                return
            }
            own.append(one - ExactNumber(1))
            other.append(two - ExactNumber(1))
        }
        let (first, second) = (own.reduce(.zero) { $0 + $1 }, other.reduce(.zero) { $0 + $1 })
        let n = ExactNumber(count)
        // n × the sums of squares about the mean: the divisor n − 1 of covariance and variance cancels.
        let covariance = n * zip(own, other).reduce(.zero) { $0 + $1.0 * $1.1 } - first * second
        let variance = n * own.reduce(.zero) { $0 + $1 * $1 } - first * first
        let benchmarkVariance = n * other.reduce(.zero) { $0 + $1 * $1 } - second * second
        if variance.isZero || benchmarkVariance.isZero { warnings.insert("zero_variance") }
        beta = covariance.divided(by: benchmarkVariance)?.rounded()
        // The square is exact; ten more digits of it than are shown go into the root.
        guard let square = (covariance * covariance).divided(by: variance * benchmarkVariance),
            let scaled = (square * ExactNumber(10_000_000_000)).rounded()
        else { return }
        let root = (Double(nearest: scaled) / 1e10).squareRoot()
        correlation = FixedDecimal(model: covariance.isNegative ? -root : root)
    }
}
