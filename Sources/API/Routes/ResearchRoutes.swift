import LedgerProjections
import LedgerValues
import Operations
import OptionTrades

extension Route {
    static let research = [
        Route("GET", "/api/research/iv-surface") { api, request, _ in
            let parameters = try API.researchParameters(request, ["underlying", "from", "to", "tenors"])
            var question = IVSurfaceQuestion(underlying: try parameters.needed("underlying", "an underlying, for example MSTR"))
            question.from = try parameters.date("from")
            question.to = try parameters.date("to")
            question.tenors = try parameters["tenors"].map { try IVSurfaceQuestion.tenors(parsing: $0) }
            return try await api.answer(question, parameters, request)
        },
        Route("GET", "/api/research/exposure") { api, request, _ in
            let parameters = try API.researchParameters(request, ["underlying", "market_date", "slice"])
            var question = ExposureQuestion(underlying: try parameters.needed("underlying", "an underlying, for example MSTR"))
            question.marketDate = try parameters.date("market_date")
            if let slice = parameters["slice"] { question.slice = try ExposureQuestion.slice(parsing: slice) }
            return try await api.answer(question, parameters, request)
        },
        Route("GET", "/api/research/flow") { api, request, _ in
            let parameters = try API.researchParameters(request, ["underlying", "from", "to", "source", "group"])
            var question = FlowQuestion(underlying: try parameters.needed("underlying", "an underlying, for example MSTR"))
            question.from = try parameters.date("from")
            question.to = try parameters.date("to")
            question.source = try parameters["source"].map { try FlowQuestion.source(parsing: $0) }
            if let group = parameters["group"] { question.group = try FlowQuestion.group(parsing: group) }
            return try await api.answer(question, parameters, request)
        },
        Route("GET", "/api/research/levels") { api, request, _ in
            let parameters = try API.researchParameters(request, ["symbol", "market_date", "benchmark", "anchor"])
            var question = LevelsQuestion(symbol: try parameters.needed("symbol", "a symbol, for example MSTR"))
            question.marketDate = try parameters.date("market_date")
            question.benchmark = parameters["benchmark"]
            question.anchors = try parameters["anchor"].map { try LevelsQuestion.anchors(parsing: $0) }
            return try await api.answer(question, parameters, request)
        },
        Route("GET", "/api/research/scenarios") { api, request, _ in
            let parameters = try API.researchParameters(request, ["position_id", "portfolio"])
            let question = try ScenariosQuestion(position: parameters["position_id"], portfolio: parameters["portfolio"])
            return try await api.answer(question, parameters, request)
        },
    ]
}

extension API {
    /// The parameters of a read of research: its own, and those that say what it stands on.
    static func researchParameters(_ request: APIRequest, _ own: [String]) throws -> Parameters {
        try Parameters(request.query, allowed: own + ["as_of_position", "as_of", "rules", "receipt"])
    }

    /// A document of research; for ever the same, and cached so, where the request pins all that it depends on.
    func answer(
        _ question: some ResearchQuestion, _ parameters: Parameters, _ request: APIRequest
    ) async throws -> APIResponse {
        var ask = ResearchRequest()
        ask.asOfPosition = try parameters.integer("as_of_position", in: 0...Int64.max)
        ask.asOf = try parameters.instant("as_of")
        ask.hasReceipt = try parameters.flag("receipt") ?? false
        if let rules = parameters["rules"] { try ask.setRules(rules, of: question) }
        let settled = ask
        return try await cached("research \(question.name)", reading: question.views.map(\.projection), request) {
            let answer = try await ResearchReader(ledger).answer(question, settled)
            return .json(
                try answer.json(), cache: answer.isPinned ? APIResponse.immutable : "no-cache",
                tag: answer.entityTag(query: request.query ?? ""))
        }
    }
}

extension Parameters {
    /// A parameter that has to be there.
    func needed(_ name: String, _ expected: String) throws(ViewError) -> String {
        guard let value = self[name], !value.isEmpty else { throw .badParameter(name: name, expected: expected) }
        return value
    }

    func date(_ name: String) throws(ViewError) -> CalendarDate? {
        guard let text = self[name] else { return nil }
        guard let date = CalendarDate(text) else { throw .badParameter(name: name, expected: "a date such as 2026-01-30") }
        return date
    }
}
