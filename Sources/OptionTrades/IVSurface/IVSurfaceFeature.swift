import LedgerExplanations
import LedgerProjections

extension TradeFeature {
    static let ivSurface = TradeFeature(
        view: .ivSurface,
        projection: ProjectionSource(IVSurfaceTable.name) { version, read in
            ChainProjection(try IVSurfaceTable(version: version, read: read))
        },
        explainer: ExplainerSource(IVSurfaceTable.name) { identity, _, read in
            ChainExplainer(table: try IVSurfaceTable(version: identity.rulesVersion, read: read))
        })
}

extension View {
    package static let ivSurface = View.ofChains(
        "iv-surface", title: "Surface of implied volatility", path: "/api/research/iv-surface/rows", projection: IVSurfaceTable.name,
        note: "Informational, never advice. IVs are vol points.")
}
