import Explanations
import Projections

extension TradeFeature {
    static let syncState = TradeFeature(
        projection: ProjectionSource(SyncStateProjection.name) { version, read in
            SyncStateProjection(rules: try SyncStateRules(version: version, read: read))
        },
        explainer: ExplainerSource(SyncStateProjection.name) { _, _, _ in SyncStateExplainer() })
}
