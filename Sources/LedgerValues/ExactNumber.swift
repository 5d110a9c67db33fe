private import BigInt

/// An exact rational number of any size, for products too wide for 128 bits and for exact quotients. It is
/// rounded once, when a figure is published.
///
/// Nearly all values have parts that fit 128 bits, and are computed there without allocation. All others use
/// integers of any size. Equality, order and hashing compare values, not forms.
public struct ExactNumber: Sendable {
    private enum Form {
        case narrow(NarrowRatio)
        case wide(WideRatio)
    }

    private var form: Form

    private init(_ ratio: NarrowRatio) {
        form = .narrow(ratio)
    }

    /// The same value, in the narrow form if it fits.
    private init(_ ratio: WideRatio) {
        // By magnitude, because BigInt's own conversion of negative values to 128 bits is wrong (6.0.1).
        let (top, bottom) = (ratio.numerator.magnitude, ratio.divisor.magnitude)
        if top.bitWidth <= 127, bottom.bitWidth <= 127 {
            let numerator = ratio.isNegative ? -Int128(top) : Int128(top)
            form = .narrow(NarrowRatio(numerator: numerator, divisor: Int128(bottom), scale: ratio.scale))
        } else {
            form = .wide(ratio)
        }
    }

    /// The whole number.
    public init(_ whole: Int) {
        self.init(NarrowRatio(numerator: Int128(whole)))
    }

    /// The same number.
    public init(_ decimal: FixedDecimal) {
        // Trailing zeros are dropped, so that products of several factors stay narrow.
        guard let units = Int64(exactly: decimal.units) else {
            self.init(units: decimal.units, scale: FixedDecimal.fractionDigits)
            return
        }
        if units % 1_000_000 != 0 {
            self.init(units: decimal.units, scale: FixedDecimal.fractionDigits)
        } else if units % 10_000_000_000 == 0 {
            self.init(units: Int128(units / 10_000_000_000), scale: 0)
        } else if units % 100_000_000 == 0 {
            self.init(units: Int128(units / 100_000_000), scale: 2)
        } else {
            self.init(units: Int128(units / 1_000_000), scale: 4)
        }
    }

    /// `units` ÷ 10^scale.
    init(units: Int128, scale: Int) {
        self.init(NarrowRatio(numerator: units, scale: scale))
    }

    /// Zero.
    public static let zero = ExactNumber(0)

    /// Whether the value is zero.
    public var isZero: Bool {
        switch form {
        case .narrow(let ratio): ratio.numerator == 0
        case .wide(let ratio): ratio.numerator.isZero
        }
    }

    /// Whether the value is below zero.
    public var isNegative: Bool {
        switch form {
        case .narrow(let ratio): ratio.numerator < 0
        case .wide(let ratio): ratio.isNegative
        }
    }

    /// The absolute value.
    public var magnitude: ExactNumber { isNegative ? -self : self }

    /// The value rounded once, half to even, to that many fractional digits (0…10), or nil if the result
    /// doesn't fit a ``FixedDecimal``.
    public func rounded(fractionDigits: Int = 10) -> FixedDecimal? {
        precondition((0...FixedDecimal.fractionDigits).contains(fractionDigits), "0…10 fractional digits")
        if case .narrow(let ratio) = form, let units = ratio.roundedUnits(fractionDigits: fractionDigits) {
            return FixedDecimal(units: units)
        }
        return wide.roundedUnits(fractionDigits: fractionDigits).map(FixedDecimal.init(units:))
    }

    /// The quotient by a number, rounded as ``rounded(fractionDigits:)`` rounds, or nil if that is zero. Unlike
    /// ``divided(by:)`` it never looks for common factors, which takes long if both are long.
    public func rounded(over divisor: ExactNumber) -> FixedDecimal? {
        if divisor.isZero { return nil }
        if let quotient = Self.narrowly(self, divisor, NarrowRatio.quotient) { return ExactNumber(quotient).rounded() }
        return wide.quotient(by: divisor.wide).roundedUnits(fractionDigits: FixedDecimal.fractionDigits).map(FixedDecimal.init(units:))
    }

