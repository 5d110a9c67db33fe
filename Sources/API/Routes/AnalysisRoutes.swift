import LedgerAnalyses
import Operations
import OptionTrades

extension Route {
    static let analyses = MarketAnalysis.all.map { analysis in
        Route("GET", analysis.path) { api, request, _ in
            let ask = try API.analysisRequest(analysis, request)
            let projections = try AnalysisReader(api.ledger).projections(ask)
            return try await api.cached(analysis.name, reading: projections, request) { try await api.answer(ask, request) }
        }
    }
}

extension API {
    /// An analysis's document; for ever the same, and cached so, where the request pins all that it depends on.
    func answer(_ ask: AnalysisRequest, _ request: APIRequest) async throws -> APIResponse {
        let answer = try await AnalysisReader(ledger).answer(ask)
        return .json(
            answer.json(), cache: answer.isPinned ? APIResponse.immutable : "no-cache",
            tag: answer.entityTag(query: request.query ?? ""))
    }

    /// What a request asks of an analysis.
    static func analysisRequest(_ analysis: MarketAnalysis, _ request: APIRequest) throws -> AnalysisRequest {
        let own = analysis.source.parameters.map(\.name)
        let parameters = try Parameters(request.query, allowed: own + ["as_of_position", "as_of", "rules", "receipt"])
        var ask = AnalysisRequest(
            analysis, Dictionary(uniqueKeysWithValues: own.compactMap { name in parameters[name].map { (name, $0) } }))
        ask.asOfPosition = try parameters.integer("as_of_position", in: 0...Int64.max)
        ask.asOf = try parameters.instant("as_of")
        ask.version = try parameters["rules"].map { try AnalysisRequest.version(parsing: $0, of: analysis) }
        ask.hasReceipt = try parameters.flag("receipt") ?? false
        return ask
    }
}
