// Made by `swift run payload-generator` from schema/events/BrokerAccountRecorded.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerValues

/// The payload of `BrokerAccountRecorded`: the account that a source's orders go to, and the ledger that holds them.
///
/// An account or a ledger that differs from the last recorded one halts the dispatcher until the broker's orders were
/// compared with the ledger's.
package struct BrokerAccountRecordedPayload: CodedFields {
    /// `source`: The broker and the kind of account.
    package var source: String = ""
    /// `account_digest`: SHA-256 of the account's id.
    package var accountDigest = Digest32([UInt8](repeating: 0, count: 32))
    /// `account_last_four`: The last four characters of the account's number.
    package var lastFour: String = ""
    /// `ledger_id`
    package var ledgerID: String = ""
    /// `reason`
    package var reason: String = ""

    package init() {}

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.digest("account_digest", &accountDigest)
        try fields.text("account_last_four", &lastFour)
        try fields.text("ledger_id", &ledgerID)
        try fields.text("reason", &reason)
        try fields.text("source", &source)
    }
}

extension BrokerAccountRecordedPayload: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: BrokerAccountRecordedPayload, right: BrokerAccountRecordedPayload) -> Bool {
        guard left.accountDigest == right.accountDigest,
            left.source.isBytewiseEqual(to: right.source),
            left.lastFour.isBytewiseEqual(to: right.lastFour),
            left.ledgerID.isBytewiseEqual(to: right.ledgerID),
            left.reason.isBytewiseEqual(to: right.reason)
        else { return false }
        return true
    }
}
