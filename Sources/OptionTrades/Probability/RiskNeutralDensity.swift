/// The distribution of a price at an expiry that option prices imply, on a grid of strikes.
///
/// The mass of a node is the difference of the slopes of the undiscounted option price on both sides of it. Left of the forward the
/// slope is that of the put less 1, since call slopes cancel there.
struct RiskNeutralDensity: Sendable {
    let forward: Double
    /// All nodes, ascending.
    let strikes: [Double]
    /// Of each node, none below zero, in sum 1; 0 at both ends, which have only one side.
    let masses: [Double]
    /// Σ mass − 1 before negative masses were set to 0 and the rest to a sum of 1.
    let massError: Double
    /// Σ |negative mass| ÷ Σ |mass| before that.
    let negativeShare: Double
    /// At the midpoint after each node but the last one.
    private let cumulated: [Double]

    /// Nil if the variance at the money is not above zero, or if a price is not a number.
    ///
    /// - Parameters:
    ///   - count: of nodes, at equal distances of ln(strike ÷ forward).
    ///   - low, high: the ends, in standard deviations at the money.
    init?(_ smile: SmileCurve, forward: Double, count: Int, low: Double, high: Double) {
        let deviation = smile.variance(at: 0).squareRoot()
        guard deviation > 0, count > 3 else { return nil }
        let xs = (0..<count).map { (low + (high - low) * Double($0) / Double(count - 1)) * deviation }
        let strikes = xs.map { forward * ModelMath.exp($0) }
        var slopes: [Double] = []
        for i in 0..<count - 1 {
            let isPut = xs[i + 1] <= 0
            let prices = [i, i + 1].map { Self.price(forward, strikes[$0], xs[$0], smile.variance(at: xs[$0]), isPut: isPut) }
            slopes.append((prices[1] - prices[0]) / (strikes[i + 1] - strikes[i]) - (isPut ? 1 : 0))
        }
        var masses = [Double](repeating: 0, count: count)
        for i in 1..<count - 1 { masses[i] = slopes[i] - slopes[i - 1] }
        guard masses.allSatisfy(\.isFinite) else { return nil }
        massError = masses.reduce(0, +) - 1
        let total = masses.reduce(0) { $0 + $1.magnitude }
        guard total > 0 else { return nil }
        negativeShare = masses.reduce(0) { $0 + max(0, -$1) } / total
        let positive = masses.map { max(0, $0) }
        let sum = positive.reduce(0, +)
        self.forward = forward
        self.strikes = strikes
        self.masses = positive.map { $0 / sum }
        var (running, cumulated) = (0.0, [Double]())
        for mass in self.masses.dropLast() {
            running += mass
            cumulated.append(running)
        }
        self.cumulated = cumulated
    }

    /// The undiscounted Black price.
    private static func price(_ forward: Double, _ strike: Double, _ x: Double, _ variance: Double, isPut: Bool) -> Double {
        let deviation = max(variance, 0).squareRoot()
        guard deviation > 0 else { return max(0, isPut ? strike - forward : forward - strike) }
        let d1 = -x / deviation + deviation / 2
        let d2 = d1 - deviation
        return isPut
            ? strike * ModelMath.normal(-d2) - forward * ModelMath.normal(-d1)
            : forward * ModelMath.normal(d1) - strike * ModelMath.normal(d2)
    }

    private func midpoint(_ i: Int) -> Double { (strikes[i] + strikes[i + 1]) / 2 }

    /// Of each node, × the forward; 0 at both ends.
    var scaledDensity: [Double] {
        strikes.indices.map { i in
            i == 0 || i == strikes.count - 1 ? 0 : masses[i] * forward / (midpoint(i) - midpoint(i - 1))
        }
    }

    var mean: Double { zip(strikes, masses).reduce(0) { $0 + $1.0 * $1.1 } }

    /// E|S − F|.
    var expectedMove: Double { zip(strikes, masses).reduce(0) { $0 + ($1.0 - forward).magnitude * $1.1 } }

    /// What an option pays on average: Σ mass × max(0, K − strike), for a put max(0, strike − K).
    func expectedPayoff(strike: Double, isCall: Bool) -> Double {
        zip(strikes, masses).reduce(0) { $0 + max(0, isCall ? $1.0 - strike : strike - $1.0) * $1.1 }
    }

    /// P(S ≤ strike), linear between the midpoints of nodes.
    func cumulative(_ strike: Double) -> Double {
        let last = strikes.count - 2
        if strike <= midpoint(0) { return 0 }
        if strike >= midpoint(last) { return 1 }
        var (low, high) = (0, last)
        while high - low > 1 {
            let middle = (low + high) / 2
            if midpoint(middle) <= strike { low = middle } else { high = middle }
        }
        let share = (strike - midpoint(low)) / (midpoint(high) - midpoint(low))
        return cumulated[low] + (cumulated[high] - cumulated[low]) * share
    }

    /// The least price that a share (0 < p < 1) of the distribution does not exceed.
    func quantile(_ p: Double) -> Double {
        guard let high = cumulated.indices.first(where: { cumulated[$0] >= p }) else { return midpoint(strikes.count - 2) }
        guard high > 0 else { return midpoint(0) }
        let (below, above) = (cumulated[high - 1], cumulated[high])
        return midpoint(high - 1) + (midpoint(high) - midpoint(high - 1)) * (p - below) / (above - below)
    }

    /// The probability that a lognormal spot touches a level by expiry, drifting to the forward, at one volatility.
    ///
    /// With μ = ln(F ÷ S) ÷ T − σ² ÷ 2 and h = ln(H ÷ S): up Φ((−h + μT) ÷ σ√T) + e^(2μh ÷ σ²)·Φ((−h − μT) ÷ σ√T), down with the
    /// other signs. 0…1.
    static func touch(level: Double, spot: Double, forward: Double, volatility: Double, years: Double) -> Double? {
        guard level > 0, spot > 0, forward > 0, volatility > 0, years > 0 else { return nil }
        let deviation = volatility * years.squareRoot()
        let drift = ModelMath.log(forward / spot) - volatility * volatility * years / 2
        let h = ModelMath.log(level / spot)
        let sign = h >= 0 ? -1.0 : 1.0
        let direct = ModelMath.normal((sign * h - sign * drift) / deviation)
        let mirrored = ModelMath.normal((sign * h + sign * drift) / deviation)
        // As one exponential, since one factor may be as large as the other is small.
        let exponent = 2 * drift * h / (deviation * deviation)
        let reflected = mirrored > 0 ? ModelMath.exp(exponent + ModelMath.log(mirrored)) : 0
        return min(1, max(0, direct + reflected))
    }
}
