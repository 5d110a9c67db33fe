// Made by `swift run payload-generator` from schema/events/IntentExpired.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerValues

/// The payload of `IntentExpired`: no order follows from the intent any more.
package struct IntentExpiredPayload: CodedFields {
    /// `source`: The broker and the kind of account.
    package var source: String = ""
    /// `intent_id`: 1 to 64 of A–Z a–z 0–9 . _ -
    package var intentID: String = ""
    /// `now`
    package var now: Instant = .minimum
    /// `reason`: `expires_at`, or `never_reached_broker`.
    package var reason: String = ""

    package init() {}

    package init(
        source: String, intentID: String, now: Instant, reason: String
    ) {
        self.source = source
        self.intentID = intentID
        self.now = now
        self.reason = reason
    }

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.text("intent_id", &intentID)
        try fields.instant("now", &now)
        try fields.text("reason", &reason)
        try fields.text("source", &source)
    }
}

extension IntentExpiredPayload: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: IntentExpiredPayload, right: IntentExpiredPayload) -> Bool {
        guard left.now == right.now,
            left.source.isBytewiseEqual(to: right.source),
            left.intentID.isBytewiseEqual(to: right.intentID),
            left.reason.isBytewiseEqual(to: right.reason)
        else { return false }
        return true
    }
}
