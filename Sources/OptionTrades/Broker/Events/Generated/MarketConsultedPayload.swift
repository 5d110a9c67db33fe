// Made by `swift run payload-generator` from schema/events/MarketConsulted.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerValues

/// The payload of `MarketConsulted`: what the market said, as far as a decision follows from it.
package struct MarketConsultedPayload: CodedFields {
    /// `source`: The broker and the kind of account.
    package var source: String = ""
    /// `intent_id`: 1 to 64 of A–Z a–z 0–9 . _ -
    package var intentID: String = ""
    /// `now`: The database clock after the last page.
    package var now: Instant = .minimum
    /// `calendar`
    package var calendar = SessionFacts()
    /// `underlying`
    package var underlying = UnderlyingQuote()
    /// `spot`: Mid of a valid quote, else the last price.
    package var spot: FixedDecimal?
    /// `filters`
    package var filters = ChainFilters()
    /// `pages`
    package var pages: Int64 = 0
    /// `contracts_seen`
    package var contractsSeen: Int64 = 0
    /// `left_out`: How many contracts were left out, by reason, in the order of the reasons.
    package var leftOut: [LeftOut] = []
    /// `rows_digest`: SHA-256 of the canonical JSON array of all rows seen, by symbol.
    package var rowsDigest = Digest32([UInt8](repeating: 0, count: 32))
    /// `truncated`: Whether more contracts than the candidates were fit.
    package var truncated: Bool = false
    /// `candidates`: At most 60, in the order of the decision.
    package var candidates: [ContractRow] = []

    package init() {}

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.object("calendar", &calendar)
        try fields.objects("candidates", &candidates)
        try fields.integer("contracts_seen", &contractsSeen)
        try fields.object("filters", &filters)
        try fields.text("intent_id", &intentID)
        try fields.objects("left_out", &leftOut)
        try fields.instant("now", &now)
        try fields.integer("pages", &pages)
        try fields.digest("rows_digest", &rowsDigest)
        try fields.text("source", &source)
        try fields.decimal("spot", &spot)
        try fields.truth("truncated", &truncated)
        try fields.object("underlying", &underlying)
    }
}

extension MarketConsultedPayload: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: MarketConsultedPayload, right: MarketConsultedPayload) -> Bool {
        guard left.now == right.now,
            left.calendar == right.calendar,
            left.underlying == right.underlying,
            left.spot == right.spot,
            left.filters == right.filters,
            left.pages == right.pages,
            left.contractsSeen == right.contractsSeen,
            left.leftOut == right.leftOut,
            left.rowsDigest == right.rowsDigest,
            left.truncated == right.truncated,
            left.candidates == right.candidates,
            left.source.isBytewiseEqual(to: right.source),
            left.intentID.isBytewiseEqual(to: right.intentID)
        else { return false }
        return true
    }
}
