internal import BigInt

/// `numerator ÷ (divisor × 10^scale)` in integers of any size: the fallback of ``ExactNumber``.
struct WideRatio {
    var numerator: BigInt
    /// Above zero.
    var divisor: BigInt
    /// Zero or more.
    var scale: Int

    var isNegative: Bool { numerator.sign == .minus && !numerator.isZero }

    private static let powers: [BigUInt] = (0...60).map { BigUInt(10).power($0) }

    private static func power(_ exponent: Int) -> BigUInt {
        exponent < powers.count ? powers[exponent] : BigUInt(10).power(exponent)
    }

    /// Both numerators at the same scale.
    private static func aligned(_ left: WideRatio, _ right: WideRatio) -> (left: BigInt, right: BigInt, scale: Int) {
        if left.scale == right.scale { return (left.numerator, right.numerator, left.scale) }
        if left.scale < right.scale {
            return (left.numerator * BigInt(power(right.scale - left.scale)), right.numerator, right.scale)
        }
        return (left.numerator, right.numerator * BigInt(power(left.scale - right.scale)), left.scale)
    }

    /// The same value with the common factors of numerator and divisor removed, so that chains of quotients stay as
    /// small as possible.
    private var reduced: WideRatio {
        guard divisor != 1 else { return self }
        let common = BigInt(numerator.magnitude.greatestCommonDivisor(with: divisor.magnitude))
        return WideRatio(numerator: numerator / common, divisor: divisor / common, scale: scale)
    }

    /// The same value in lowest terms, scale 0.
    var lowest: WideRatio {
        WideRatio(numerator: numerator, divisor: divisor * BigInt(Self.power(scale)), scale: 0).reduced
    }

    static func + (left: WideRatio, right: WideRatio) -> WideRatio {
        let (a, b, scale) = aligned(left, right)
        if left.divisor == right.divisor {
            return WideRatio(numerator: a + b, divisor: left.divisor, scale: scale).reduced
        }
        return WideRatio(
            numerator: a * right.divisor + b * left.divisor, divisor: left.divisor * right.divisor, scale: scale
        ).reduced
    }

    static func * (left: WideRatio, right: WideRatio) -> WideRatio {
        WideRatio(
            numerator: left.numerator * right.numerator, divisor: left.divisor * right.divisor,
            scale: left.scale + right.scale
        ).reduced
    }

    /// The quotient by a value, which must not be zero.
    func divided(by other: WideRatio) -> WideRatio { quotient(by: other).reduced }

    /// The same with whatever common factors numerator and divisor have.
    func quotient(by other: WideRatio) -> WideRatio {
        var top = numerator * other.divisor
        var bottom = divisor * BigInt(other.numerator.magnitude)
        if other.isNegative { top.negate() }
        if scale < other.scale {
            top *= BigInt(Self.power(other.scale - scale))
        } else if scale > other.scale {
            bottom *= BigInt(Self.power(scale - other.scale))
        }
        return WideRatio(numerator: top, divisor: bottom, scale: 0)
    }

    /// The same values as whole numbers over one divisor, a multiple of all of theirs.
    static func overOneDivisor(_ values: [WideRatio]) -> (wholes: [WideRatio], divisor: WideRatio) {
        let scale = values.map(\.scale).max() ?? 0
        var divisor = BigUInt(1)
        for value in values where value.divisor != 1 {
            // The rest of a division by the value's own divisor is no longer than that, so that the common factor is soon found.
            let own = value.divisor.magnitude
            divisor *= own / (divisor % own).greatestCommonDivisor(with: own)
        }
        func whole(_ number: BigInt) -> WideRatio { WideRatio(numerator: number, divisor: 1, scale: 0) }
        let wholes = values.map { value in
            whole(value.numerator * BigInt(divisor / value.divisor.magnitude * power(scale - value.scale)))
        }
        return (wholes, whole(BigInt(divisor * power(scale))))
    }

    /// Both values as integers over one denominator, for comparison.
    static func comparable(_ left: WideRatio, _ right: WideRatio) -> (left: BigInt, right: BigInt) {
        let (a, b, _) = aligned(left, right)
        return left.divisor == right.divisor ? (a, b) : (a * right.divisor, b * left.divisor)
    }

    /// The value in units of 10⁻¹⁰ after rounding half to even to that many fractional digits, or nil beyond 128 bits.
    func roundedUnits(fractionDigits: Int) -> Int128? {
        let magnitude =
            roundedMagnitude(fractionDigits: fractionDigits)
            * Self.power(FixedDecimal.fractionDigits - fractionDigits)
        guard magnitude.bitWidth <= 127 else { return nil }
        let units = Int128(magnitude)
        return isNegative ? -units : units
    }

    /// The shortest decimal text after rounding half to even to ten fractional digits.
    var roundedText: String {
        let (whole, fraction) = roundedMagnitude(fractionDigits: FixedDecimal.fractionDigits)
            .quotientAndRemainder(dividingBy: Self.power(FixedDecimal.fractionDigits))
        let sign = isNegative && !(whole.isZero && fraction.isZero) ? "-" : ""
        if fraction.isZero { return "\(sign)\(whole)" }
        let digits = String(fraction)
        var places = String(repeating: "0", count: FixedDecimal.fractionDigits - digits.utf8.count) + digits
        while places.hasSuffix("0") { places.removeLast() }
        return "\(sign)\(whole).\(places)"
    }

    /// The absolute value in units of 10^-fractionDigits, rounded half to even.
    private func roundedMagnitude(fractionDigits: Int) -> BigUInt {
        var top = numerator.magnitude
        var bottom = divisor.magnitude
        if fractionDigits >= scale {
            top *= Self.power(fractionDigits - scale)
        } else {
            bottom *= Self.power(scale - fractionDigits)
        }
        var (quotient, remainder) = top.quotientAndRemainder(dividingBy: bottom)
        let twice = remainder << 1
        if twice > bottom || (twice == bottom && quotient[bitAt: 0]) { quotient += 1 }
        return quotient
    }
}
