import LedgerExplanations
import LedgerProjections

extension TradeFeature {
    static let syncState = TradeFeature(
        view: .syncState,
        projection: ProjectionSource(
            SyncStateProjection.name, codes: [PublishedCode(version: 1), PublishedCode(version: 2)], folding: { $0.folding(as: $1) }
        ) { version, read in
            SyncStateProjection(rules: try SyncStateRules(version: version, read: read))
        },
        explainer: ExplainerSource(SyncStateProjection.name) { identity, _, _ in
            SyncStateExplainer(cursor: SyncStateProjection.CursorSource(codeVersion: identity.codeVersion))
        })
}
