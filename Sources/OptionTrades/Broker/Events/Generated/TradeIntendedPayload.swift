// Made by `swift run payload-generator` from schema/events/TradeIntended.v1.json. Change the schema, not this file.
package import LedgerEvents
import LedgerValues

/// The payload of `TradeIntended`: the intent, and who gave it.
package struct TradeIntendedPayload: CodedFields {
    package var intent = TradeIntent()
    /// `requested_by`: The name of the key or of the command.
    package var requestedBy: String = ""

    package init() {}

    package init(
        intent: TradeIntent, requestedBy: String
    ) {
        self.intent = intent
        self.requestedBy = requestedBy
    }

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try intent.code(&fields)
        try fields.text("requested_by", &requestedBy)
    }
}

extension TradeIntendedPayload: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: TradeIntendedPayload, right: TradeIntendedPayload) -> Bool {
        guard left.intent == right.intent,
            left.requestedBy.isBytewiseEqual(to: right.requestedBy)
        else { return false }
        return true
    }
}
