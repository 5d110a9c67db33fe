package import LedgerValues

/// A field of a kind of market observation.
package struct MarketField: Sendable {
    /// The type of a field's values.
    package enum FieldType: Sendable, Hashable {
        /// 1 to 64 bytes of printable text without leading or trailing spaces.
        case text
        /// The same with up to 128 bytes.
        case identifier
        case instant
        case date
        case decimal
        /// A count from 0 to 2^53 − 1.
        case integer
        case optionType
        /// One of a few texts.
        case choice([String])
        /// A number from 1 to 1000.
        case ordinal
        /// The observation's rows; see ``MarketRows``.
        case rows
    }

    /// The values that a decimal field allows.
    package enum Range: Sendable, Hashable {
        case any
        case aboveZero
        case zeroOrAbove
        /// −1…1
        case unit
        /// −100…100
        case percent
    }

    /// The name in code.
    package let key: StaticString
    package let type: FieldType
    /// The values that a decimal field allows. Other types have ``Range/any``.
    package let range: Range
    /// Whether the field helps to identify the observation.
    package let isIdentifying: Bool
    /// Whether the field is never null: an identifying field, or the time.
    package let isRequired: Bool
    /// Whether the field is a volatility in vol points. Sources that give fractions are converted.
    package let isVolatility: Bool

    /// The name in events and imports.
    package var name: String { "\(key)" }

    init(
        _ key: StaticString, _ type: FieldType, _ range: Range = .any, identifying: Bool = false,
        volatility: Bool = false
    ) {
        self.key = key
        self.type = type
        self.range = range
        isIdentifying = identifying
        isRequired = identifying || type == .instant || type == .ordinal || type == .rows
        isVolatility = volatility
    }

    static func identifying(_ key: StaticString, _ type: FieldType, _ range: Range = .any) -> MarketField {
        MarketField(key, type, range, identifying: true)
    }

    static func volatility(_ key: StaticString, _ range: Range = .zeroOrAbove) -> MarketField {
        MarketField(key, .decimal, range, volatility: true)
    }
}

extension MarketField {
    /// The volatility of a source that an observation has beside its fields.
    package static let clampedIV = volatility("clamped_iv")

    /// The fault of a value for this field, in words that follow its name (`is not above zero`). Nil for a valid value.
    /// Null is valid unless the field is required.
    package func problem(of value: MarketValue) -> String? {
        switch (type, value) {
        case (_, .null): isRequired ? "is missing" : nil
        case (.text, .text(let text)):
            Self.isPlain(text, 64) ? nil : "is not 1 to 64 bytes of text without control characters or outer spaces"
        case (.identifier, .text(let text)):
            Self.isPlain(text, 128) ? nil : "is not 1 to 128 bytes of text without control characters or outer spaces"
        case (.choice(let values), .text(let text)):
            values.contains { $0.isBytewiseEqual(to: text) } ? nil : "is not one of \(values.joined(separator: ", "))"
        case (.decimal, .decimal(let decimal)): range.contains(decimal) ? nil : range.problem
        case (.integer, .integer(let count)):
            (0...9_007_199_254_740_991).contains(count) ? nil : "is not a count from 0 to 9007199254740991"
        case (.ordinal, .integer(let number)): (1...1000).contains(number) ? nil : "is not a number from 1 to 1000"
        case (.instant, .instant), (.date, .date), (.optionType, .optionType), (.rows, .rows): nil
        default: "is of another type"
        }
    }

    static func isPlain(_ text: String, _ limit: Int) -> Bool {
        let utf8 = text.utf8
        guard (1...limit).contains(utf8.count), utf8.first != UInt8(ascii: " "), utf8.last != UInt8(ascii: " ") else {
            return false
        }
        return utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
    }
}

extension MarketField.Range {
    /// Whether a decimal lies in the range.
    package func contains(_ value: FixedDecimal) -> Bool {
        switch self {
        case .any: true
        case .aboveZero: value > .zero
        case .zeroOrAbove: value >= .zero
        case .unit: value.magnitude <= FixedDecimal(1)
        case .percent: value.magnitude <= FixedDecimal(100)
        }
    }

    fileprivate var problem: String {
        switch self {
        case .any: "is not a decimal"
        case .aboveZero: "is not above zero"
        case .zeroOrAbove: "is below zero"
        case .unit: "is not between -1 and 1"
        case .percent: "is not between -100 and 100"
        }
    }
}
