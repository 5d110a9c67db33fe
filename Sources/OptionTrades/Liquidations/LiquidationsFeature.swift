extension TradeFeature {
    static let liquidations = TradeFeature(view: .liquidations, of: .liquidations)
}

extension ObservationTable {
    static let liquidations = ObservationTable("liquidations", of: .liquidation)
}

extension View {
    package static let liquidations = View.ofObservations(
        "liquidations", title: "Liquidations", path: "/api/market/series/liquidations", of: .liquidations)
}
