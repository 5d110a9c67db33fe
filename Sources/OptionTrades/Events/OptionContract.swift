import Events
public import Values

/// The identity of a listed option for a quote look-up: underlying, expiry, strike, and call or put. A vendor's
/// instrument text never takes part.
public struct OptionContract: Sendable, Hashable {
    private let underlyingKey: ByteKey
    public let expiry: CalendarDate
    /// Above zero.
    public let strike: FixedDecimal
    public let optionType: OptionType

    /// The underlying's symbol, compared by its UTF-8 bytes.
    public var underlying: String { underlyingKey.text }

    public init(underlying: String, expiry: CalendarDate, strike: FixedDecimal, optionType: OptionType) {
        underlyingKey = ByteKey(underlying)
        self.expiry = expiry
        self.strike = strike
        self.optionType = optionType
    }

    /// The contract of a row. Nil unless the row has all four fields.
    public init?(of row: ExecutionRow) {
        guard let underlying = row.underlyingSymbol, let expiry = row.expiry, let strike = row.strike,
            let optionType = row.optionType
        else { return nil }
        self.init(underlying: underlying, expiry: expiry, strike: strike, optionType: optionType)
    }
}

extension OptionContract: Comparable {
    /// Orders by underlying (bytewise), expiry and strike, with calls before puts.
    public static func < (left: OptionContract, right: OptionContract) -> Bool {
        if left.underlyingKey != right.underlyingKey { return left.underlyingKey < right.underlyingKey }
        if left.expiry != right.expiry { return left.expiry < right.expiry }
        if left.strike != right.strike { return left.strike < right.strike }
        return left.optionType == .call && right.optionType == .put
    }
}

extension OptionContract: CustomStringConvertible {
    /// `MSTR 2026-01-30 350 call`
    public var description: String { "\(underlying) \(expiry) \(strike) \(optionType.rawValue)" }
}
