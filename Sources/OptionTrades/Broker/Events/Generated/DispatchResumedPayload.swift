// Made by `swift run payload-generator` from schema/events/DispatchResumed.v1.json. Change the schema, not this file.
package import LedgerEvents
import LedgerValues

/// The payload of `DispatchResumed`: orders may be submitted again.
package struct DispatchResumedPayload: CodedFields {
    /// `source`: The broker and the kind of account.
    package var source: String = ""
    /// `requested_by`
    package var requestedBy: String = ""
    /// `reason`
    package var reason: String = ""

    package init() {}

    package init(
        source: String, requestedBy: String, reason: String
    ) {
        self.source = source
        self.requestedBy = requestedBy
        self.reason = reason
    }

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.text("reason", &reason)
        try fields.text("requested_by", &requestedBy)
        try fields.text("source", &source)
    }
}

extension DispatchResumedPayload: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: DispatchResumedPayload, right: DispatchResumedPayload) -> Bool {
        guard left.source.isBytewiseEqual(to: right.source),
            left.requestedBy.isBytewiseEqual(to: right.requestedBy),
            left.reason.isBytewiseEqual(to: right.reason)
        else { return false }
        return true
    }
}
