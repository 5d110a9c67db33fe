/// An exact base-10 number: `units` × 10⁻¹⁰ in 128 bits.
///
/// Inputs are bounded (absolute value below 10^18, at most 10 fractional digits). Sums of inputs are exact, because
/// 128 bits hold absolute values up to about 1.7 × 10^28. Products and quotients that must stay exact go through
/// ``ExactNumber``.
public struct FixedDecimal: Sendable, Hashable {
    /// How many fractional digits a value holds.
    public static let fractionDigits = 10

    /// The number of units in one: 10^10.
    public static let unitsPerOne: Int128 = 10_000_000_000

    /// The smallest number of units too large for an input: 10^18 in units.
    @usableFromInline static let inputLimit: Int128 = 10_000_000_000_000_000_000_000_000_000

    /// The value in units of 10⁻¹⁰.
    public let units: Int128

    /// The value of that many units of 10⁻¹⁰.
    @inlinable
    public init(units: Int128) {
        self.units = units
    }

    /// The whole number.
    @inlinable
    public init(_ whole: Int) {
        units = Int128(whole) * Self.unitsPerOne
    }

    /// Zero.
    public static let zero = FixedDecimal(units: 0)

    /// Whether the value is zero.
    @inlinable public var isZero: Bool { units == 0 }

    /// Whether the value is below zero.
    @inlinable public var isNegative: Bool { units < 0 }

    /// The absolute value.
    @inlinable public var magnitude: FixedDecimal { units < 0 ? -self : self }

    /// The same number as an ``ExactNumber``.
    public var exact: ExactNumber { ExactNumber(self) }
}

extension FixedDecimal: Comparable {
    /// Numeric order.
    @inlinable
    public static func < (left: FixedDecimal, right: FixedDecimal) -> Bool {
        left.units < right.units
    }
}

extension FixedDecimal {
    /// The exact sum. Traps beyond 128 bits of units (absolute values above 1.7 × 10^28).
    @inlinable
    public static func + (left: FixedDecimal, right: FixedDecimal) -> FixedDecimal {
        FixedDecimal(units: left.units + right.units)
    }

    /// The exact difference. Traps beyond 128 bits of units (absolute values above 1.7 × 10^28).
    @inlinable
    public static func - (left: FixedDecimal, right: FixedDecimal) -> FixedDecimal {
        FixedDecimal(units: left.units - right.units)
    }

    /// The value with the other sign. Traps on the one number whose opposite doesn't fit 128 bits.
    @inlinable
    public static prefix func - (value: FixedDecimal) -> FixedDecimal {
        FixedDecimal(units: -value.units)
    }

    /// The exact sum; nil beyond 128 bits of units, which sums of published figures may reach.
    public func adding(_ other: FixedDecimal) -> FixedDecimal? {
        let (sum, overflows) = units.addingReportingOverflow(other.units)
        return overflows ? nil : FixedDecimal(units: sum)
    }

    /// Adds in place; see `+`.
    @inlinable
    public static func += (left: inout FixedDecimal, right: FixedDecimal) {
        left = left + right
    }

    /// Subtracts in place; see `-`.
    @inlinable
    public static func -= (left: inout FixedDecimal, right: FixedDecimal) {
        left = left - right
    }
}

/// Why a text or a number is not a ``FixedDecimal``.
public enum DecimalError: Error, Equatable, Sendable {
    /// The text is not a number in the JSON grammar, or the value is neither a number nor a string.
    case notANumber
    /// A digit other than zero stands after the tenth fractional place.
    case tooManyFractionDigits
    /// The absolute value is 10^18 or more.
    case outOfRange
}
