import LedgerJSON
import Operations
import OptionTrades

extension Route {
    static let explanations = [
        Route("GET", "/api/ledger/explain") { api, request, _ in try await api.explain(request) },
        Route("GET", "/api/ledger/steps") { api, request, _ in try await api.steps(request) },
    ]
}

extension API {
    /// Explains a row of a view, or one of its columns.
    ///
    /// Pinned answers stay `no-cache`, because the pin does not cover the served rules.
    func explain(_ request: APIRequest) async throws -> APIResponse {
        let parameters = try Parameters(
            request.query, allowed: ["view", "key", "field", "as_of_position", "as_of", "effective_at", "rules"])
        do {
            let (view, key) = try Self.row(parameters)
            var ask = try ExplainRequest(view: view, key: key, field: parameters["field"])
            ask.asOfPosition = try parameters.integer("as_of_position", in: 0...Int64.max)
            ask.asOf = try parameters.instant("as_of")
            ask.effectiveAt = try parameters.instant("effective_at")
            if let rules = parameters["rules"] { ask.rules = try RulesChoice(parsing: rules, projection: ask.view.projection) }
            let explained = try await ledger.explain(ask)
            return .json(explained.json(), tag: explained.tag)
        } catch let error as ExplainError {
            throw Problem(error)
        }
    }

    /// Walks along the events of a row's entity, under one version or two side by side.
    ///
    /// Pinned answers stay `no-cache`, because the pin does not cover the served rules.
    func steps(_ request: APIRequest) async throws -> APIResponse {
        let parameters = try Parameters(
            request.query,
            allowed: ["view", "key", "rules", "against", "from", "limit", "cursor", "as_of_position", "as_of", "effective_at"])
        do {
            let (view, key) = try Self.row(parameters)
            var ask = try StepsRequest(view: view, key: key)
            let projection = ask.view.projection
            if let rules = parameters["rules"] { ask.rules = try RulesChoice(parsing: rules, projection: projection) }
            ask.against = try parameters["against"].map {
                try RulesChoice(parsing: $0, projection: projection, parameter: "against")
            }
            ask.from = try parameters.integer("from", in: 0...Int64.max)
            if let limit = try parameters.integer("limit", in: 1...Int64(StepsRequest.maximumLimit)) { ask.limit = Int(limit) }
            ask.cursor = parameters["cursor"]
            ask.asOfPosition = try parameters.integer("as_of_position", in: 0...Int64.max)
            ask.asOf = try parameters.instant("as_of")
            ask.effectiveAt = try parameters.instant("effective_at")
            let page = try await StepReader(ledger).steps(ask)
            return .json(page.document.bytes, tag: page.tag)
        } catch let error as ExplainError {
            throw Problem(error)
        }
    }

    /// The view and the key that a request names.
    static func row(_ parameters: Parameters) throws(ExplainError) -> (view: String, key: [String]) {
        guard let view = parameters["view"] else {
            throw .badParameter(name: "view", expected: "one of \(View.all.map(\.projection).joined(separator: ", "))")
        }
        guard let key = parameters["key"] else {
            throw .badParameter(name: "key", expected: "the parts of the row's key with `|` between them")
        }
        return (view, try ExplainRequest.key(parsing: key))
    }
}

extension Problem {
    init(_ error: ExplainError) {
        switch error {
        case .badParameter, .tooLarge: self.init(.badParameter, "\(error)")
        case .noRow: self.init(.notFound, "\(error)")
        case .notInstalled: self.init(.notReady, "\(error)")
        case .inconsistent: self.init(.internalError, "\(error)")
        }
    }
}
