extension TradeFeature {
    static let fundingRates = TradeFeature(view: .fundingRates, of: .fundingRates)
}

extension ObservationTable {
    static let fundingRates = ObservationTable("funding_rates", of: .fundingRate)
}

extension View {
    package static let fundingRates = View.ofObservations(
        "funding-rates", title: "Funding rates", path: "/api/market/series/funding_rates", of: .fundingRates,
        latest: .ofIdentity)
}
