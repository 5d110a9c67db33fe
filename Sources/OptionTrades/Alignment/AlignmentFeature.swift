import LedgerExplanations
import LedgerProjections

extension TradeFeature {
    static let alignment = TradeFeature(
        view: .alignment,
        projection: ProjectionSource(
            AlignmentProjection.name, codes: [PublishedCode(version: 1) { AlignmentAggregates() }]
        ) { version, read in
            AlignmentProjection(rules: try AlignmentRules(version: version, read: read))
        },
        explainer: ExplainerSource(AlignmentProjection.name) { identity, _, read in
            AlignmentExplainer(rules: try AlignmentRules(version: identity.rulesVersion, read: read))
        })
}
