// Made by `swift run payload-generator` from schema/events/AlertSilenced.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerValues

/// The payload of `AlertSilenced`: no message about an alert is sent for a time (docs/contract/alerts.md).
package struct AlertSilencedPayload: CodedFields {
    /// `alert_id`: The rule's id.
    package var alertID: String = ""
    /// `currency`: The market; `-` for an alert of the ledger.
    package var currency: String = ""
    /// `reason`
    package var reason: String = ""
    /// `silenced_by`: Who wants it so.
    package var silencedBy: String = ""
    /// `until`: Events that are recorded before then are not delivered.
    package var until: Instant = .minimum

    package init() {}

    package init(
        alertID: String, currency: String, reason: String, silencedBy: String, until: Instant
    ) {
        self.alertID = alertID
        self.currency = currency
        self.reason = reason
        self.silencedBy = silencedBy
        self.until = until
    }

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.text("alert_id", &alertID)
        try fields.text("currency", &currency)
        try fields.text("reason", &reason)
        try fields.text("silenced_by", &silencedBy)
        try fields.instant("until", &until)
    }
}

extension AlertSilencedPayload: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: AlertSilencedPayload, right: AlertSilencedPayload) -> Bool {
        guard left.until == right.until,
            left.alertID.isBytewiseEqual(to: right.alertID),
            left.currency.isBytewiseEqual(to: right.currency),
            left.reason.isBytewiseEqual(to: right.reason),
            left.silencedBy.isBytewiseEqual(to: right.silencedBy)
        else { return false }
        return true
    }
}
