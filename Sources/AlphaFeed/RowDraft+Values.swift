import LedgerEvents
import LedgerJSON
import LedgerValues
import OptionTrades

/// Reading values that are neither null nor empty: nil where one is not what it must be.
extension RowDraft {
    /// Any text without U+0000 and unpaired surrogates.
    static func text(_ value: JSONValue) -> String? {
        value.stringIssue == nil ? value.string : nil
    }

    static func instant(_ value: JSONValue) -> Instant? {
        value.withUnescapedUTF8 { Instant(parsing: $0) } ?? nil
    }

    static func date(_ value: JSONValue) -> CalendarDate? {
        value.withUnescapedUTF8 { CalendarDate(parsing: $0) } ?? nil
    }

    static func tradeStatus(_ value: JSONValue) -> TradeStatus? {
        if value.stringIs("FILLED") { return .filled }
        if value.stringIs("PARTIALLY_FILLED") { return .partiallyFilled }
        if value.stringIs("PENDING") { return .pending }
        if value.stringIs("CANCELLED") { return .cancelled }
        if value.stringIs("REJECTED") { return .rejected }
        return value.stringIs("BUSTED") ? .busted : nil
    }

    static func direction(_ value: JSONValue) -> Direction? {
        value.stringIs("BUY") ? .buy : value.stringIs("SELL") ? .sell : nil
    }

    static func optionType(_ value: JSONValue) -> OptionType? {
        value.stringIs("CALL") ? .call : value.stringIs("PUT") ? .put : nil
    }

    /// A decimal above zero, written as a number or as a string.
    static func positive(_ value: JSONValue) -> FixedDecimal? {
        guard let decimal = value.decimal, decimal.units > 0 else { return nil }
        return decimal
    }

    /// A decimal of zero or more, written as a number or as a string.
    static func notNegative(_ value: JSONValue) -> FixedDecimal? {
        guard let decimal = value.decimal, decimal.units >= 0 else { return nil }
        return decimal
    }

    /// Three to five capital letters of ASCII.
    static func currency(_ value: JSONValue) -> String? {
        guard let text = text(value), (3...5).contains(text.utf8.count),
            text.utf8.allSatisfy({ (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) })
        else { return nil }
        return text
    }
}
