import LedgerValues

/// The values of `pattern` that the schemas use. Each regular expression has a hand-written check that accepts
/// exactly the same texts; tests compare the two through an independent validator.
enum SchemaPattern: Sendable {
    case decimal, decimalSum, nonNegativeDecimal, positiveDecimal
    case instant, date, uniqueID, digest, currencyCode, text
    /// A pattern of the domain.
    indirect case own(TextPattern)

    /// The patterns that the engine knows.
    static let known: [SchemaPattern] = [
        .decimal, .decimalSum, .nonNegativeDecimal, .positiveDecimal, .instant, .date, .uniqueID, .digest, .currencyCode, .text,
    ]

    /// The regular expression (ECMA 262), as written in the schema files.
    var expression: String {
        switch self {
        case .decimal: #"^(0|-?[1-9][0-9]{0,17}|-?(0|[1-9][0-9]{0,17})\.[0-9]{0,9}[1-9])$"#
        case .decimalSum: #"^(0|-?[1-9][0-9]{0,28}|-?(0|[1-9][0-9]{0,28})\.[0-9]{0,9}[1-9])$"#
        case .nonNegativeDecimal: #"^(0|[1-9][0-9]{0,17}|(0|[1-9][0-9]{0,17})\.[0-9]{0,9}[1-9])$"#
        case .positiveDecimal: #"^([1-9][0-9]{0,17}|(0|[1-9][0-9]{0,17})\.[0-9]{0,9}[1-9])$"#
        case .instant:
            "^((19[7-9][0-9]|2[01][0-9]{2})-" + Self.monthAndDay + "|(19(7[26]|8[048]|9[26])"
                + "|20([02468][048]|[13579][26])|21(0[48]|[2468][048]|[13579][26]))-02-29)"
                + #"T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.(?!000000)[0-9]{6})?Z$"#
        case .date:
            "^(?!0000)([0-9]{4}-" + Self.monthAndDay
                + "|([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)$"
        case .uniqueID: "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
        case .digest: "^[0-9a-f]{64}$"
        case .currencyCode: "^[A-Z]{3,5}$"
        case .text: #"^[^\u0000]+$"#
        case .own(let pattern): pattern.expression
        }
    }

    /// Every month and day except the 29th of February.
    private static let monthAndDay =
        "((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))"

    /// A description of matching texts, for error messages.
    var meaning: String {
        switch self {
        case .decimal, .decimalSum: "a decimal in its shortest text"
        case .nonNegativeDecimal: "a decimal of zero or more in its shortest text"
        case .positiveDecimal: "a decimal above zero in its shortest text"
        case .instant: "an instant in its shortest text"
        case .date: "a date"
        case .uniqueID: "a UUID in lower case"
        case .digest: "64 lower-case hexadecimal digits"
        case .currencyCode: "three to five capital letters"
        case .text: "a string that is not empty and holds no U+0000"
        case .own(let pattern): pattern.meaning
        }
    }

    /// Whether the text matches the expression. Without allocation.
    func matches(_ text: Span<UInt8>) -> Bool {
        switch self {
        case .decimal: isDecimal(text, wholeDigits: 18, allowsNegative: true, allowsZero: true)
        case .decimalSum: isDecimal(text, wholeDigits: 29, allowsNegative: true, allowsZero: true)
        case .nonNegativeDecimal: isDecimal(text, wholeDigits: 18, allowsNegative: false, allowsZero: true)
        case .positiveDecimal: isDecimal(text, wholeDigits: 18, allowsNegative: false, allowsZero: false)
        case .instant: isInstant(text)
        case .date: CalendarDate(parsing: text) != nil
        case .uniqueID: isUniqueID(text)
        case .digest: text.count == 64 && isHexadecimal(text, 0..<64)
        case .currencyCode: (3...5).contains(text.count) && isCapitals(text)
        case .text: isText(text)
        case .own(let pattern): pattern.matches(text)
        }
    }
}

private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

private func isDecimal(_ text: Span<UInt8>, wholeDigits: Int, allowsNegative: Bool, allowsZero: Bool) -> Bool {
    let count = text.count
    var at = 0
    let negative = count > 0 && text[0] == UInt8(ascii: "-")
    if negative {
        guard allowsNegative else { return false }
        at = 1
    }
    let start = at
    while at < count, isDigit(text[at]) { at += 1 }
    guard at > start, at - start <= wholeDigits else { return false }
    let startsWithZero = text[start] == UInt8(ascii: "0")
    if startsWithZero, at - start > 1 { return false }
    if at == count { return !startsWithZero || (allowsZero && !negative) }
    guard text[at] == UInt8(ascii: ".") else { return false }
    let fraction = at + 1
    at = fraction
    while at < count, isDigit(text[at]) { at += 1 }
    return at == count && (1...10).contains(at - fraction) && text[at - 1] != UInt8(ascii: "0")
}

private func isInstant(_ text: Span<UInt8>) -> Bool {
    guard text.count == 20 || text.count == 27, text[text.count - 1] == UInt8(ascii: "Z"),
        let instant = Instant(parsing: text)
    else { return false }
    // Six digits only if they are not all zero.
    return text.count == 20 || instant.microseconds % 1_000_000 != 0
}

private func isHexadecimal(_ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
    for index in range where !isDigit(text[index]) && text[index] &- UInt8(ascii: "a") >= 6 { return false }
    return true
}

private func isUniqueID(_ text: Span<UInt8>) -> Bool {
    guard text.count == 36 else { return false }
    for index in [8, 13, 18, 23] where text[index] != UInt8(ascii: "-") { return false }
    return isHexadecimal(text, 0..<8) && isHexadecimal(text, 9..<13) && isHexadecimal(text, 14..<18)
        && isHexadecimal(text, 19..<23) && isHexadecimal(text, 24..<36)
}

private func isCapitals(_ text: Span<UInt8>) -> Bool {
    for index in text.indices where text[index] &- UInt8(ascii: "A") >= 26 { return false }
    return true
}

private func isText(_ text: Span<UInt8>) -> Bool {
    for index in text.indices where text[index] == 0 { return false }
    return !text.isEmpty
}
