extension TradeFeature {
    static let volCones = TradeFeature(view: .volCones, of: .volCones)
}

extension ObservationTable {
    static let volCones = ObservationTable("vol_cones", of: .volCone)
}

extension View {
    package static let volCones = View.ofObservations(
        "vol-cones", title: "Cones of realized volatility", path: "/api/market/series/vol_cones", of: .volCones)
}
