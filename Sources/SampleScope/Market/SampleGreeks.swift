import LedgerValues

/// Greeks of a curve that is near the normal distribution: delta = (1 + u ÷ √(1 + u²)) ÷ 2, where u is the distance of the strike from
/// spot in standard deviations. Whole numbers alone.
struct SampleGreeks {
    let delta: FixedDecimal
    let gamma: FixedDecimal
    /// A day.
    let theta: FixedDecimal
    /// A vol point.
    let vega: FixedDecimal

    /// - Parameters:
    ///   - volatilityMilli: annual, in thousandths.
    ///   - price: in 10⁻⁴ USD.
    init(spotCents: Int, strikeCents: Int, isCall: Bool, volatilityMilli: Int, days: Int, price: Int) {
        let rootOfYears = SampleMarket.squareRoot(days * 1_000_000 / 365)
        // In 10⁻⁴ USD.
        let deviation = max(1, spotCents * 100 * volatilityMilli / 1_000 * rootOfYears / 1_000)
        let u = max(-30_000, min(30_000, (spotCents - strikeCents) * 100 * 1_000 / deviation))
        let s = SampleMarket.squareRoot(1_000_000 + u * u)
        let millionths = 500_000 + 500_000 * u / s - (isCall ? 0 : 1_000_000)
        // (1 + u²)^(−3 ÷ 2) ÷ 2 ÷ deviation, in 10⁻⁸ a dollar.
        let hundredMillionths = Int128(500_000_000_000_000_000_000) / (Int128(s) * Int128(s) * Int128(s) * Int128(deviation))
        let intrinsic = max(0, isCall ? spotCents - strikeCents : strikeCents - spotCents) * 100
        let time = max(0, price - intrinsic)
        delta = FixedDecimal(units: Int128(millionths) * 10_000)
        gamma = FixedDecimal(units: hundredMillionths * 100)
        theta = FixedDecimal(units: Int128(-time / (2 * days)) * 1_000_000)
        vega = FixedDecimal(units: Int128(time * 10 / max(1, volatilityMilli)) * 1_000_000)
    }
}
