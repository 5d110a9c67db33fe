extension TradeFeature {
    static let putCall = TradeFeature(view: .putCall, of: .putCall)
}

extension ObservationTable {
    static let putCall = ObservationTable("put_call", of: .putCall)
}

extension View {
    package static let putCall = View.ofObservations(
        "put-call", title: "Calls and puts bought and sold", path: "/api/market/series/put_call", of: .putCall)
}
