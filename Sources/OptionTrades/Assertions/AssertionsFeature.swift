import LedgerExplanations
import LedgerProjections

extension TradeFeature {
    static let assertions = TradeFeature(
        view: .assertions,
        projection: ProjectionSource(AssertionsProjection.name) { version, read in
            AssertionsProjection(rules: try AssertionsRules(version: version, read: read))
        },
        explainer: ExplainerSource(AssertionsProjection.name) { identity, _, read in
            AssertionsExplainer(rules: try AssertionsRules(version: identity.rulesVersion, read: read))
        })
}
