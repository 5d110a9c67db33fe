import Console
import LedgerJSON
import Operations
import OptionTrades

extension API {
    /// The overview: the views' sums, and counts of rows for views without sums.
    func performance(_ request: APIRequest) async throws -> PageAnswer {
        let filters = ["portfolio", "underlying", "from", "to"]
        let asked = try await ConsoleRequest(self, request, parameters: filters, rules: .served)
        // All answers use the moment of the first, so that the figures belong together. Those after it don't wait for each other.
        let alignment = await asked.view(View.alignment.segments, filters: filters, extra: [("limit", "1")])
        let pin = (try? alignment.get()).flatMap { Basis($0)?.shown }
        async let outcomes = asked.view(View.outcomes.segments, filters: filters, extra: [("limit", "1")], pin: pin)
        async let overTime = outcomesOverTime(asked, filters, pin)
        async let execution = asked.view(View.executionQuality.segments, filters: filters, extra: [("limit", "1")], pin: pin)
        async let lifecycles = asked.totals(.positions, filters: filters, pin: pin)
        async let expiries = asked.totals(.expiries, filters: filters, pin: pin)
        async let market = asked.totals(.marketContext, filters: filters, pin: pin)
        let page = PerformancePage(
            context: try asked.context, alignment: alignment, executionQuality: await execution, outcomes: await outcomes,
            outcomesOverTime: await overTime, lifecycles: await lifecycles, expiries: await expiries, marketContext: await market,
            emptiness: await emptiness(asked, .alignment, alignment))
        return asked.answer(page.html(), about: alignment)
    }

    func performanceRows(_ request: APIRequest, _ name: String) async throws -> PageAnswer {
        guard let view = View.named(name), View.performance.contains(where: { $0.name == view.name }) else {
            throw Problem(.notFound, "there is no such view; expected \(View.performance.map(\.name).joined(separator: ", "))")
        }
        let asked = try await ConsoleRequest(self, request, parameters: RowList.parameters(of: view), rules: .of(view))
        let rows = try await rowList(asked, view)
        return asked.answer(PerformanceRowsPage(context: try asked.context, rows: rows).html(), about: rows.list)
    }

    /// The totals of outcomes by the days of their horizons, or by the months if there are too many days.
    private func outcomesOverTime(_ asked: ConsoleRequest, _ filters: [String], _ pin: TimeFrame.Shown?) async -> Loaded {
        var totals: Loaded?
        for overview in OverviewTotals.outcomesOverTime {
            totals = await asked.totals(overview, filters: filters, pin: pin)
            if case .failure(let problem) = totals, problem.code == Problem.Code.badParameter.rawValue { continue }
            break
        }
        return totals ?? .failure(PageProblem(status: 404, code: "not_found", detail: "There are no totals."))
    }
}
