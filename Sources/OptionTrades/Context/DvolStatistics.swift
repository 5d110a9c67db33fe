import Rules
import Values

/// Statistics of a market's daily last `dvol` values, all exact.
enum DvolStatistics {
    /// 100 × (#below + weight × #equal) ÷ n of a value among others. Nil with fewer values than the rules require.
    static func percentile(
        of value: FixedDecimal, among others: [FixedDecimal], _ rules: ContextRules.DvolPercentile
    ) -> ExactNumber? {
        guard others.count >= rules.minimumDays else { return nil }
        var below = 0
        var equal = 0
        for other in others {
            if other < value { below += 1 } else if other == value { equal += 1 }
        }
        let rank = ExactNumber(below) + ExactNumber(rules.equalWeight) * ExactNumber(equal)
        return (ExactNumber(100) * rank).divided(by: ExactNumber(others.count))
    }

    enum Stationarity: String {
        case stable, unstable, insufficient

        func blendWeight(_ rules: ContextRules.Stationarity) -> FixedDecimal {
            switch self {
            case .stable: rules.stableWeight
            case .unstable: rules.unstableWeight
            case .insufficient: rules.insufficientWeight
            }
        }
    }

    /// Whether recent values resemble older ones. With means m, sample variances v and counts n (1 recent, 2 older),
    /// they are unstable if (m₁ − m₂)² > k × ((n₁−1)v₁ + (n₂−1)v₂) ÷ (n₁+n₂−2), or if v₁ ÷ v₂ lies outside the rules'
    /// bounds. v₂ = 0 counts as outside, unless v₁ = 0 too.
    static func stationarity(
        recent: [FixedDecimal], older: [FixedDecimal], _ rules: ContextRules.Stationarity
    ) -> Stationarity {
        guard recent.count >= rules.minimumRecent, older.count >= rules.minimumOlder,
            // Subtracting one value from all keeps distances and variances, and makes the numbers small.
            let base = older.first, let one = Moments(recent, base: base), let two = Moments(older, base: base),
            let pooled = (one.squares + two.squares).divided(by: ExactNumber(one.count + two.count - 2))
        else { return .insufficient }
        let shift = one.mean - two.mean
        if shift * shift > ExactNumber(rules.maximumMeanShift) * pooled { return .unstable }
        if two.variance.isZero { return one.variance.isZero ? .stable : .unstable }
        let lower = ExactNumber(rules.varianceRatioLower) * two.variance
        let upper = ExactNumber(rules.varianceRatioUpper) * two.variance
        return one.variance < lower || one.variance > upper ? .unstable : .stable
    }

    /// Mean and spread of values, relative to a base.
    private struct Moments {
        let count: Int
        let mean: ExactNumber
        /// The sum of squared distances from the mean: (n − 1) × the sample variance.
        let squares: ExactNumber
        /// The sample variance.
        let variance: ExactNumber

        /// Nil with fewer than two values.
        init?(_ values: [FixedDecimal], base: FixedDecimal) {
            var sum = ExactNumber.zero
            var sumOfSquares = ExactNumber.zero
            for value in values {
                let distance = ExactNumber(value - base)
                sum += distance
                sumOfSquares += distance * distance
            }
            count = values.count
            guard count > 1, let mean = sum.divided(by: ExactNumber(count)) else { return nil }
            self.mean = mean
            squares = sumOfSquares - sum * mean
            guard let variance = squares.divided(by: ExactNumber(count - 1)) else { return nil }
            self.variance = variance
        }
    }
}
