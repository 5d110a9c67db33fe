/// Whether an option is the right to buy or to sell.
public enum OptionType: String, Sendable, Hashable, CaseIterable {
    /// The right to buy.
    case call
    /// The right to sell.
    case put
}

/// An OCC option symbol: root, expiry, type and strike.
public struct OptionSymbol: Sendable, Hashable {
    /// The root, `[A-Z][A-Z0-9]{0,5}`; not always the underlying (adjusted contracts, index weeklies).
    public let root: String
    /// The expiry, in the years 2000…2099.
    public let expiry: CalendarDate
    /// Call or put.
    public let optionType: OptionType
    /// The strike × 1000: 1…99,999,999.
    public let strikeThousandths: Int64

    /// The strike, exact.
    public var strike: FixedDecimal {
        FixedDecimal(units: Int128(strikeThousandths) * (FixedDecimal.unitsPerOne / 1000))
    }

    /// Reads root, `YYMMDD` (a real date in 20YY), `C` or `P`, and eight digits of strike × 1000 (above zero).
    /// Spaces may stand between root and date, as in the form padded to 21 characters. Nil for anything else.
    public init?(parsing text: Span<UInt8>) {
        // Everything after the root has a fixed width.
        let start = text.count - 15
        guard start >= 1 else { return nil }
        var rootEnd = start
        while rootEnd > 0, text[rootEnd - 1] == UInt8(ascii: " ") {
            rootEnd -= 1
        }
        guard (1...6).contains(rootEnd), text[0].isCapitalLetter else { return nil }
        for index in 1..<rootEnd where !text[index].isCapitalLetter && text[index].decimalDigit == nil {
            return nil
        }
        guard let year = decimalNumber(in: text, from: start, count: 2),
            let month = decimalNumber(in: text, from: start + 2, count: 2),
            let day = decimalNumber(in: text, from: start + 4, count: 2),
            let expiry = CalendarDate(year: 2000 + year, month: month, day: day),
            let thousandths = decimalNumber(in: text, from: start + 7, count: 8), thousandths > 0
        else { return nil }
        switch text[start + 6] {
        case UInt8(ascii: "C"): optionType = .call
        case UInt8(ascii: "P"): optionType = .put
        default: return nil
        }
        var root = ""
        for index in 0..<rootEnd {
            root.unicodeScalars.append(Unicode.Scalar(text[index]))
        }
        self.root = root
        self.expiry = expiry
        strikeThousandths = Int64(thousandths)
    }

    /// Reads an OCC symbol; see ``init(parsing:)``.
    public init?(_ text: String) {
        self.init(parsing: text.utf8Span.span)
    }

    /// Appends the compact form, without spaces (16 to 21 bytes).
    public func write(to out: inout [UInt8]) {
        let (year, month, day) = expiry.components
        out.append(contentsOf: root.utf8)
        appendDecimal(UInt64(year % 100), width: 2, to: &out)
        appendDecimal(UInt64(month), width: 2, to: &out)
        appendDecimal(UInt64(day), width: 2, to: &out)
        out.append(optionType == .call ? UInt8(ascii: "C") : UInt8(ascii: "P"))
        appendDecimal(UInt64(strikeThousandths), width: 8, to: &out)
    }
}

extension OptionSymbol: CustomStringConvertible {
    /// The compact form, as in `MSTR260130C00350000`.
    public var description: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(21)
        write(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension UInt8 {
    fileprivate var isCapitalLetter: Bool {
        self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z")
    }
}
