import Operations
import OptionTrades

extension Route {
    static let explanations = [
        Route("GET", "/api/ledger/explain") { api, request, _ in try await api.explain(request) }
    ]
}

extension API {
    /// Explains a row of a view, or one of its columns.
    ///
    /// Pinned answers stay `no-cache`, because the pin does not cover the served rules.
    func explain(_ request: APIRequest) async throws -> APIResponse {
        let parameters = try Parameters(
            request.query, allowed: ["view", "key", "field", "as_of_position", "as_of", "effective_at"])
        do {
            guard let view = parameters["view"] else {
                throw ExplainError.badParameter(
                    name: "view", expected: "one of \(View.all.map(\.projection).joined(separator: ", "))")
            }
            guard let key = parameters["key"] else {
                throw ExplainError.badParameter(name: "key", expected: "the parts of the row's key with `|` between them")
            }
            var ask = try ExplainRequest(view: view, key: try ExplainRequest.key(parsing: key), field: parameters["field"])
            ask.asOfPosition = try parameters.integer("as_of_position", in: 0...Int64.max)
            ask.asOf = try parameters.instant("as_of")
            ask.effectiveAt = try parameters.instant("effective_at")
            let explained = try await ledger.explain(ask)
            return .json(explained.json(), tag: explained.tag)
        } catch let error as ExplainError {
            throw Problem(error)
        }
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
