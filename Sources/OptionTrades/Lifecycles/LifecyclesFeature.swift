import LedgerExplanations
import LedgerProjections

extension TradeFeature {
    static let lifecycles = TradeFeature(
        view: .lifecycles,
        projection: ProjectionSource(
            LifecyclesProjection.name
        ) { version, read in
            LifecyclesProjection(rules: try LifecyclesRules(version: version, read: read))
        },
        explainer: ExplainerSource(LifecyclesProjection.name) { identity, _, read in
            LifecyclesExplainer(rules: try LifecyclesRules(version: identity.rulesVersion, read: read))
        })
}
