import LedgerValues

/// Figures in the form for people: grouped, rounded only for display, with a true minus sign.
enum Figures {
    /// The number of fractional digits that a column shows: a minimum, so that points align, and a maximum.
    struct Places: Sendable {
        let least: Int
        let most: Int

        static let money = Places(least: 2, most: 2)
        static let price = Places(least: 2, most: 4)
        static let quantity = Places(least: 0, most: 4)
        static let points = Places(least: 1, most: 1)
        static let score = Places(least: 2, most: 2)
        static let ratio = Places(least: 4, most: 4)
        static let exact = Places(least: 0, most: FixedDecimal.fractionDigits)
    }

    /// A decimal's text for display, and whether digits were dropped. Text that is not a decimal stays unchanged, and
    /// so does a sum beyond the range of figures.
    ///
    /// Rounded half to even.
    ///
    /// - Parameters:
    ///   - text: the decimal.
    ///   - places: the number of digits to show, at most eight of a ratio in hundredths.
    ///   - isInHundredths: whether a ratio is shown times 100.
    static func decimal(_ text: String, _ places: Places, inHundredths isInHundredths: Bool = false) -> (text: String, isRounded: Bool) {
        guard let value = try? FixedDecimal(published: text) else { return (text, false) }
        let divisor = power(FixedDecimal.fractionDigits - places.most - (isInHundredths ? 2 : 0))
        let magnitude = value.units.magnitude
        var (quotient, remainder) = magnitude.quotientAndRemainder(dividingBy: divisor)
        let twice = remainder * 2
        if twice > divisor || (twice == divisor && quotient % 2 == 1) { quotient += 1 }
        let (whole, fraction) = quotient.quotientAndRemainder(dividingBy: power(places.most))
        var digits = String(fraction)
        digits = String(repeating: "0", count: places.most - min(places.most, digits.utf8.count)) + digits
        if places.most == 0 { digits = "" }
        let zeros = digits.utf8.reversed().prefix { $0 == UInt8(ascii: "0") }.count
        digits = String(digits.dropLast(min(zeros, max(0, digits.utf8.count - places.least))))
        let sign = value.isNegative && quotient > 0 ? "\u{2212}" : ""
        remainder = remainder == 0 ? 0 : 1
        return (sign + grouped(String(whole)) + (digits.isEmpty ? "" : "." + digits), remainder != 0)
    }

    /// A number of minutes in the unit that a person would say it in: minutes up to two hours, hours up to two days, then days.
    /// Rounded down. Text that is not a decimal stays unchanged.
    static func age(minutes text: String) -> String {
        guard let value = try? FixedDecimal(published: text) else { return "\(text) minutes" }
        let minutes = Int64(value.units / Int128(power(FixedDecimal.fractionDigits)))
        switch minutes {
        case ..<120: return minutes == 1 ? "1 minute" : "\(count(minutes)) minutes"
        case ..<2_880: return "\(minutes / 60) hours"
        default: return "\(count(minutes / 1_440)) days"
        }
    }

    /// A count with grouped digits.
    static func count(_ value: Int64) -> String {
        (value < 0 ? "\u{2212}" : "") + grouped(String(value.magnitude))
    }

    private static func power(_ exponent: Int) -> UInt128 {
        var result: UInt128 = 1
        for _ in 0..<exponent { result *= 10 }
        return result
    }

    private static func grouped(_ digits: String) -> String {
        var out: [UInt8] = []
        let bytes = Array(digits.utf8)
        for (index, digit) in bytes.enumerated() {
            if index > 0 && (bytes.count - index).isMultiple(of: 3) { out.append(UInt8(ascii: ",")) }
            out.append(digit)
        }
        return String(decoding: out, as: UTF8.self)
    }
}
