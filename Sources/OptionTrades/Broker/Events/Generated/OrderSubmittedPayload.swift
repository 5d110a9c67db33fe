// Made by `swift run payload-generator` from schema/events/OrderSubmitted.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerValues

/// The payload of `OrderSubmitted`: committed before the request leaves. From then on the order is open.
package struct OrderSubmittedPayload: CodedFields {
    /// `source`: The broker and the kind of account.
    package var source: String = ""
    /// `intent_id`: 1 to 64 of A–Z a–z 0–9 . _ -
    package var intentID: String = ""
    /// `dispatcher`: The process that alone sends the body for the first time.
    package var dispatcher = UniqueID(high: 0, low: 0)
    /// `body`
    package var body = OrderBody()
    /// `now`
    package var now: Instant = .minimum
    /// `rules`
    package var rules = DecisionRulesReference()
    /// `decision`
    package var decision = Decision()
    /// `day`
    package var day = DayFacts()

    package init() {}

    /// `client_order_id`
    package var clientOrderID: String { body.clientOrderID }

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.object("body", &body)
        try fields.object("day", &day)
        try fields.object("decision", &decision)
        try fields.uniqueID("dispatcher", &dispatcher)
        try fields.text("intent_id", &intentID)
        try fields.instant("now", &now)
        try fields.object("rules", &rules)
        try fields.text("source", &source)
        var clientOrderID = clientOrderID
        try fields.text("client_order_id", &clientOrderID)
        try fields.check("client_order_id", clientOrderID.isBytewiseEqual(to: self.clientOrderID), "is not that of the body")
    }
}

extension OrderSubmittedPayload: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: OrderSubmittedPayload, right: OrderSubmittedPayload) -> Bool {
        guard left.dispatcher == right.dispatcher,
            left.body == right.body,
            left.now == right.now,
            left.rules == right.rules,
            left.decision == right.decision,
            left.day == right.day,
            left.source.isBytewiseEqual(to: right.source),
            left.intentID.isBytewiseEqual(to: right.intentID)
        else { return false }
        return true
    }
}