    /// The same values as whole numbers over one divisor.
    ///
    /// Sums and products of whole numbers have no common factors to be found. With divisors of their own, the sum of
    /// some dozen quotients spends nearly all its time on that.
    public static func overOneDivisor(_ values: [ExactNumber]) -> (wholes: [ExactNumber], divisor: ExactNumber) {
        let (wholes, divisor) = WideRatio.overOneDivisor(values.map(\.wide))
        return (wholes.map { ExactNumber($0) }, ExactNumber(divisor))
    }

    /// The decimal text of the value, of any size, rounded once, half to even, to ten fractional digits.
    public var decimalText: String { rounded()?.description ?? wide.roundedText }

    private var wide: WideRatio {
        switch form {
        case .narrow(let ratio):
            WideRatio(numerator: BigInt(ratio.numerator), divisor: BigInt(ratio.divisor), scale: ratio.scale)
        case .wide(let ratio): ratio
        }
    }

    /// The result of `narrow` for two narrow values, first as they are and then in lowest terms. Nil if one of them is
    /// wide or if 128 bits are not enough.
    private static func narrowly<Result>(
        _ left: ExactNumber, _ right: ExactNumber, _ narrow: (NarrowRatio, NarrowRatio) -> Result?
    ) -> Result? {
        guard case .narrow(let a) = left.form, case .narrow(let b) = right.form else { return nil }
        return narrow(a, b) ?? (a.divisor > 1 || b.divisor > 1 ? narrow(a.reduced, b.reduced) : nil)
    }
}

extension ExactNumber {
    /// The exact sum.
    public static func + (left: ExactNumber, right: ExactNumber) -> ExactNumber {
        if let sum = narrowly(left, right, NarrowRatio.sum) { return ExactNumber(sum) }
        return ExactNumber(left.wide + right.wide)
    }

    /// The exact difference.
    public static func - (left: ExactNumber, right: ExactNumber) -> ExactNumber {
        left + -right
    }

    /// The value with the other sign.
    public static prefix func - (value: ExactNumber) -> ExactNumber {
        if case .narrow(let ratio) = value.form, let negated = ratio.negated { return ExactNumber(negated) }
        var ratio = value.wide
        ratio.numerator.negate()
        return ExactNumber(ratio)
    }

    /// The exact product.
    public static func * (left: ExactNumber, right: ExactNumber) -> ExactNumber {
        if let product = narrowly(left, right, NarrowRatio.product) { return ExactNumber(product) }
        return ExactNumber(left.wide * right.wide)
    }

    /// Adds in place.
    public static func += (left: inout ExactNumber, right: ExactNumber) {
        left = left + right
    }

    /// Subtracts in place.
    public static func -= (left: inout ExactNumber, right: ExactNumber) {
        left = left - right
    }

    /// The exact quotient, or nil if `other` is zero.
    public func divided(by other: ExactNumber) -> ExactNumber? {
        guard !other.isZero else { return nil }
        if let quotient = Self.narrowly(self, other, NarrowRatio.quotient) { return ExactNumber(quotient) }
        return ExactNumber(wide.divided(by: other.wide))
    }
}

extension ExactNumber: Comparable {
    /// Whether the values are equal, whatever their forms.
    public static func == (left: ExactNumber, right: ExactNumber) -> Bool {
        if let order = narrowly(left, right, NarrowRatio.compare) { return order == 0 }
        let (a, b) = WideRatio.comparable(left.wide, right.wide)
        return a == b
    }

    /// Numeric order.
    public static func < (left: ExactNumber, right: ExactNumber) -> Bool {
        if let order = narrowly(left, right, NarrowRatio.compare) { return order < 0 }
        let (a, b) = WideRatio.comparable(left.wide, right.wide)
        return a < b
    }
}

extension ExactNumber: Hashable {
    /// Hashes the value in lowest terms.
    public func hash(into hasher: inout Hasher) {
        let lowest = wide.lowest
        hasher.combine(lowest.numerator)
        hasher.combine(lowest.divisor)
    }
}

extension ExactNumber: CustomStringConvertible {
    /// The decimal text if ten fractional digits hold the value exactly, otherwise the fraction in lowest terms.
    public var description: String {
        if let decimal = rounded(), decimal.exact == self { return decimal.description }
        let lowest = wide.lowest
        return "\(lowest.numerator)/\(lowest.divisor)"
    }
}
