import Events
public import Values

/// What names a listed option for a quote look-up: underlying, expiry, strike, call or put. Never a vendor's
/// instrument text.
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

    /// The contract of a row, nil unless the row has all four.
    public init?(of row: ExecutionRow) {
        guard let underlying = row.underlyingSymbol, let expiry = row.expiry, let strike = row.strike,
            let optionType = row.optionType
        else { return nil }
        self.init(underlying: underlying, expiry: expiry, strike: strike, optionType: optionType)
    }
}

extension OptionContract: Comparable {
    /// By underlying (bytewise), expiry, strike, calls first.
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
