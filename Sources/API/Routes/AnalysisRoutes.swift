import LedgerAnalyses
import Operations
import OptionTrades

extension Route {
    static let analyses = MarketAnalysis.all.flatMap { analysis in
        [
            Route("GET", analysis.path) { api, request, _ in
                let ask = try API.analysisRequest(analysis, request)
                let projections = try AnalysisReader(api.ledger).projections(ask)
                return try await api.cached(analysis.name, reading: projections, request) { try await api.answer(ask, request) }
            },
            Route("GET", below: analysis.path, "explain") { api, request, _ in try await api.explain(analysis, request) },
        ]
    }
}

extension API {
    /// An analysis's document; for ever the same, and cached so, where the request pins all that it depends on.
    func answer(_ ask: AnalysisRequest, _ request: APIRequest) async throws -> APIResponse {
        let answer = try await AnalysisReader(ledger).answer(ask)
        return .json(
            try answer.json(), cache: answer.isPinned ? APIResponse.immutable : "no-cache",
            tag: answer.entityTag(query: request.query ?? ""))
    }

    /// The largest number of an analysis's figures in one explanation. A figure of a model lists hundreds of inputs.
    private static let maximumExplainedFigures = 100

    /// Explains a figure of an analysis's document, or all that stand at or below a path.
    func explain(_ analysis: MarketAnalysis, _ request: APIRequest) async throws -> APIResponse {
        let parameters = try Self.parameters(of: analysis, request, and: "field")
        let ask = try Self.analysisRequest(analysis, parameters)
        do {
            let path = parameters["field"].map { FieldPath($0) }
            let explained = try await AnalysisReader(ledger).explain(ask, path, maximumFigures: Self.maximumExplainedFigures)
            return .json(explained.json(), tag: explained.tag)
        } catch let error as ExplainError {
            throw Problem(error)
        }
    }

    /// What a request asks of an analysis.
    static func analysisRequest(_ analysis: MarketAnalysis, _ request: APIRequest) throws -> AnalysisRequest {
        let parameters = try parameters(of: analysis, request, and: "receipt")
        var ask = try analysisRequest(analysis, parameters)
        ask.hasReceipt = try parameters.flag("receipt") ?? false
        return ask
    }

    private static func parameters(of analysis: MarketAnalysis, _ request: APIRequest, and name: String) throws -> Parameters {
        try Parameters(request.query, allowed: analysis.source.parameters.map(\.name) + ["as_of_position", "as_of", "rules", name])
    }

    private static func analysisRequest(_ analysis: MarketAnalysis, _ parameters: Parameters) throws -> AnalysisRequest {
        let own = analysis.source.parameters.map(\.name)
        var ask = AnalysisRequest(
            analysis, Dictionary(uniqueKeysWithValues: own.compactMap { name in parameters[name].map { (name, $0) } }))
        ask.asOfPosition = try parameters.integer("as_of_position", in: 0...Int64.max)
        ask.asOf = try parameters.instant("as_of")
        ask.version = try parameters["rules"].map { try AnalysisRequest.version(parsing: $0, of: analysis) }
        return ask
    }
}
