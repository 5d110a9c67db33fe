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
        let (wholes, divisor) = ExactNumber.overOneDivisor(values + others)
        recent = Moments(wholes.prefix(values.count), over: divisor)
        older = Moments(wholes.dropFirst(values.count), over: divisor)
        status = Self.status(recent, older, rules)
        blendWeight = rules.blendWeight(status)
    }

    /// Both sides of each comparison are taken times the divisors, so that only whole numbers are compared.
    private static func status(_ one: Moments, _ two: Moments, _ rules: StationarityRules) -> Status {
        guard one.count >= rules.minimumRecent, two.count >= rules.minimumOlder, one.count > 1, two.count > 1 else { return .insufficient }
        let (n1, n2) = (ExactNumber(one.count), ExactNumber(two.count))
        let shift = n2 * one.sum - n1 * two.sum
        let pooled = n1 * n2 * (n2 * one.spread + n1 * two.spread)
        if shift * shift * ExactNumber(one.count + two.count - 2) > rules.maximumMeanShift.exact * pooled { return .unstable }
        if two.spread.isZero { return one.spread.isZero ? .stable : .unstable }
        let v1 = one.spread * ExactNumber(two.count * (two.count - 1))
        let v2 = two.spread * ExactNumber(one.count * (one.count - 1))
        return v1 < rules.varianceRatioLower.exact * v2 || v1 > rules.varianceRatioUpper.exact * v2 ? .unstable : .stable
    }

    /// Mean and spread of values that are whole numbers over one divisor.
    struct Moments {
        let count: Int
        private let divisor: ExactNumber
        /// The sum of the whole numbers: n × the mean × the divisor.
        let sum: ExactNumber
        /// n × the sum of the whole numbers' squares − the square of their sum: n × (n − 1) × the sample variance × the divisor².
        let spread: ExactNumber

        init(_ wholes: some Collection<ExactNumber>, over divisor: ExactNumber) {
            count = wholes.count
            self.divisor = divisor
            sum = wholes.reduce(ExactNumber.zero, +)
            spread = ExactNumber(count) * wholes.reduce(ExactNumber.zero) { $0 + $1 * $1 } - sum * sum
        }

        /// Rounded half to even to 10 digits; nil without a value.
        var mean: FixedDecimal? { sum.rounded(over: ExactNumber(count) * divisor) }

        /// The sample variance, rounded half to even to 10 digits; nil with fewer than two values.
        var variance: FixedDecimal? {
            count > 1 ? spread.rounded(over: ExactNumber(count * (count - 1)) * divisor * divisor) : nil
        }
    }
}
