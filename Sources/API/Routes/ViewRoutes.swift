import Console
import Operations
import OptionTrades

extension Route {
    static let views = View.all.map { view in list(of: view, at: view.path) }

    /// Names that dashboards know for some of the views.
    static let aliases: [Route] = [
        list(of: .volMetricsSnapshots, at: "/api/dvol"), list(of: .ivSurfaceSnapshots, at: "/api/vol-surface"),
        list(of: .optionPrints, at: "/api/decorated-trades"), list(of: .fundingRates, at: "/api/funding-rates"),
        list(of: .optionChains, at: "/api/option-chain"),
    ]

    private static func list(of view: View, at path: StaticString) -> Route {
        Route("GET", path) { api, request, _ in
            let form = ContentNegotiation.prefersCSV(request) ? " as csv" : ""
            return try await api.cached(view.name + form, reading: [view.projection], request) { try await api.list(view, request) }
        }
    }
}

extension API {
    /// A view's page as JSON or CSV; for ever the same, and cached so, where the request pins all that it depends on.
    func list(_ view: View, _ request: APIRequest) async throws -> APIResponse {
        var ask = try Self.viewRequest(view, request)
        let isCSV = ContentNegotiation.prefersCSV(request)
        if isCSV {
            if ask.hasReceipt { throw Problem(.badParameter, "receipt: expected an answer in JSON, since CSV has rows alone") }
            if ask.hasJoinedRows { throw Problem(.badParameter, "rows: expected an answer in JSON, since CSV has no lists") }
            if case .points = ask.series { throw Problem(.badParameter, "bucket: expected an answer in JSON, since CSV has rows alone") }
            ask.hasAggregates = false
        }
        let page = try await ViewReader(ledger).page(view, ask)
        var response = APIResponse.json(
            isCSV ? try page.csv(ledger.csv(of: view)) : page.json(), cache: page.isPinned ? APIResponse.immutable : "no-cache",
            tag: page.entityTag(query: (request.query ?? "") + (isCSV ? "|csv" : "")))
        response.headers.append(("Vary", "Accept"))
        if isCSV {
            response.headers[0].value = "text/csv; charset=utf-8; header=present"
            if let cursor = page.nextCursor {
                let same = try Self.parameters(of: view, request).others(than: ["cursor"])
                let next = Address("\(view.path)".split(separator: "/").map(String.init), same + [("cursor", cursor)])
                response.headers.append(("Link", "<\(next.text)>; rel=\"next\""))
            }
        }
        return response
    }

    /// The parameters of a list, except its filters.
    private static func reading(_ view: View) -> Set<String> {
        pins(of: view).union(view.seriesParameters).union(["limit", "cursor", "sort"]).union(view.hasJoinedRows ? ["rows"] : [])
    }

    private static func parameters(of view: View, _ request: APIRequest) throws(Problem) -> Parameters {
        try Parameters(request.query, allowed: view.filterParameters + reading(view))
    }

    /// The parameters that say what any answer about a view's rows stands on.
    static func pins(of view: View) -> Set<String> {
        var names: Set<String> = ["as_of_position", "as_of", "rules", "receipt"]
        if view.hasValidTime { names.insert("effective_at") }
        if view.hasHorizons { names.insert("horizons") }
        return names
    }

    /// What a request asks of a view.
    static func viewRequest(_ view: View, _ request: APIRequest) throws -> ViewRequest {
        try viewRequest(view, request, reading: reading(view))
    }

    /// What a request asks of a view's rows.
    ///
    /// - Parameter reading: the allowed parameters beside the view's filters
    static func viewRequest(_ view: View, _ request: APIRequest, reading: Set<String>) throws -> ViewRequest {
        let parameters = try Parameters(request.query, allowed: view.filterParameters + reading)
        var ask = ViewRequest()
        ask.filters = try ViewReader.filters(view, parameters.others(than: reading), request.isForPerson ? .forgiving : .exact)
        if view.isOfTrades && parameters["source"] == nil {
            // Exact for persons too, so that they share what is kept with programs.
            ask.filters += try ViewReader.filters(view, [("source", TradeLedger.standardSource)], .exact)
        }
        ask.series = try SeriesReading(
            latest: try parameters.flag("latest") ?? false, bucket: parameters["bucket"], aggregate: parameters["agg"])
        ask.limit =
            try parameters.integer("limit", in: 1...Int64(ViewReader.maximumLimit)).map { Int($0) }
            ?? ViewReader.standardLimit(ask.series)
        ask.hasJoinedRows = try parameters.flag("rows") ?? false
        ask.cursor = parameters["cursor"]
        ask.sort = parameters["sort"]
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
