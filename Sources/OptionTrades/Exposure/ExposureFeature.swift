import LedgerExplanations
import LedgerProjections

extension TradeFeature {
    static let exposure = TradeFeature(
        view: .exposure,
        projection: ProjectionSource(ExposureTable.name) { version, read in
            ChainProjection(try ExposureTable(version: version, read: read))
        },
        explainer: ExplainerSource(ExposureTable.name) { identity, _, read in
            ChainExplainer(table: try ExposureTable(version: identity.rulesVersion, read: read))
        })
}

extension View {
    package static let exposure = View.ofChains(
        "exposure", title: "Gamma exposure", path: "/api/research/exposure/rows", projection: ExposureTable.name,
        remark: ("convention", "calls_positive_puts_negative"),
        note: "A retail heuristic, informational, never advice: dealers are taken to be long calls and short puts.")
}
