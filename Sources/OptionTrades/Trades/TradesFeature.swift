import LedgerExplanations
import LedgerProjections

extension TradeFeature {
    static let trades = TradeFeature(
        view: .trades,
        projection: ProjectionSource(
            TradesProjection.name
        ) { version, read in
            TradesProjection(rules: try TradesRules(version: version, read: read))
        },
        explainer: ExplainerSource(TradesProjection.name) { identity, _, read in
            TradesExplainer(rules: try TradesRules(version: identity.rulesVersion, read: read))
        })
}
