// Made by `swift run payload-generator` from schema/events/AlertsEvaluated.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerValues

/// How an alert stood at an evaluation.
package struct AlertStandingRecord: CodedFields {
    /// `alert_id`
    package var alertID: String = ""
    /// `currency`
    package var currency: String = ""
    /// `is_raised`
    package var isRaised: Bool = false
    /// `last_value`: What `changed` compares with, as JSON.
    package var lastValue: String?
    /// `since`: Since when the condition has held.
    package var since: Instant?

    package init() {}

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.text("alert_id", &alertID)
        try fields.text("currency", &currency)
        try fields.truth("is_raised", &isRaised)
        try fields.text("last_value", &lastValue)
        try fields.instant("since", &since)
    }
}

extension AlertStandingRecord: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: AlertStandingRecord, right: AlertStandingRecord) -> Bool {
        guard left.isRaised == right.isRaised,
            left.since == right.since,
            left.alertID.isBytewiseEqual(to: right.alertID),
            left.currency.isBytewiseEqual(to: right.currency),
            left.lastValue.isBytewiseEqual(to: right.lastValue)
        else { return false }
        return true
    }
}
