import LedgerExplanations
import LedgerProjections

extension TradeFeature {
    static let outcomes = TradeFeature(
        view: .outcomes,
        projection: ProjectionSource(
            OutcomesProjection.name,
            codes: [
                PublishedCode(version: 1) { OutcomesAggregates(.withinInputBound) },
                PublishedCode(version: 2) { OutcomesAggregates(.complete) },
            ]
        ) { version, read in
            OutcomesProjection(rules: try OutcomesRules(version: version, read: read))
        },
        explainer: ExplainerSource(OutcomesProjection.name) { identity, _, read in
            OutcomesExplainer(rules: try OutcomesRules(version: identity.rulesVersion, read: read))
        })
}
