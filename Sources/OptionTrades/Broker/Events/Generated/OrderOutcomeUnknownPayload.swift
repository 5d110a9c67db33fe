// Made by `swift run payload-generator` from schema/events/OrderOutcomeUnknown.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerValues

/// The payload of `OrderOutcomeUnknown`: what was seen, without secrets.
package struct OrderOutcomeUnknownPayload: CodedFields {
    /// `source`: The broker and the kind of account.
    package var source: String = ""
    /// `intent_id`: 1 to 64 of A–Z a–z 0–9 . _ -
    package var intentID: String = ""
    /// `now`
    package var now: Instant = .minimum
    /// `phase`
    package var phase: OutcomePhase = .afterPost
    /// `seen`: One sentence, without secrets.
    package var seen: String = ""
    /// `http_status`
    package var httpStatus: Int64?

    package init() {}

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.integer("http_status", &httpStatus)
        try fields.text("intent_id", &intentID)
        try fields.instant("now", &now)
        try fields.choice("phase", &phase)
        try fields.text("seen", &seen)
        try fields.text("source", &source)
    }
}

extension OrderOutcomeUnknownPayload: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: OrderOutcomeUnknownPayload, right: OrderOutcomeUnknownPayload) -> Bool {
        guard left.now == right.now,
            left.phase == right.phase,
            left.httpStatus == right.httpStatus,
            left.source.isBytewiseEqual(to: right.source),
            left.intentID.isBytewiseEqual(to: right.intentID),
            left.seen.isBytewiseEqual(to: right.seen)
        else { return false }
        return true
    }
}
