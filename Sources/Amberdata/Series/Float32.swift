import LedgerJSON
import LedgerValues

/// Numbers that are single-precision floats on the wire, written with the digits of a double: 76.63999938964844 for 76.64.
enum Float32 {
    /// The shortest decimal with the same single-precision value, if the written number is one. Otherwise the number as it is
    /// written.
    static func exact(_ value: JSONValue?) -> (value: ExactNumber, isShortened: Bool)? {
        guard let value, let exact = WireValue.exact(value) else { return nil }
        let text = value.kind == .number ? value.sourceText : value.string ?? ""
        // The conversions are exact or correctly rounded on every machine.
        guard let double = Double(text), let single = Float(text), Double(single) == double, let decimal = try? FixedDecimal("\(single)")
        else { return (exact, false) }
        let shortest = ExactNumber(decimal)
        return (shortest, shortest != exact)
    }
}
