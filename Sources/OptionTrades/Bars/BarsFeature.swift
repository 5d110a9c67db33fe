extension TradeFeature {
    static let bars = TradeFeature(view: .bars, of: .bars)
}

extension ObservationTable {
    /// `timestamp` is the end of the last bar of the period.
    static let bars = ObservationTable("bars", of: .bars)
}

extension View {
    package static let bars = View.ofObservations("bars", title: "Bars", path: "/api/market/series/bars", of: .bars)
}
