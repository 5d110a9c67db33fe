/// The payloads of alerts (docs/contract/alerts.md).
enum AlertPayloads {
    static let group = PayloadGroup(
        folder: "Alerts", types: PayloadTypes(lists: ["standings": "AlertStandingRecord"], textDigests: ["rules_digest"]),
        payloads: [
            PayloadDescription(
                "AlertRaisedPayload", ["AlertRaised.v1"], .listed(), parameters: .asListed,
                "The payload of `AlertRaised`: an alert's condition has held for long enough (docs/contract/alerts.md)."),
            PayloadDescription(
                "AlertClearedPayload", ["AlertCleared.v1"], .listed(), parameters: .asListed,
                "The payload of `AlertCleared`: a raised alert's figure left its threshold (docs/contract/alerts.md)."),
            PayloadDescription(
                "AlertSilencedPayload", ["AlertSilenced.v1"], .listed(), parameters: .asListed,
                "The payload of `AlertSilenced`: no message about an alert is sent for a time (docs/contract/alerts.md)."),
            PayloadDescription(
                "AlertsEvaluatedPayload", ["AlertsEvaluated.v1"], .listed(),
                """
                The payload of `AlertsEvaluated`: evaluations were made up to a moment, and how the alerts stood then. With it the
                log is enough to make every evaluation after it again (docs/contract/alerts.md, "Evaluation").
                """),
            PayloadDescription(
                "AlertStandingRecord", ["AlertsEvaluated.v1"], .listed(at: "/$defs/standing"), "How an alert stood at an evaluation."),
        ])
}
