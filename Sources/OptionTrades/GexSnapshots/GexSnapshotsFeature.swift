extension TradeFeature {
    static let gexSnapshots = TradeFeature(view: .gexSnapshots, of: .gexSnapshots)
}

extension ObservationTable {
    static let gexSnapshots = ObservationTable("gex_snapshots", of: .gexStrike, snapshots: "gex")
}

extension View {
    package static let gexSnapshots = View.ofObservations(
        "gex-snapshots", title: "Gamma exposure by strike", path: "/api/market/series/gex_snapshots", of: .gexSnapshots)
}
