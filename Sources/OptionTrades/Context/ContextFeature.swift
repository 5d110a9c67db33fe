import LedgerExplanations
import LedgerProjections

extension TradeFeature {
    static let context = TradeFeature(
        view: .context,
        projection: ProjectionSource(
            ContextProjection.name
        ) { version, read in
            ContextProjection(rules: try ContextRules(version: version, read: read))
        },
        explainer: ExplainerSource(ContextProjection.name) { identity, files, read in
            try ContextExplainer(version: identity.rulesVersion, files: files, read: read)
        })
}
