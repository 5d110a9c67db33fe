private import BigInt

/// An exact rational number of any size, for products too wide for 128 bits and for exact quotients. It is
/// rounded once, when a figure is published.
///
/// The value is `numerator ÷ (divisor × 10^scale)`. Decimals and their products keep the divisor 1, so that
/// sums of them never need a common divisor; only quotients bring one in. Equality, order and hashing are
/// those of the value, not of its form.
public struct ExactNumber: Sendable {
    private var numerator: BigInt
    /// Above zero.
    private var divisor: BigInt
    /// Zero or more.
    private var scale: Int

    private init(numerator: BigInt, divisor: BigInt = 1, scale: Int = 0) {
        self.numerator = numerator
        self.divisor = divisor
        self.scale = scale
    }

    /// The whole number.
    public init(_ whole: Int) {
        self.init(numerator: BigInt(whole))
    }

    /// The same number.
    public init(_ decimal: FixedDecimal) {
        self.init(units: decimal.units, scale: FixedDecimal.fractionDigits)
    }

    /// `units` ÷ 10^scale.
    init(units: Int128, scale: Int) {
        self.init(numerator: BigInt(units), scale: scale)
    }

    /// Nothing.
    public static let zero = ExactNumber(0)

    /// Whether the value is zero.
    public var isZero: Bool { numerator.isZero }

    /// Whether the value is below zero.
    public var isNegative: Bool { numerator.sign == .minus && !numerator.isZero }

    /// The absolute value.
    public var magnitude: ExactNumber {
        ExactNumber(numerator: BigInt(numerator.magnitude), divisor: divisor, scale: scale)
    }

    /// The value rounded once, half to even, to that many fractional digits (0…10); nil where the result
    /// doesn't fit a ``FixedDecimal``.
    public func rounded(fractionDigits: Int = 10) -> FixedDecimal? {
        precondition((0...FixedDecimal.fractionDigits).contains(fractionDigits), "0…10 fractional digits")
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
        quotient *= Self.power(FixedDecimal.fractionDigits - fractionDigits)
        guard quotient.bitWidth <= 127 else { return nil }
        let units = Int128(quotient)
        return FixedDecimal(units: isNegative ? -units : units)
    }

    private static let powers: [BigUInt] = (0...60).map { BigUInt(10).power($0) }

    private static func power(_ exponent: Int) -> BigUInt {
        exponent < powers.count ? powers[exponent] : BigUInt(10).power(exponent)
    }

    /// Both numerators over the same scale.
    private static func aligned(_ left: ExactNumber, _ right: ExactNumber) -> (left: BigInt, right: BigInt, scale: Int) {
        if left.scale == right.scale { return (left.numerator, right.numerator, left.scale) }
        if left.scale < right.scale {
            return (left.numerator * BigInt(power(right.scale - left.scale)), right.numerator, right.scale)
        }
        return (left.numerator, right.numerator * BigInt(power(left.scale - right.scale)), left.scale)
    }

    /// The same value with what numerator and divisor have in common taken out, so that chains of
    /// quotients stay as small as they can.
    private var reduced: ExactNumber {
        guard divisor != 1 else { return self }
        let common = BigInt(numerator.magnitude.greatestCommonDivisor(with: divisor.magnitude))
        return ExactNumber(numerator: numerator / common, divisor: divisor / common, scale: scale)
    }
}

extension ExactNumber {
    /// The exact sum.
    public static func + (left: ExactNumber, right: ExactNumber) -> ExactNumber {
        let (a, b, scale) = aligned(left, right)
        if left.divisor == right.divisor {
            return ExactNumber(numerator: a + b, divisor: left.divisor, scale: scale).reduced
        }
        return ExactNumber(
            numerator: a * right.divisor + b * left.divisor, divisor: left.divisor * right.divisor, scale: scale
        ).reduced
    }

    /// The exact difference.
    public static func - (left: ExactNumber, right: ExactNumber) -> ExactNumber {
        left + -right
    }

    /// The value with the other sign.
    public static prefix func - (value: ExactNumber) -> ExactNumber {
        ExactNumber(numerator: -value.numerator, divisor: value.divisor, scale: value.scale)
    }

    /// The exact product.
    public static func * (left: ExactNumber, right: ExactNumber) -> ExactNumber {
        ExactNumber(
            numerator: left.numerator * right.numerator, divisor: left.divisor * right.divisor,
            scale: left.scale + right.scale
        ).reduced
    }

    /// Adds in place.
    public static func += (left: inout ExactNumber, right: ExactNumber) {
        left = left + right
    }

    /// Subtracts in place.
    public static func -= (left: inout ExactNumber, right: ExactNumber) {
        left = left - right
    }

    /// The exact quotient, nil where `other` is zero.
    public func divided(by other: ExactNumber) -> ExactNumber? {
        guard !other.isZero else { return nil }
        var top = numerator * other.divisor
        var bottom = divisor * BigInt(other.numerator.magnitude)
        if other.isNegative { top.negate() }
        if scale < other.scale {
            top *= BigInt(Self.power(other.scale - scale))
        } else if scale > other.scale {
            bottom *= BigInt(Self.power(scale - other.scale))
        }
        return ExactNumber(numerator: top, divisor: bottom).reduced
    }
}

extension ExactNumber: Comparable {
    /// Whether the values are equal, whatever their forms.
    public static func == (left: ExactNumber, right: ExactNumber) -> Bool {
        let (a, b, _) = aligned(left, right)
        return left.divisor == right.divisor ? a == b : a * right.divisor == b * left.divisor
    }

    /// Numeric order.
    public static func < (left: ExactNumber, right: ExactNumber) -> Bool {
        let (a, b, _) = aligned(left, right)
        return left.divisor == right.divisor ? a < b : a * right.divisor < b * left.divisor
    }
}

extension ExactNumber: Hashable {
    /// Hashes the value in lowest terms.
    public func hash(into hasher: inout Hasher) {
        let lowest = ExactNumber(numerator: numerator, divisor: divisor * BigInt(Self.power(scale))).reduced
        hasher.combine(lowest.numerator)
        hasher.combine(lowest.divisor)
    }
}

extension ExactNumber: CustomStringConvertible {
    /// The decimal text where ten fractional digits hold the value exactly, else the fraction in lowest terms.
    public var description: String {
        if let decimal = rounded(), decimal.exact == self { return decimal.description }
        let lowest = ExactNumber(numerator: numerator, divisor: divisor * BigInt(Self.power(scale))).reduced
        return "\(lowest.numerator)/\(lowest.divisor)"
    }
}
