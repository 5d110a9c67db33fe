// Made by `swift run payload-generator` from schema/events/AlertsEvaluated.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerValues

/// The payload of `AlertsEvaluated`: evaluations were made up to a moment, and how the alerts stood then. With it the
/// log is enough to make every evaluation after it again (docs/contract/alerts.md, "Evaluation").
package struct AlertsEvaluatedPayload: CodedFields {
    /// `currencies`: The markets whose alerts are evaluated.
    package var currencies: [String] = []
    /// `is_begin`: Whether evaluations began here, after none since the one before.
    package var isBegin: Bool = false
    /// `now`: The moment of the latest evaluation.
    package var now: Instant = .minimum
    /// `position`: What that evaluation was as of.
    package var position: Int64 = 0
    /// `rules_digest`
    package var rulesDigest: String = ""
    /// `rules_version`
    package var rulesVersion: Int64 = 0
    /// `standings`: The alerts that differ from alerts that nobody evaluated.
    package var standings: [AlertStandingRecord] = []

    package init() {}

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.texts("currencies", &currencies)
        try fields.truth("is_begin", &isBegin)
        try fields.instant("now", &now)
        try fields.integer("position", &position)
        try fields.text("rules_digest", &rulesDigest)
        try fields.integer("rules_version", &rulesVersion)
        try fields.objects("standings", &standings)
    }
}

extension AlertsEvaluatedPayload: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: AlertsEvaluatedPayload, right: AlertsEvaluatedPayload) -> Bool {
        guard left.currencies == right.currencies,
            left.isBegin == right.isBegin,
            left.now == right.now,
            left.position == right.position,
            left.rulesVersion == right.rulesVersion,
            left.standings == right.standings,
            left.rulesDigest.isBytewiseEqual(to: right.rulesDigest)
        else { return false }
        return true
    }
}
