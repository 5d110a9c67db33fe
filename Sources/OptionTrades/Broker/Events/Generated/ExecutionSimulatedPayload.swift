// Made by `swift run payload-generator` from schema/events/ExecutionSimulated.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerValues

/// The payload of `ExecutionSimulated`: the decision not to submit. It never becomes an execution.
package struct ExecutionSimulatedPayload: CodedFields {
    /// `source`: The broker and the kind of account.
    package var source: String = ""
    /// `intent_id`: 1 to 64 of A–Z a–z 0–9 . _ -
    package var intentID: String = ""
    /// `now`
    package var now: Instant = .minimum
    /// `rules`
    package var rules = DecisionRulesReference()
    /// `decision`
    package var decision = Decision()
    /// `day`
    package var day = DayFacts()
    /// `option_symbol`
    package var optionSymbol: String?
    /// `side`
    package var side: String = ""
    /// `quantity`
    package var quantity: Int64 = 0
    /// `price`: Null without a valid quote.
    package var price: FixedDecimal?
    /// `price_source`: Null without a price.
    package var priceSource: String?

    package init() {}

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.object("day", &day)
        try fields.object("decision", &decision)
        try fields.text("intent_id", &intentID)
        try fields.instant("now", &now)
        try fields.text("option_symbol", &optionSymbol)
        try fields.decimal("price", &price)
        try fields.text("price_source", &priceSource)
        try fields.integer("quantity", &quantity)
        try fields.object("rules", &rules)
        try fields.text("side", &side)
        try fields.text("source", &source)
    }
}

extension ExecutionSimulatedPayload: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: ExecutionSimulatedPayload, right: ExecutionSimulatedPayload) -> Bool {
        guard left.now == right.now,
            left.rules == right.rules,
            left.decision == right.decision,
            left.day == right.day,
            left.quantity == right.quantity,
            left.price == right.price,
            left.source.isBytewiseEqual(to: right.source),
            left.intentID.isBytewiseEqual(to: right.intentID),
            left.optionSymbol.isBytewiseEqual(to: right.optionSymbol),
            left.side.isBytewiseEqual(to: right.side),
            left.priceSource.isBytewiseEqual(to: right.priceSource)
        else { return false }
        return true
    }
}
