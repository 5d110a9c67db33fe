extension TradeFeature {
    static let optionPrints = TradeFeature(view: .optionPrints, of: .optionPrints)
}

extension ObservationTable {
    static let optionPrints = ObservationTable("option_prints", of: .optionPrint)
}

extension View {
    package static let optionPrints = View.ofObservations(
        "option-prints", title: "Prints of options", path: "/api/market/series/option_prints", of: .optionPrints)
}
