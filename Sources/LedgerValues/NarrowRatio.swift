/// `numerator ÷ (divisor × 10^scale)` in 128 bits: the form in which ``ExactNumber`` holds nearly every value. An
/// operation returns nil if 128 bits are too narrow for it.
struct NarrowRatio {
    var numerator: Int128
    /// Above zero.
    var divisor: Int128 = 1
    /// Zero or more.
    var scale = 0

    /// 10^0…10^38: every power of ten that 128 bits hold.
    private static let powers: [Int128] = {
        var powers: [Int128] = [1]
        for _ in 0..<38 {
            powers.append(powers[powers.count - 1] * 10)
        }
        return powers
    }()

    private static func multiply(_ a: Int128, _ b: Int128) -> Int128? {
        let (product, overflow) = a.multipliedReportingOverflow(by: b)
        return overflow ? nil : product
    }

    private static func raise(_ value: Int128, byTenTo exponent: Int) -> Int128? {
        if exponent == 0 { return value }
        return exponent < powers.count ? multiply(value, powers[exponent]) : nil
    }

    /// Both values over one divisor and one scale.
    private static func aligned(_ left: NarrowRatio, _ right: NarrowRatio) -> (left: NarrowRatio, right: NarrowRatio)? {
        let scale = max(left.scale, right.scale)
        guard var a = raise(left.numerator, byTenTo: scale - left.scale),
            var b = raise(right.numerator, byTenTo: scale - right.scale)
        else { return nil }
        var divisor = left.divisor
        if divisor != right.divisor {
            guard let crossA = multiply(a, right.divisor), let crossB = multiply(b, left.divisor),
                let product = multiply(left.divisor, right.divisor)
            else { return nil }
            (a, b, divisor) = (crossA, crossB, product)
        }
        return (
            NarrowRatio(numerator: a, divisor: divisor, scale: scale),
            NarrowRatio(numerator: b, divisor: divisor, scale: scale)
        )
    }

    static func sum(_ left: NarrowRatio, _ right: NarrowRatio) -> NarrowRatio? {
        guard let (a, b) = aligned(left, right) else { return nil }
        let (sum, overflow) = a.numerator.addingReportingOverflow(b.numerator)
        return overflow ? nil : NarrowRatio(numerator: sum, divisor: a.divisor, scale: a.scale)
    }

    static func product(_ left: NarrowRatio, _ right: NarrowRatio) -> NarrowRatio? {
        guard let numerator = multiply(left.numerator, right.numerator),
            let divisor = multiply(left.divisor, right.divisor)
        else { return nil }
        return NarrowRatio(numerator: numerator, divisor: divisor, scale: left.scale + right.scale)
    }

    /// The quotient; `right` must not be zero.
    static func quotient(_ left: NarrowRatio, _ right: NarrowRatio) -> NarrowRatio? {
        let shift = right.scale - left.scale
        guard right.numerator != .min,
            let raised = raise(left.numerator, byTenTo: max(0, shift)), let top = multiply(raised, right.divisor),
            let bottom = multiply(left.divisor, right.numerator < 0 ? -right.numerator : right.numerator)
        else { return nil }
        guard right.numerator > 0 || top != .min else { return nil }
        return NarrowRatio(numerator: right.numerator < 0 ? -top : top, divisor: bottom, scale: max(0, -shift))
    }

    /// Returns a number below, equal to or above zero if the left value is less than, equal to or greater than the
    /// right one.
    static func compare(_ left: NarrowRatio, _ right: NarrowRatio) -> Int? {
        guard let (a, b) = aligned(left, right) else { return nil }
        return a.numerator == b.numerator ? 0 : a.numerator < b.numerator ? -1 : 1
    }

    /// The opposite, or nil for the one numerator whose opposite doesn't fit.
    var negated: NarrowRatio? {
        numerator == .min ? nil : NarrowRatio(numerator: -numerator, divisor: divisor, scale: scale)
    }

    /// The same value with the common factors of numerator and divisor removed.
    var reduced: NarrowRatio {
        guard divisor > 1 else { return self }
        var (a, b) = (numerator.magnitude, divisor.magnitude)
        while b != 0 {
            (a, b) = (b, a % b)
        }
        let common = Int128(a)
        return NarrowRatio(numerator: numerator / common, divisor: divisor / common, scale: scale)
    }

    /// The value in units of 10⁻¹⁰ after rounding half to even to that many fractional digits.
    func roundedUnits(fractionDigits: Int) -> Int128? {
        let shift = fractionDigits - scale
        guard let top = Self.raise(numerator, byTenTo: max(0, shift)),
            let bottom = Self.raise(divisor, byTenTo: max(0, -shift))
        else { return nil }
        return Self.raise(
            divideHalfEven(top, by: bottom), byTenTo: FixedDecimal.fractionDigits - fractionDigits)
    }
}

/// `value ÷ divisor`, rounded half to even. The divisor must be above zero.
func divideHalfEven(_ value: Int128, by divisor: Int128) -> Int128 {
    if let small = UInt64(exactly: divisor), let quotient = divideHalfEven(value.magnitude, by: small) {
        return value < 0 ? -Int128(quotient) : Int128(quotient)
    }
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    if remainder == 0 { return quotient }
    let twice = remainder.magnitude * 2
    guard twice > divisor.magnitude || (twice == divisor.magnitude && quotient & 1 != 0) else { return quotient }
    return value < 0 ? quotient - 1 : quotient + 1
}

/// `value ÷ divisor`, rounded half to even, in one processor instruction; nil if the quotient does not fit 64 bits.
@inline(__always)
private func divideHalfEven(_ value: UInt128, by divisor: UInt64) -> UInt64? {
    let high = UInt64(truncatingIfNeeded: value >> 64)
    guard high < divisor else { return nil }
    let (quotient, remainder) = divisor.dividingFullWidth((high, UInt64(truncatingIfNeeded: value)))
    if remainder == 0 { return quotient }
    // Comparing with `divisor - remainder` avoids the overflow of twice the remainder.
    let rest = divisor &- remainder
    guard remainder > rest || (remainder == rest && quotient & 1 != 0) else { return quotient }
    return quotient == .max ? nil : quotient &+ 1
}
