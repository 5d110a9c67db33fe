// Made by `swift run payload-generator` from schema/events/OrderAcknowledged.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerValues

/// The payload of `OrderAcknowledged`: the broker has the order.
package struct OrderAcknowledgedPayload: CodedFields {
    /// `source`: The broker and the kind of account.
    package var source: String = ""
    /// `intent_id`: 1 to 64 of A–Z a–z 0–9 . _ -
    package var intentID: String = ""
    /// `broker_order_id`
    package var brokerOrderID: String = ""
    /// `client_order_id`
    package var clientOrderID: String = ""
    /// `status`
    package var status: String = ""
    /// `submitted_at`
    package var submittedAt: Instant?
    /// `seen_by`
    package var seenBy: String = ""

    package init() {}

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.text("broker_order_id", &brokerOrderID)
        try fields.text("client_order_id", &clientOrderID)
        try fields.text("intent_id", &intentID)
        try fields.text("seen_by", &seenBy)
        try fields.text("source", &source)
        try fields.text("status", &status)
        try fields.instant("submitted_at", &submittedAt)
    }
}

extension OrderAcknowledgedPayload: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: OrderAcknowledgedPayload, right: OrderAcknowledgedPayload) -> Bool {
        guard left.submittedAt == right.submittedAt,
            left.source.isBytewiseEqual(to: right.source),
            left.intentID.isBytewiseEqual(to: right.intentID),
            left.brokerOrderID.isBytewiseEqual(to: right.brokerOrderID),
            left.clientOrderID.isBytewiseEqual(to: right.clientOrderID),
            left.status.isBytewiseEqual(to: right.status),
            left.seenBy.isBytewiseEqual(to: right.seenBy)
        else { return false }
        return true
    }
}
