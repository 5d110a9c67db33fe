import Console
import LedgerJSON
import Operations
import OptionTrades

extension Route {
    static let runs = [Route("GET", "/api/ledger/runs") { api, request, _ in try await api.runs(request) }]
}

extension API {
    /// The runs that the last events of the log come from, and the rows that they rejected.
    func runs(_ request: APIRequest) async throws -> APIResponse {
        let parameters = try Parameters(request.query, allowed: ["before"])
        let before = try parameters.integer("before", in: 1...Int64.max)
        return .json(try await ledger.runs(before: before).json())
    }

    /// Runs, rejected rows, and what trades still need.
    func operationsPage(_ request: APIRequest) async throws -> PageAnswer {
        let asked = try await ConsoleRequest(self, request, parameters: ["before"])
        var context = try asked.context
        let runs: Loaded
        var pin: TimeFrame.Shown?
        switch await newest(asked) {
        case .failure(let problem): runs = .failure(problem)
        case .success(let shown):
            (context.time.shown, pin) = (shown, shown)
            guard asked["before"].map({ Parameters.wholeNumber($0) ?? 0 >= 1 }) ?? true else {
                throw Problem(.badParameter, "before: expected a position, 1 or more")
            }
            let before = min(shown.position + 1, asked["before"].flatMap { Parameters.wholeNumber($0) } ?? .max)
            runs = await document(["api", "ledger", "runs"], [("before", "\(before)")])
        }
        let moment = pin
        async let missingContext = asked.totals(.missingContext, filters: [], pin: moment)
        async let missingBenchmarks = asked.totals(.missingBenchmarks, filters: [], pin: moment)
        async let missingMarks = asked.totals(.missingMarks, filters: [], pin: moment)
        let page = OperationsPage(
            context: context, runs: runs,
            needs: [
                OperationsPage.Need(.context, await missingContext), OperationsPage.Need(.benchmarks, await missingBenchmarks),
                OperationsPage.Need(.marks, await missingMarks),
            ], syncs: await asked.view(View.syncState.segments, filters: [], pin: pin, isUnderRules: false),
            // What follows the log now says nothing about a past moment.
            projections: asked.time.isPinned ? nil : await document(["api", "ledger", "projections"]),
            broken: await asked.view(
                View.assertions.segments, filters: [], extra: [("state", "broken"), ("limit", "5")], pin: pin, isUnderRules: false))
        return asked.answer(page.html(), about: runs)
    }
}
