// Made by `swift run payload-generator` from schema/events/OrderRefused.v1.json. Change the schema, not this file.
package import LedgerEvents
import LedgerValues

/// The payload of `OrderRefused`: the broker's definite no to the only POST.
package struct OrderRefusedPayload: CodedFields {
    /// `source`: The broker and the kind of account.
    package var source: String = ""
    /// `intent_id`: 1 to 64 of A–Z a–z 0–9 . _ -
    package var intentID: String = ""
    /// `http_status`
    package var httpStatus: Int64 = 0
    /// `code`
    package var code: Int64?
    /// `message`: Redacted.
    package var message: String = ""

    package init() {}

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.integer("code", &code)
        try fields.integer("http_status", &httpStatus)
        try fields.text("intent_id", &intentID)
        try fields.text("message", &message)
        try fields.text("source", &source)
    }
}

extension OrderRefusedPayload: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: OrderRefusedPayload, right: OrderRefusedPayload) -> Bool {
        guard left.httpStatus == right.httpStatus,
            left.code == right.code,
            left.source.isBytewiseEqual(to: right.source),
            left.intentID.isBytewiseEqual(to: right.intentID),
            left.message.isBytewiseEqual(to: right.message)
        else { return false }
        return true
    }
}
