// Made by `swift run payload-generator` from schema/events/AccountConsulted.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerValues

/// The payload of `AccountConsulted`: what the account may do.
package struct AccountConsultedPayload: CodedFields {
    package var account = AccountFacts()
    /// `source`: The broker and the kind of account.
    package var source: String = ""
    /// `intent_id`: 1 to 64 of A–Z a–z 0–9 . _ -
    package var intentID: String = ""
    /// `now`
    package var now: Instant = .minimum

    package init() {}

    package init(
        source: String, intentID: String, now: Instant, account: AccountFacts
    ) {
        self.source = source
        self.intentID = intentID
        self.now = now
        self.account = account
    }

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try account.code(&fields)
        try fields.text("intent_id", &intentID)
        try fields.instant("now", &now)
        try fields.text("source", &source)
    }
}

extension AccountConsultedPayload: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: AccountConsultedPayload, right: AccountConsultedPayload) -> Bool {
        guard left.now == right.now,
            left.account == right.account,
            left.source.isBytewiseEqual(to: right.source),
            left.intentID.isBytewiseEqual(to: right.intentID)
        else { return false }
        return true
    }
}
