extension TradeFeature {
    static let spotSnapshots = TradeFeature(view: .spotSnapshots, of: .spotSnapshots)
}

extension ObservationTable {
    static let spotSnapshots = ObservationTable("spot_snapshots", of: .spot, snapshots: "spot")
}

extension View {
    package static let spotSnapshots = View.ofObservations(
        "spot-snapshots", title: "Spot prices", path: "/api/market/series/spot_snapshots", of: .spotSnapshots)
}
