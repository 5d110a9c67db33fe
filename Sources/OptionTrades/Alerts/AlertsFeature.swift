import LedgerEvents
import LedgerExplanations
import LedgerJSON
import LedgerProjections
import LedgerRules
import LedgerValues

extension View {
    package static let alerts = View(
        "alerts", title: "Alerts", path: "/api/alerts", projection: "alerts", key: ["alert_id", "currency"],
        filters: [
            .text("id", "alert_id", "Alert"), .text("currency", "currency", "Market"),
            .choice("state", "state", "State", AlertStanding.self),
            .choice("severity", "severity", "Severity", AlertRules.Severity.self),
        ], whenEmpty: "No alert was raised yet.",
        note: "How each alert of each market stands. An alert of the ledger itself has the market -.")
}

extension TradeFeature {
    static let alerts = TradeFeature(
        view: .alerts,
        projection: ProjectionSource(AlertsProjection.name) { version, read in
            AlertsProjection(rules: try AlertsViewRules(version: version, read: read))
        },
        explainer: ExplainerSource(AlertsProjection.name) { identity, _, read in
            AlertsExplainer(rules: try AlertsViewRules(version: identity.rulesVersion, read: read))
        })
}

/// Explains rows of `alerts` from the events of the alert.
struct AlertsExplainer: ViewExplainer {
    let rules: AlertsViewRules

    static func needs(_ row: RowMembers) -> ExplanationNeeds {
        .stream(Streams.alert(id: row.text("alert_id"), currency: row.text("currency")))
    }

    var quotedFiles: [RuleFile] { [rules.file] }

    func explain(_ field: String, _ sheet: inout Worksheet) throws(ExplanationError) {
        guard let latest = sheet.row.events.last else {
            throw .missingEvent(view: AlertsProjection.name, position: nil, expected: "event of the alert")
        }
        let raised = sheet.row.events.last { $0.payload(as: AlertRaisedPayload.self) != nil }
        let cleared = sheet.row.events.last { $0.payload(as: AlertClearedPayload.self) != nil }
        let silenced = sheet.row.events.last { $0.payload(as: AlertSilencedPayload.self) != nil }
        let value = Shown(sheet.row.published.root[field])
        if let published = sheet.row.published.root[field], published.isNull {
            return sheet.null(field, because: "no event of the alert says so")
        }
        switch field {
        case "alert_id", "currency": sheet.copy(field, value, latest)
        case "analysis", "path", "raised_at", "raised_position", "severity", "since", "text":
            sheet.input(field, value, raised)
            sheet.step("of the latest raise", field, value)
        case "cleared_at", "cleared_position":
            sheet.input(field, value, cleared)
            sheet.step("of the clear after the latest raise", field, value)
        case "silence_reason", "silenced_by", "silenced_until":
            sheet.input(field, value, silenced)
            sheet.step("of the latest silence", field, value)
        case "history":
            sheet.rule(rules.file, "history")
            sheet.step("the latest raises and clears", field, value)
        default:
            sheet.input("event", Shown(latest.record.type), latest)
            sheet.step("as the alert's events leave it", field, value)
        }
    }
}
