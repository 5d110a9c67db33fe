import LedgerEvents
package import LedgerValues

/// The identity of a listed option for a quote look-up: underlying, expiry, strike, and call or put. A vendor's
/// instrument text never takes part.
package struct OptionContract: Sendable, Hashable {
    private let underlyingKey: ByteKey
    package let expiry: CalendarDate
    /// Above zero.
    package let strike: FixedDecimal
    package let optionType: OptionType

    /// The underlying's symbol, compared by its UTF-8 bytes.
    package var underlying: String { underlyingKey.text }

    package init(underlying: String, expiry: CalendarDate, strike: FixedDecimal, optionType: OptionType) {
        underlyingKey = ByteKey(underlying)
        self.expiry = expiry
        self.strike = strike
        self.optionType = optionType
    }

    /// The contract of a row. Nil unless the row has all four fields.
    package init?(of row: ExecutionRow) {
        guard let underlying = row.underlyingSymbol, let expiry = row.expiry, let strike = row.strike,
            let optionType = row.optionType
        else { return nil }
        self.init(underlying: underlying, expiry: expiry, strike: strike, optionType: optionType)
    }
}

extension OptionContract: Comparable {
    /// Orders by underlying (bytewise), expiry and strike, with calls before puts.
    package static func < (left: OptionContract, right: OptionContract) -> Bool {
        if left.underlyingKey != right.underlyingKey { return left.underlyingKey < right.underlyingKey }
        if left.expiry != right.expiry { return left.expiry < right.expiry }
        if left.strike != right.strike { return left.strike < right.strike }
        return left.optionType == .call && right.optionType == .put
    }
}

extension OptionContract: CustomStringConvertible {
    /// `MSTR 2026-01-30 350 call`
    package var description: String { "\(underlying) \(expiry) \(strike) \(optionType.rawValue)" }
}
