// Made by `swift run payload-generator` from schema/events/AlertRaised.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerValues

/// The payload of `AlertRaised`: an alert's condition has held for long enough (docs/contract/alerts.md).
package struct AlertRaisedPayload: CodedFields {
    /// `alert_id`: The rule's id.
    package var alertID: String = ""
    /// `analysis`: The analysis whose document holds the figure, or `ledger`.
    package var analysis: String = ""
    /// `currency`: The market; `-` for an alert of the ledger.
    package var currency: String = ""
    /// `now`: The moment of the evaluation.
    package var now: Instant = .minimum
    /// `path`: Where the figure stands in the document.
    package var path: String = ""
    /// `position`: What the evaluation was as of.
    package var position: Int64 = 0
    /// `rules_digest`
    package var rulesDigest: String = ""
    /// `rules_version`
    package var rulesVersion: Int64 = 0
    /// `severity`
    package var severity: String = ""
    /// `since`: Since when the condition has held.
    package var since: Instant = .minimum
    /// `text`
    package var text: String = ""
    /// `threshold`: Null for an alert about a change.
    package var threshold: String?
    /// `value`: The figure, as JSON.
    package var value: String = ""

    package init() {}

    package init(
        alertID: String, analysis: String, currency: String, now: Instant, path: String, position: Int64, rulesDigest: String,
        rulesVersion: Int64, severity: String, since: Instant, text: String, threshold: String? = nil, value: String
    ) {
        self.alertID = alertID
        self.analysis = analysis
        self.currency = currency
        self.now = now
        self.path = path
        self.position = position
        self.rulesDigest = rulesDigest
        self.rulesVersion = rulesVersion
        self.severity = severity
        self.since = since
        self.text = text
        self.threshold = threshold
        self.value = value
    }

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.text("alert_id", &alertID)
        try fields.text("analysis", &analysis)
        try fields.text("currency", &currency)
        try fields.instant("now", &now)
        try fields.text("path", &path)
        try fields.integer("position", &position)
        try fields.text("rules_digest", &rulesDigest)
        try fields.integer("rules_version", &rulesVersion)
        try fields.text("severity", &severity)
        try fields.instant("since", &since)
        try fields.text("text", &text)
        try fields.text("threshold", &threshold)
        try fields.text("value", &value)
    }
}

extension AlertRaisedPayload: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: AlertRaisedPayload, right: AlertRaisedPayload) -> Bool {
        guard left.now == right.now,
            left.position == right.position,
            left.rulesVersion == right.rulesVersion,
            left.since == right.since,
            left.alertID.isBytewiseEqual(to: right.alertID),
            left.analysis.isBytewiseEqual(to: right.analysis),
            left.currency.isBytewiseEqual(to: right.currency),
            left.path.isBytewiseEqual(to: right.path),
            left.rulesDigest.isBytewiseEqual(to: right.rulesDigest),
            left.severity.isBytewiseEqual(to: right.severity),
            left.text.isBytewiseEqual(to: right.text),
            left.threshold.isBytewiseEqual(to: right.threshold),
            left.value.isBytewiseEqual(to: right.value)
        else { return false }
        return true
    }
}
