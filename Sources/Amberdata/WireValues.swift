import JSON
import Values

/// Numbers and times as Amberdata writes them.
enum WireValue {
    /// A decimal from a number's written digits, or a string's: rounded half to even to 10 digits where it has more.
    ///
    /// Nil for null, for text that is no number, and for what lies outside the range of decimals.
    static func decimal(_ value: JSONValue?) -> (value: FixedDecimal, isRounded: Bool)? {
        guard let value, value.kind == .number || value.kind == .string else { return nil }
        let text = value.kind == .number ? value.sourceText : value.string ?? ""
        do throws(DecimalError) {
            return (try FixedDecimal(text), false)
        } catch {
            guard error == .tooManyFractionDigits, let rounded = rounded(text) else { return nil }
            return (rounded, true)
        }
    }

    /// The value of a JSON number with more digits than a decimal keeps.
    private static func rounded(_ text: String) -> FixedDecimal? {
        var digits: [UInt8] = []
        var fraction = 0
        var isNegative = false
        var hasPoint = false
        var exponent = 0
        for (index, byte) in text.utf8.enumerated() {
            switch byte {
            case UInt8(ascii: "-"): isNegative = true
            case UInt8(ascii: "."): hasPoint = true
            case UInt8(ascii: "e"), UInt8(ascii: "E"):
                guard let power = Int(String(decoding: Array(text.utf8)[(index + 1)...], as: UTF8.self)), abs(power) <= 400
                else { return nil }
                exponent = power
            default:
                if exponent != 0 { continue }
                digits.append(byte - UInt8(ascii: "0"))
                if hasPoint { fraction += 1 }
            }
            if exponent != 0 { break }
        }
        // The digits after the tenth of the fraction go.
        let dropped = fraction - exponent - FixedDecimal.fractionDigits
        guard dropped > 0 else { return nil }
        let kept = digits.count > dropped ? Array(digits[..<(digits.count - dropped)]) : []
        let tail = digits.count > dropped ? Array(digits[(digits.count - dropped)...]) : Array(repeating: 0, count: dropped - digits.count) + digits
        var units: Int128 = 0
        for digit in kept {
            let (product, tooLarge) = units.multipliedReportingOverflow(by: 10)
            if tooLarge { return nil }
            units = product + Int128(digit)
        }
        let half = tail[0] == 5 && tail.dropFirst().allSatisfy { $0 == 0 }
        if half ? units % 2 == 1 : tail[0] >= 5 { units += 1 }
        guard units < 10_000_000_000_000_000_000_000_000_000 else { return nil }
        return FixedDecimal(units: isNegative ? -units : units)
    }

    /// `DateTime`'s least value, which stands for "no date".
    private static let noDate: Int64 = -62_135_596_800_000

    /// A time in any of the forms that answers have, whatever was asked for: milliseconds since 1970 (a number or a
    /// string), ISO 8601, or `2024-12-20 15:00:00 000`. Nil for null, for "no date" and for anything else.
    static func instant(_ value: JSONValue?) -> Instant? {
        guard let value else { return nil }
        if value.kind == .number { return value.integer.flatMap(instant(milliseconds:)) }
        guard let text = value.string else { return nil }
        if let instant = Instant(text) { return instant }
        if let milliseconds = Int64(text) { return instant(milliseconds: milliseconds) }
        let bytes = Array(text.utf8)
        guard bytes.count == 23, bytes[10] == UInt8(ascii: " "), bytes[19] == UInt8(ascii: " ") else { return nil }
        return Instant(
            String(decoding: bytes[..<10], as: UTF8.self) + "T" + String(decoding: bytes[11..<19], as: UTF8.self) + "."
                + String(decoding: bytes[20...], as: UTF8.self) + "Z")
    }

    private static func instant(milliseconds: Int64) -> Instant? {
        if milliseconds == noDate { return nil }
        let (microseconds, tooLarge) = milliseconds.multipliedReportingOverflow(by: 1000)
        return tooLarge ? nil : Instant(microseconds: microseconds)
    }
}
