import Operations
import OptionTrades

extension Route {
    static let totals = [
        Route("GET", "/api/ledger/totals") { api, request, _ in
            let (view, by) = try API.totalsQuestion(request)
            return try await api.cached("totals of \(view.name)", reading: [view.projection], request) {
                try await api.totals(view, by: by, request)
            }
        }
    ]
}

extension API {
    /// The parameters of totals beside those of the view's list.
    private static let ownParameters: Set<String> = ["view", "by"]

    /// The view whose rows are counted and added up, and the groups as the request names them.
    fileprivate static func totalsQuestion(_ request: APIRequest) throws -> (view: View, by: String) {
        let names = View.all.reduce(into: ownParameters) { $0.formUnion(pins(of: $1).union($1.filterParameters)) }
        let parameters = try Parameters(request.query, allowed: Array(names))
        let name = parameters["view"] ?? ""
        guard let view = View.named(name) else {
            throw Problem(.badParameter, "view: expected \(View.expected(insteadOf: name))")
        }
        return (view, parameters["by"] ?? "")
    }

    /// The counts and sums of a view's rows in groups; for ever the same, and cached so, where the request pins all that
    /// they depend on.
    fileprivate func totals(_ view: View, by: String, _ request: APIRequest) async throws -> APIResponse {
        let ask = try Self.viewRequest(view, request, reading: Self.ownParameters.union(Self.pins(of: view)))
        let totals = try await ViewReader(ledger).totals(view, ask, by: try ViewRequest.groupings(parsing: by))
        return .json(
            totals.json(), cache: totals.isPinned ? APIResponse.immutable : "no-cache",
            tag: totals.entityTag(query: request.query ?? ""))
    }
}
