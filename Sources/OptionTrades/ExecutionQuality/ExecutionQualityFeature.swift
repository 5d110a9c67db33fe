import LedgerExplanations
import LedgerProjections

extension TradeFeature {
    static let executionQuality = TradeFeature(
        view: .executionQuality,
        projection: ProjectionSource(
            ExecutionQualityProjection.name,
            codes: [
                PublishedCode(version: 1) { ExecutionQualityAggregates(.withinInputBound) },
                PublishedCode(version: 2) { ExecutionQualityAggregates(.complete) },
            ]
        ) { version, read in
            ExecutionQualityProjection(rules: try ExecutionQualityRules(version: version, read: read))
        },
        explainer: ExplainerSource(ExecutionQualityProjection.name) { identity, _, read in
            ExecutionQualityExplainer(rules: try ExecutionQualityRules(version: identity.rulesVersion, read: read))
        })
}
