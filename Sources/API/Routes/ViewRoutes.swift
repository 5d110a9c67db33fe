import Operations
import OptionTrades

extension Route {
    static let views = View.all.map { view in
        Route("GET", view.path) { api, request, _ in
            try await api.cached(view.name, reading: [view.projection], request) { try await api.list(view, request) }
        }
    }
}

extension API {
    /// A view's page; for ever the same, and cached so, where the request pins all that it depends on.
    func list(_ view: View, _ request: APIRequest) async throws -> APIResponse {
        let page = try await ViewReader(ledger).page(view, try Self.viewRequest(view, request))
        return .json(
            page.json(), cache: page.isPinned ? APIResponse.immutable : "no-cache",
            tag: page.entityTag(query: request.query ?? ""))
    }

    /// What a request asks of a view.
    static func viewRequest(_ view: View, _ request: APIRequest) throws -> ViewRequest {
        var reading: Set<String> = ["limit", "cursor", "as_of_position", "as_of", "effective_at", "rules", "receipt"]
        if view.hasHorizons { reading.insert("horizons") }
        reading.formUnion(view.seriesParameters)
        let parameters = try Parameters(request.query, allowed: view.filterParameters + reading)
        var ask = ViewRequest()
        var filters = parameters.others(than: reading)
        if view.filterParameters.contains("source") && parameters["source"] == nil {
            filters.append(("source", TradeLedger.standardSource))
        }
        ask.filters = try ViewReader.filters(view, filters, request.isForPerson ? .forgiving : .exact)
        ask.series = try SeriesReading(
            latest: try parameters.flag("latest") ?? false, bucket: parameters["bucket"], aggregate: parameters["agg"])
        ask.limit =
            try parameters.integer("limit", in: 1...Int64(ViewReader.maximumLimit)).map { Int($0) }
            ?? ViewReader.standardLimit(ask.series)
        ask.cursor = parameters["cursor"]
        ask.asOfPosition = try parameters.integer("as_of_position", in: 0...Int64.max)
        ask.asOf = try parameters.instant("as_of")
        ask.effectiveAt = try parameters.instant("effective_at")
        ask.horizons = parameters["horizons"]
        if let rules = parameters["rules"] {
            ask.rules = try RulesChoice(parsing: rules, projection: view.projection)
        }
        ask.isReceiptFull = parameters["receipt"] == "full"
        ask.hasReceipt = try ask.isReceiptFull || parameters.flag("receipt", or: "full") ?? false
        return ask
    }
}
