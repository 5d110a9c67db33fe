// Made by `swift run payload-generator` from schema/events/IntentCancelled.v1.json. Change the schema, not this file.
package import LedgerEvents
import LedgerValues

/// The payload of `IntentCancelled`: the intent ended before an order.
package struct IntentCancelledPayload: CodedFields {
    /// `source`: The broker and the kind of account.
    package var source: String = ""
    /// `intent_id`: 1 to 64 of A–Z a–z 0–9 . _ -
    package var intentID: String = ""
    /// `requested_by`
    package var requestedBy: String = ""
    /// `reason`: `nothing_to_close`, `ambiguous_close`, or what somebody gave as a reason.
    package var reason: String = ""

    package init() {}

    package init(
        source: String, intentID: String, requestedBy: String, reason: String
    ) {
        self.source = source
        self.intentID = intentID
        self.requestedBy = requestedBy
        self.reason = reason
    }

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.text("intent_id", &intentID)
        try fields.text("reason", &reason)
        try fields.text("requested_by", &requestedBy)
        try fields.text("source", &source)
    }
}

extension IntentCancelledPayload: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: IntentCancelledPayload, right: IntentCancelledPayload) -> Bool {
        guard left.source.isBytewiseEqual(to: right.source),
            left.intentID.isBytewiseEqual(to: right.intentID),
            left.requestedBy.isBytewiseEqual(to: right.requestedBy),
            left.reason.isBytewiseEqual(to: right.reason)
        else { return false }
        return true
    }
}
