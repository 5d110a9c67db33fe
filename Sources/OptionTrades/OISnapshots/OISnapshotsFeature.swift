extension TradeFeature {
    static let oiSnapshots = TradeFeature(view: .oiSnapshots, of: .oiSnapshots)
}

extension ObservationTable {
    static let oiSnapshots = ObservationTable("oi_snapshots", of: .openInterest, snapshots: "oi")
}

extension View {
    package static let oiSnapshots = View.ofObservations(
        "oi-snapshots", title: "Open interest by exchange", path: "/api/market/series/oi_snapshots", of: .oiSnapshots,
        latest: .ofIdentity)
}
