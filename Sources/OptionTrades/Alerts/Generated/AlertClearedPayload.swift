// Made by `swift run payload-generator` from schema/events/AlertCleared.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerValues

/// The payload of `AlertCleared`: a raised alert's figure left its threshold (docs/contract/alerts.md).
package struct AlertClearedPayload: CodedFields {
    /// `alert_id`: The rule's id.
    package var alertID: String = ""
    /// `currency`: The market; `-` for an alert of the ledger.
    package var currency: String = ""
    /// `now`: The moment of the evaluation.
    package var now: Instant = .minimum
    /// `position`: What the evaluation was as of.
    package var position: Int64 = 0
    /// `threshold`: Null for an alert about a change.
    package var threshold: String?
    /// `value`: The figure, as JSON.
    package var value: String = ""

    package init() {}

    package init(
        alertID: String, currency: String, now: Instant, position: Int64, threshold: String? = nil, value: String
    ) {
        self.alertID = alertID
        self.currency = currency
        self.now = now
        self.position = position
        self.threshold = threshold
        self.value = value
    }

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.text("alert_id", &alertID)
        try fields.text("currency", &currency)
        try fields.instant("now", &now)
        try fields.integer("position", &position)
        try fields.text("threshold", &threshold)
        try fields.text("value", &value)
    }
}

extension AlertClearedPayload: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: AlertClearedPayload, right: AlertClearedPayload) -> Bool {
        guard left.now == right.now,
            left.position == right.position,
            left.alertID.isBytewiseEqual(to: right.alertID),
            left.currency.isBytewiseEqual(to: right.currency),
            left.threshold.isBytewiseEqual(to: right.threshold),
            left.value.isBytewiseEqual(to: right.value)
        else { return false }
        return true
    }
}
