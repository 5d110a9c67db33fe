import LedgerJSON
import LedgerValues

/// Numbers, times and texts as Alpaca writes them: trading answers have numbers as strings, data answers as numbers.
enum Wire {
    /// A decimal; rounded half to even to ten digits if it has more. Nil for null, an empty text and anything else.
    ///
    /// - Parameter factor: what the written number is multiplied by before it is rounded.
    static func decimal(_ value: JSONValue?, times factor: Int = 1, rounded: inout Bool) -> FixedDecimal? {
        guard let value, !value.isNull else { return nil }
        let written: ExactNumber
        do throws(DecimalError) {
            let decimal = try value.parseDecimal()
            if factor == 1 { return decimal }
            written = ExactNumber(decimal)
        } catch {
            guard error == .tooManyFractionDigits, let text = value.kind == .number ? value.sourceText : value.string,
                let number = exact(text)
            else { return nil }
            written = number
        }
        let product = written * ExactNumber(factor)
        guard let decimal = product.rounded() else { return nil }
        if ExactNumber(decimal) != product { rounded = true }
        return decimal
    }

    static func decimal(_ value: JSONValue?) -> FixedDecimal? {
        var rounded = false
        return decimal(value, rounded: &rounded)
    }

    /// The value of written digits; nil beyond the digits of any double.
    private static func exact(_ text: String) -> ExactNumber? {
        let bytes = Array(text.utf8)
        guard bytes.count <= 400 else { return nil }
        let end = bytes.firstIndex { $0 | 0x20 == UInt8(ascii: "e") } ?? bytes.count
        var (value, scale, isFraction, isNegative) = (ExactNumber.zero, 0, false, false)
        for byte in bytes[..<end] {
            switch byte {
            case UInt8(ascii: "-"): isNegative = true
            case UInt8(ascii: "."): isFraction = true
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                value = value * ExactNumber(10) + ExactNumber(Int(byte - UInt8(ascii: "0")))
                if isFraction { scale += 1 }
            default: return nil
            }
        }
        if end < bytes.count {
            guard let exponent = Int(String(decoding: bytes[(end + 1)...], as: UTF8.self)), -400...400 ~= exponent else { return nil }
            scale -= exponent
        }
        guard 0...400 ~= scale else { return nil }
        let tenth = ExactNumber(FixedDecimal(units: FixedDecimal.unitsPerOne / 10))
        for _ in 0..<scale { value = value * tenth }
        return isNegative ? -value : value
    }

    static func text(_ value: JSONValue?) -> String? { value?.string.flatMap { $0.isEmpty ? nil : $0 } }

    static func integer(_ value: JSONValue?) -> Int64? { value?.integer ?? value?.string.flatMap { Int64($0) } }

    static func date(_ value: JSONValue?) -> CalendarDate? { value?.string.flatMap { CalendarDate($0) } }

    /// A time of RFC 3339 with up to nanoseconds, cut to microseconds.
    static func instant(_ value: JSONValue?) -> Instant? { value?.string.flatMap(instant) }

    static func instant(_ text: String) -> Instant? {
        if let instant = Instant(text) { return instant }
        let bytes = Array(text.utf8)
        guard let point = bytes.firstIndex(of: UInt8(ascii: ".")) else { return nil }
        let end = bytes[(point + 1)...].firstIndex { !(UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0) } ?? bytes.count
        let digits = bytes[(point + 1)..<end].prefix(6)
        return Instant(String(decoding: bytes[...point] + digits + bytes[end...], as: UTF8.self))
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// The `Date` of an answer, as in `Wed, 28 Jan 2026 15:30:00 GMT`.
    static func httpDate(_ text: String?) -> Instant? {
        guard let parts = text?.split(separator: " "), parts.count == 6, parts[5] == "GMT", let day = Int(parts[1]),
            let month = months.firstIndex(of: String(parts[2])), let year = Int(parts[3]),
            let date = CalendarDate(year: year, month: month + 1, day: day)
        else { return nil }
        return Instant("\(date)T\(parts[4])Z")
    }
}
