import LedgerJSON
import LedgerValues

/// Numbers and times as Amberdata writes them.
enum WireValue {
    /// A decimal from a number's written digits, or a string's: rounded half to even to 10 digits where it has more.
    ///
    /// Nil for null, for text that is no number, and for what lies outside the range of decimals.
    static func decimal(_ value: JSONValue?) -> (value: FixedDecimal, isRounded: Bool)? {
        guard let value else { return nil }
        do throws(DecimalError) {
            return (try value.parseDecimal(), false)
        } catch {
            guard error == .tooManyFractionDigits, let text = text(of: value) else { return nil }
            return WireNumber(text).rounded.map { ($0, true) }
        }
    }

    /// The value of a number's or a string's written digits, without rounding.
    ///
    /// Nil where ``decimal(_:)`` is, and for digits beyond those of any double.
    static func exact(_ value: JSONValue?) -> ExactNumber? {
        guard let value, let decimal = decimal(value) else { return nil }
        guard decimal.isRounded, let text = text(of: value) else { return ExactNumber(decimal.value) }
        return WireNumber(text).exact
    }

    private static func text(of value: JSONValue) -> String? {
        value.kind == .number ? value.sourceText : value.string
    }

    /// A time in any of the forms that answers have, whatever was asked for: milliseconds since 1970 (a number or a
    /// string), ISO 8601, or `2024-12-20 15:00:00 000`.
    ///
    /// Nil for null, for anything else and for a time outside the years 1970…2199, as -62135596800000 is, the
    /// vendor's "no date". Parts of a microsecond go.
    static func instant(_ value: JSONValue?) -> Instant? {
        guard let value else { return nil }
        if let milliseconds = value.decimal {
            let unitsPerMicrosecond = FixedDecimal.unitsPerOne / 1000
            guard milliseconds.units >= 0 else { return nil }
            return Int64(exactly: milliseconds.units / unitsPerMicrosecond).flatMap(Instant.init(microseconds:))
        }
        guard let text = value.string else { return nil }
        if let instant = Instant(text) { return instant }
        let bytes = Array(text.utf8)
        guard bytes.count == 23, bytes[10] == UInt8(ascii: " "), bytes[19] == UInt8(ascii: " ") else { return nil }
        return Instant(
            String(decoding: bytes[..<10], as: UTF8.self) + "T" + String(decoding: bytes[11..<19], as: UTF8.self) + "."
                + String(decoding: bytes[20...], as: UTF8.self) + "Z")
    }
}

/// The digits of a number in the JSON grammar: (−) digits ÷ 10^scale.
struct WireNumber {
    private let isNegative: Bool
    private let digits: [UInt8]
    private let scale: Int

    /// Reads a text that has been found to be a number.
    init(_ text: String) {
        let utf8 = Array(text.utf8)
        let end = utf8.firstIndex { $0 | 0x20 == UInt8(ascii: "e") } ?? utf8.endIndex
        let point = utf8[..<end].firstIndex(of: UInt8(ascii: ".")) ?? end
        isNegative = utf8.first == UInt8(ascii: "-")
        digits = utf8[..<end].compactMap(Self.digit)
        let fraction = utf8[point..<end].count { Self.digit($0) != nil }
        scale = fraction - Self.exponent(utf8[end...])
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        let value = byte &- UInt8(ascii: "0")
        return value < 10 ? value : nil
    }

    /// Held at a bound far beyond what matters.
    private static func exponent(_ text: ArraySlice<UInt8>) -> Int {
        let magnitude = text.compactMap(digit).reduce(0) { min($0 * 10 + Int($1), 1 << 40) }
        return text.contains(UInt8(ascii: "-")) ? -magnitude : magnitude
    }

    /// Rounded once, half to even, to 10 fractional digits; nil outside the range of decimals.
    var rounded: FixedDecimal? {
        let dropped = scale - FixedDecimal.fractionDigits
        guard dropped > 0 else { return nil }
        // Less than a tenth of a unit.
        guard dropped <= digits.count else { return .zero }
        var units: Int128 = 0
        for digit in digits.dropLast(dropped) {
            let (product, overflows) = units.multipliedReportingOverflow(by: 10)
            guard !overflows, product < Self.limit else { return nil }
            units = product + Int128(digit)
        }
        let tail = digits.suffix(dropped)
        let isHalf = tail.first == 5 && tail.dropFirst().allSatisfy { $0 == 0 }
        if isHalf ? units % 2 == 1 : tail.first ?? 0 >= 5 { units += 1 }
        guard units < Self.limit else { return nil }
        return FixedDecimal(units: isNegative ? -units : units)
    }

    /// The first number of units that no input reaches.
    static let limit: Int128 = 1_000_000_000_000_000_000 * FixedDecimal.unitsPerOne

    /// The value; nil where it has more than 1000 digits before or after the point, which no double has.
    var exact: ExactNumber? {
        guard digits.count <= 1000, 0...1000 ~= scale else { return nil }
        var value = digits.reduce(into: ExactNumber.zero) { $0 = $0 * ExactNumber(10) + ExactNumber(Int($1)) }
        for _ in 0..<(scale / 10) { value = value * ExactNumber(FixedDecimal(units: 1)) }
        for _ in 0..<(scale % 10) { value = value * ExactNumber(FixedDecimal(units: FixedDecimal.unitsPerOne / 10)) }
        return isNegative ? -value : value
    }
}
