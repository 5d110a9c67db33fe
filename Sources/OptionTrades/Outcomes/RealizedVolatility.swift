import Glibc
import LedgerRules
package import LedgerValues

/// Realized volatility of a market over a horizon, from hourly spots (docs/contract/outcomes.md, "Realized volatility").
package enum RealizedVolatility {
    /// √(periods per year × (S ÷ n)) × 100 in vol points. S is the sum, from left to right, of the squares of n returns
    /// ln(b ÷ a) of neighbouring spots exactly one step apart.
    ///
    /// The arithmetic is in IEEE doubles, in the order of the formula, with the C library's `log` and `sqrt`. The
    /// result is then rounded half to even to 10 digits.
    ///
    /// - Parameters:
    ///   - gex: points in ascending order of time; those without a spot are skipped
    ///   - start: the trade; only points strictly after it count
    ///   - end: the target, inclusive
    /// - Returns: the value and the positions of the observations that gave a return, ascending. Nil if there are fewer
    ///   returns than the rules require, in number or as a share of the horizon's steps.
    package static func afterTrade(
        gex: [GexPoint], from start: Instant, through end: Instant, rules: OutcomesRules
    ) -> (value: FixedDecimal, positions: [Int64])? {
        let step = Int64(rules.realizedVol.stepMinutes) * OutcomeClock.microsecondsPerMinute
        var sum = 0.0
        var count = 0
        var positions: Set<Int64> = []
        var previous: (point: GexPoint, spot: Double)?
        for point in gex[gex.index(after: start)...] {
            if point.timestamp > end { break }
            guard let exact = point.spot else { continue }
            let spot = Double(nearest: exact)
            if let (before, base) = previous, base > 0, spot > 0,
                point.timestamp.microseconds - before.timestamp.microseconds == step
            {
                let change = log(spot / base)
                sum += change * change
                count += 1
                positions.insert(before.position)
                positions.insert(point.position)
            }
            previous = (point, spot)
        }
        guard isEnough(count, from: start, through: end, step: step, rules.realizedVol) else {
            return nil
        }
        let value =
            (Double(rules.realizedVol.periodsPerYear) * (sum / Double(count))).squareRoot() * 100
        guard let rounded = ExactNumber(exactly: value)?.rounded() else { return nil }
        return (rounded, positions.sorted())
    }

    private static func isEnough(
        _ count: Int, from start: Instant, through end: Instant, step: Int64,
        _ rules: OutcomesRules.RealizedVol
    ) -> Bool {
        guard count > 0, count >= rules.minimumReturns, end > start else { return false }
        // count ≥ share × (end − start) ÷ step, without a division.
        let span = ExactNumber(Int(end.microseconds - start.microseconds))
        return ExactNumber(count) * ExactNumber(Int(step)) >= ExactNumber(rules.minimumShare) * span
    }
}

extension Double {
    /// The double nearest to a decimal, ties to even.
    init(nearest decimal: FixedDecimal) {
        // Below 2^53 both parts are exact, and a quotient of doubles is correctly rounded. Larger decimals convert from
        // text.
        if decimal.units.magnitude < 1 << 53 {
            self = Double(Int64(decimal.units)) / Double(Int64(FixedDecimal.unitsPerOne))
        } else {
            self = Double(decimal.description) ?? .nan
        }
    }
}

extension ExactNumber {
    /// The exact value of a double. Nil if the double is not finite.
    init?(exactly value: Double) {
        guard value.isFinite else { return nil }
        if value == 0 {
            self = .zero
            return
        }
        // significand × 2^(exponent − 52), the significand as a whole number of 53 bits.
        let whole = Int(value.significand * 0x1p52)
        let exponent = Int(value.exponent) - 52
        var power = ExactNumber(1)
        for _ in 0..<abs(exponent) { power = power * ExactNumber(2) }
        let signed = ExactNumber(value.sign == .minus ? -whole : whole)
        guard exponent < 0 else {
            self = signed * power
            return
        }
        guard let quotient = signed.divided(by: power) else { return nil }
        self = quotient
    }
}
