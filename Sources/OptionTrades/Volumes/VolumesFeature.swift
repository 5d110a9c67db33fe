extension TradeFeature {
    static let volumes = TradeFeature(view: .volumes, of: .volumes)
}

extension ObservationTable {
    static let volumes = ObservationTable("volumes", of: .volume)
}

extension View {
    package static let volumes = View.ofObservations(
        "volumes", title: "Volumes of options", path: "/api/market/series/volumes", of: .volumes)
}
