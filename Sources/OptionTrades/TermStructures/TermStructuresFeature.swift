extension TradeFeature {
    static let termStructures = TradeFeature(view: .termStructures, of: .termStructures)
}

extension ObservationTable {
    static let termStructures = ObservationTable("term_structures", of: .termStructure)
}

extension View {
    package static let termStructures = View.ofObservations(
        "term-structures", title: "Term structures", path: "/api/market/series/term_structures", of: .termStructures)
}
