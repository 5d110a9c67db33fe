extension TradeFeature {
    static let futuresBasis = TradeFeature(view: .futuresBasis, of: .futuresBasis)
}

extension ObservationTable {
    static let futuresBasis = ObservationTable("futures_basis", of: .futuresBasis)
}

extension View {
    package static let futuresBasis = View.ofObservations(
        "futures-basis", title: "Basis of futures", path: "/api/market/series/futures_basis", of: .futuresBasis,
        latest: .ofIdentity)
}
