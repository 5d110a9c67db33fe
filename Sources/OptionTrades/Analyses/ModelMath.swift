/// Functions of IEEE doubles for models, from +, −, ×, ÷ and square roots alone: the same bits on every machine.
///
/// A C library's own depend on the processor. Errors are a few units in the last place.
enum ModelMath {
    private static let ln2High = 0.693147180369123816490
    private static let ln2Low = 1.90821492927058770002e-10
    static let squareRootOf2 = (2.0).squareRoot()
    private static let pi = 3.141592653589793

    /// eˣ.
    static func exp(_ x: Double) -> Double {
        guard !x.isNaN else { return x }
        if x > 709.7 { return .infinity }
        if x < -745 { return 0 }
        let k = (x / (ln2High + ln2Low)).rounded(.toNearestOrEven)
        let r = (x - k * ln2High) - k * ln2Low
        // |r| ≤ 0.347, so that terms beyond the fifteenth are below the last place.
        var sum = 1.0
        for n in stride(from: 15.0, through: 1, by: -1) { sum = 1 + sum * r / n }
        // In two steps, so that neither power leaves the range.
        let half = Int(k) / 2
        return sum * Double(sign: .plus, exponent: half, significand: 1) * Double(sign: .plus, exponent: Int(k) - half, significand: 1)
    }

    /// The natural logarithm; NaN at and below zero.
    static func log(_ x: Double) -> Double {
        guard x > 0, x.isFinite else { return .nan }
        var (m, e) = (x.significand, Double(x.exponent))
        if m > squareRootOf2 {
            m /= 2
            e += 1
        }
        let s = (m - 1) / (m + 1)
        let square = s * s
        // |s| ≤ 0.172: s²³ ÷ 23 is below the last place.
        var sum = 0.0
        for n in stride(from: 23.0, through: 3, by: -2) { sum = (sum + 1 / n) * square }
        return e * ln2High + (2 * s * (1 + sum) + e * ln2Low)
    }

    /// The density of the standard normal distribution.
    static func normalDensity(_ z: Double) -> Double { exp(-z * z / 2) / (2 * pi).squareRoot() }

    /// Φ(z), the standard normal distribution, with small relative errors in the lower tail.
    static func normal(_ z: Double) -> Double { erfc(-z / squareRootOf2) / 2 }

    /// 1 − erf x.
    static func erfc(_ x: Double) -> Double {
        if x < 0 { return 2 - erfc(-x) }
        if x > 27 { return 0 }
        if x < 2 {
            // erf x = 2 ÷ √π · e^(−x²) · Σ 2ⁿ x^(2n+1) ÷ (1·3·5…(2n+1)): all terms are positive.
            var (term, sum, n) = (x, x, 0.0)
            while term > sum * 1e-18, n < 200 {
                n += 1
                term *= 2 * x * x / (2 * n + 1)
                sum += term
            }
            return 1 - 2 / pi.squareRoot() * exp(-x * x) * sum
        }
        // A continued fraction, from its far end.
        var fraction = x
        for n in stride(from: 80.0, through: 1, by: -1) { fraction = x + n / 2 / fraction }
        return exp(-x * x) / (pi.squareRoot() * fraction)
    }

    /// Φ⁻¹(p) for 0 < p < 1; infinite at the ends.
    static func normalQuantile(_ p: Double) -> Double {
        if p <= 0 { return -.infinity }
        if p >= 1 { return .infinity }
        if p > 0.5 { return -normalQuantile(1 - p) }
        var z = acklam(p)
        // Two steps of Halley's method: from nine digits to all.
        for _ in 0..<2 {
            let error = (normal(z) - p) / normalDensity(z)
            z -= error / (1 + z * error / 2)
        }
        return z
    }

    /// Peter Acklam's approximation for p ≤ 0.5, to nine digits.
    private static func acklam(_ p: Double) -> Double {
        if p < 0.02425 {
            let q = (-2 * log(p)).squareRoot()
            let top = polynomial(
                q,
                [
                    -7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00, -2.549732539343734e+00, 4.374664141464968e+00,
                    2.938163982698783e+00,
                ])
            return top / polynomial(q, [7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00, 1])
        }
        let q = p - 0.5
        let r = q * q
        let top = polynomial(
            r,
            [
                -3.969683028665376e+01, 2.209460984245205e+02, -2.759285104469687e+02, 1.383577518672690e+02, -3.066479806614716e+01,
                2.506628277459239e+00,
            ])
        let bottom = polynomial(
            r,
            [
                -5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02, 6.680131188771972e+01, -1.328068155288572e+01, 1,
            ])
        return top * q / bottom
    }

    private static func polynomial(_ x: Double, _ coefficients: [Double]) -> Double { coefficients.reduce(0) { $0 * x + $1 } }
}

/// Figures of a sample.
struct SampleMoments {
    let count: Int
    /// Nil without a value.
    let mean: Double?
    /// The sample standard deviation; nil with fewer than two values.
    let deviation: Double?

    init(_ values: [Double]) {
        count = values.count
        let average = values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
        mean = average
        if let average, values.count > 1 {
            deviation = (values.reduce(0) { $0 + ($1 - average) * ($1 - average) } / Double(values.count - 1)).squareRoot()
        } else {
            deviation = nil
        }
    }

    /// The percentile `q` (0…100) of ascending values by linear interpolation; nil without a value.
    static func percentile(_ q: Double, _ ascending: [Double]) -> Double? {
        guard let last = ascending.last else { return nil }
        let place = Double(ascending.count - 1) * q / 100
        let whole = Int(place)
        guard whole + 1 < ascending.count else { return last }
        return ascending[whole] + (ascending[whole + 1] - ascending[whole]) * (place - Double(whole))
    }
}
