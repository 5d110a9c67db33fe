import LedgerValues

/// Whether recent values of a series are of a kind with older ones (docs/contract/analyses.md, "Stationarity"); all of it exact.
struct StationarityTest {
    enum Status: String {
        case stable, unstable, insufficient
    }

    let recent: Moments
    let older: Moments
    let status: Status
    /// How far the recent values may be blended with what is expected without them: 0…1.
    let blendWeight: FixedDecimal

    /// With means m, sample variances v and counts n, recent 1, older 2, unstable where
    /// (m₁ − m₂)² > k × ((n₁−1)v₁ + (n₂−1)v₂) ÷ (n₁+n₂−2), or v₁ ÷ v₂ lies outside the rules' bounds. v₂ = 0 counts as outside,
    /// unless v₁ = 0 too.
    init(recent values: [ExactNumber], older others: [ExactNumber], _ rules: StationarityRules) {
        // Distances and variances stay the same when one value is taken off all; the numbers become small.
        let base = others.first ?? values.first ?? .zero
        recent = Moments(values, base: base)
        older = Moments(others, base: base)
        status = Self.status(recent, older, rules)
        blendWeight = rules.blendWeight(status)
    }

    private static func status(_ one: Moments, _ two: Moments, _ rules: StationarityRules) -> Status {
        guard one.count >= rules.minimumRecent, two.count >= rules.minimumOlder, let m1 = one.mean, let m2 = two.mean,
            let v1 = one.variance, let v2 = two.variance,
            let pooled = (one.squares + two.squares).divided(by: ExactNumber(one.count + two.count - 2))
        else { return .insufficient }
        let shift = m1 - m2
        if shift * shift > rules.maximumMeanShift.exact * pooled { return .unstable }
        if v2.isZero { return v1.isZero ? .stable : .unstable }
        return v1 < rules.varianceRatioLower.exact * v2 || v1 > rules.varianceRatioUpper.exact * v2 ? .unstable : .stable
    }

    /// Mean and spread of values.
    struct Moments {
        let count: Int
        /// Nil without a value.
        let mean: ExactNumber?
        /// The sum of squared distances from the mean: (n − 1) × the sample variance.
        let squares: ExactNumber
        /// The sample variance; nil with fewer than two values.
        let variance: ExactNumber?

        init(_ values: [ExactNumber], base: ExactNumber) {
            var sum = ExactNumber.zero
            var sumOfSquares = ExactNumber.zero
            for value in values {
                let distance = value - base
                sum += distance
                sumOfSquares += distance * distance
            }
            count = values.count
            let shift = sum.divided(by: ExactNumber(count))
            mean = shift.map { base + $0 }
            squares = shift.map { sumOfSquares - sum * $0 } ?? .zero
            variance = count > 1 ? squares.divided(by: ExactNumber(count - 1)) : nil
        }
    }
}
