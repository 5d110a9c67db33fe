extension TradeFeature {
    static let gexHourly = TradeFeature(view: .gexHourly, of: .gexHourly)
}

extension ObservationTable {
    static let gexHourly = ObservationTable("gex_hourly", of: .gexHourly)
}

extension View {
    package static let gexHourly = View.ofObservations(
        "gex-hourly", title: "Gamma exposure by hour", path: "/api/market/series/gex_hourly", of: .gexHourly)
}
