// Made by `swift run payload-generator` from schema/events/MarketConsulted.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerValues

/// The underlying's last quote and trade.
package struct UnderlyingQuote: CodedFields {
    /// `ask`
    package var ask: FixedDecimal?
    /// `bid`
    package var bid: FixedDecimal?
    /// `last`
    package var last: FixedDecimal?
    /// `last_timestamp`
    package var lastTimestamp: Instant?
    /// `quote_timestamp`
    package var quoteTimestamp: Instant?

    package init() {}

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.decimal("ask", &ask)
        try fields.decimal("bid", &bid)
        try fields.decimal("last", &last)
        try fields.instant("last_timestamp", &lastTimestamp)
        try fields.instant("quote_timestamp", &quoteTimestamp)
    }
}

extension UnderlyingQuote: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: UnderlyingQuote, right: UnderlyingQuote) -> Bool {
        guard left.ask == right.ask,
            left.bid == right.bid,
            left.last == right.last,
            left.lastTimestamp == right.lastTimestamp,
            left.quoteTimestamp == right.quoteTimestamp
        else { return false }
        return true
    }
}
