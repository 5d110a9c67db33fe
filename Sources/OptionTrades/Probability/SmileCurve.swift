/// The total variance of one expiry against the log of strike ÷ forward: a natural cubic spline through its points, linear beyond its
/// ends.
///
/// Slopes beyond the ends are those of the spline, kept within [−2, 0] on the left and [0, 2] on the right: steeper wings would allow
/// arbitrage.
struct SmileCurve: Sendable {
    /// A delta of the surface as a strike.
    struct Point: Sendable {
        /// ln(strike ÷ forward).
        let x: Double
        /// Total variance σ²T.
        let variance: Double

        /// With z = Φ⁻¹(|Δ| ÷ 100) and s = +1 for a call, −1 for a put: strike = F·exp(−s·z·σ√T + σ²T ÷ 2). Nil for a delta of 0 or
        /// of 100 and more, and for a volatility of 0.
        ///
        /// - Parameters:
        ///   - delta: in hundredths, below zero for a put.
        ///   - volatility: a share of a year, not vol points.
        ///   - years: to expiry.
        init?(delta: Double, volatility: Double, years: Double) {
            guard delta.magnitude > 0, delta.magnitude < 100, volatility > 0, years > 0 else { return nil }
            let z = ModelMath.normalQuantile(delta.magnitude / 100)
            let deviation = volatility * years.squareRoot()
            variance = deviation * deviation
            x = -(delta < 0 ? -1 : 1) * z * deviation + variance / 2
        }
    }

    private let xs: [Double]
    private let ys: [Double]
    /// Second derivatives at the points.
    private let curvatures: [Double]
    private let leftSlope: Double
    private let rightSlope: Double

    /// Nil with fewer than two strikes. Of points at the same strike the first counts.
    init?(_ points: [Point]) {
        var kept: [Point] = []
        for (_, point) in points.enumerated().sorted(by: { ($0.element.x, $0.offset) < ($1.element.x, $1.offset) })
        where kept.last.map({ point.x - $0.x > 1e-12 }) ?? true { kept.append(point) }
        guard kept.count >= 2 else { return nil }
        xs = kept.map(\.x)
        ys = kept.map(\.variance)
        curvatures = Self.curvatures(xs, ys)
        let last = xs.count - 1
        let (first, end) = (xs[1] - xs[0], xs[last] - xs[last - 1])
        leftSlope = min(0, max(-2, (ys[1] - ys[0]) / first - first * (2 * curvatures[0] + curvatures[1]) / 6))
        rightSlope = max(
            0, min(2, (ys[last] - ys[last - 1]) / end + end * (curvatures[last - 1] + 2 * curvatures[last]) / 6))
    }

    /// The second derivatives of the natural spline: a tridiagonal system, solved forwards and back.
    private static func curvatures(_ xs: [Double], _ ys: [Double]) -> [Double] {
        let count = xs.count
        var result = [Double](repeating: 0, count: count)
        guard count > 2 else { return result }
        var upper = [Double](repeating: 0, count: count)
        var right = [Double](repeating: 0, count: count)
        for i in 1..<count - 1 {
            let (before, after) = (xs[i] - xs[i - 1], xs[i + 1] - xs[i])
            let pivot = 2 * (before + after) - before * upper[i - 1]
            upper[i] = after / pivot
            right[i] = (6 * ((ys[i + 1] - ys[i]) / after - (ys[i] - ys[i - 1]) / before) - before * right[i - 1]) / pivot
        }
        for i in stride(from: count - 2, through: 1, by: -1) { result[i] = right[i] - upper[i] * result[i + 1] }
        return result
    }

    /// Total variance at ln(strike ÷ forward).
    func variance(at x: Double) -> Double {
        let last = xs.count - 1
        if x <= xs[0] { return ys[0] + leftSlope * (x - xs[0]) }
        if x >= xs[last] { return ys[last] + rightSlope * (x - xs[last]) }
        var (low, high) = (0, last)
        while high - low > 1 {
            let middle = (low + high) / 2
            if xs[middle] <= x { low = middle } else { high = middle }
        }
        let width = xs[high] - xs[low]
        let (a, b) = ((xs[high] - x) / width, (x - xs[low]) / width)
        let bend = (a * a * a - a) * curvatures[low] + (b * b * b - b) * curvatures[high]
        return a * ys[low] + b * ys[high] + bend * width * width / 6
    }
}
