import LedgerEvents
import LedgerExplanations
import LedgerJSON
import LedgerProjections
import LedgerValues

extension View {
    package static let brokerPositions = View(
        "broker-positions", title: "Broker positions", path: "/api/broker/positions", projection: "broker_positions",
        key: ["source", "symbol"],
        filters: [.choice("source", "source", "Source", BrokerSource.self), .choice("state", "state", "State", PositionState.self)],
        whenEmpty: "No position was observed and no order was filled yet.",
        note: "Positions at the broker against what the ledger's executions leave.")
}

extension TradeFeature {
    static let brokerPositions = TradeFeature(
        view: .brokerPositions,
        projection: ProjectionSource(BrokerPositionsProjection.name) { version, read in
            BrokerPositionsProjection(rules: try BrokerPositionsRules(version: version, read: read))
        },
        explainer: ExplainerSource(BrokerPositionsProjection.name) { identity, _, read in
            BrokerPositionsExplainer(rules: try BrokerPositionsRules(version: identity.rulesVersion, read: read))
        })
}

/// Explains rows of `broker_positions`: the quantities from which the published ones follow.
struct BrokerPositionsExplainer: ViewExplainer {
    let rules: BrokerPositionsRules

    static func needs(_ row: RowMembers) -> ExplanationNeeds {
        .latest(stream: Streams.brokerPositions(source: row.text("source")), [LatestEvent(.brokerPositionsObserved)])
    }

    func explain(_ field: String, _ sheet: inout Worksheet) throws(ExplanationError) {
        let observed = sheet.row.events.last
        let root = sheet.row.published.root
        switch field {
        case "difference":
            sheet.input("broker_quantity", Shown(root["broker_quantity"]), observed)
            sheet.input("ledger_quantity", Shown(root["ledger_quantity"]), nil)
            guard let broker = root["broker_quantity"]?.publishedDecimal, let ledger = root["ledger_quantity"]?.publishedDecimal else {
                return sheet.null("difference", because: "the broker's positions were not observed since")
            }
            sheet.step("what the broker has more", "broker_quantity - ledger_quantity", Shown(broker - ledger))
        case "explained_quantity", "state", "explanation":
            sheet.rule(rules.file, "explaining_activities")
            sheet.rule(rules.file, "counted_statuses")
            sheet.step("of the activities of the symbol that count", field, Shown(root[field]))
        case "ledger_quantity": sheet.step("purchases less sales of the source's executions of the symbol", field, Shown(root[field]))
        default:
            sheet.input(field, Shown(root[field]), observed)
            sheet.step("as the broker gave it", field, Shown(root[field]))
        }
    }
}
