import LedgerExplanations
import LedgerProjections

extension TradeFeature {
    static let dispatches = TradeFeature(
        view: .dispatches,
        projection: ProjectionSource(
            DispatchesProjection.name, codes: [PublishedCode(version: 1) { DispatchesAggregates() }]
        ) { version, read in
            DispatchesProjection(rules: try DispatchRules(version: version, read: read))
        },
        explainer: ExplainerSource(DispatchesProjection.name) { identity, _, read in
            DispatchesExplainer(rules: try DispatchRules(version: identity.rulesVersion, read: read))
        })
}
