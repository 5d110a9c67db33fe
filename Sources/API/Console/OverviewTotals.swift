import Console
import Logging
import Operations
import OptionTrades

/// The totals of a view on the pages that most people open.
struct OverviewTotals {
    let view: View
    /// The columns to group by, with commas between them; without any, all rows are one group.
    let by: String

    static let positions = OverviewTotals(view: .lifecycles, by: "lifecycle_state,lifecycle_quality")
    static let expiries = OverviewTotals(view: .lifecycles, by: PerformancePage.expiries)
    static let marketContext = OverviewTotals(view: .context, by: "source_portfolio,context_quality")
    /// By the days of the horizons, or by the months if there are too many days.
    static let outcomesOverTime = PerformancePage.outcomesOverTime.map { OverviewTotals(view: .outcomes, by: $0) }
    static let missingContext = OverviewTotals(view: .alignment, by: "context_quality")
    static let missingBenchmarks = OverviewTotals(view: .executionQuality, by: "benchmark_quality")
    static let missingMarks = OverviewTotals(view: .outcomes, by: "needs_mark")

    /// The views whose lists most people open.
    static let views = [View.trades] + View.performance
    static let all =
        [positions, expiries, marketContext, missingContext, missingBenchmarks, missingMarks] + outcomesOverTime
        + views.map { OverviewTotals(view: $0, by: "") }
}

extension API {
    /// The time between two looks at what readers would have to wait for.
    private static let upkeepSeconds = 10

    /// Keeps the sums of the overview pages, the first rows of lists and the numbers of the thesis up to date, so that no reader waits
    /// for a pass over all rows.
    /// Runs until it is cancelled.
    ///
    /// Those of a view are made when the service starts and whenever another version of it is served. After that, readers bring
    /// them up to date themselves, unless nobody asked while many events came.
    func keepOverviews() async {
        while !Task.isCancelled {
            for view in OverviewTotals.views {
                do {
                    let groupings = try OverviewTotals.all.filter { $0.view.name == view.name }.map {
                        try ViewRequest.groupings(parsing: $0.by)
                    }
                    var request = APIRequest(method: "GET", path: "\(view.path)", isFromLoopback: true)
                    request.query = RowList.order(of: view).map { "sort=\($0)" }
                    let ask = try Self.viewRequest(view, request, reading: ["sort"])
                    try await ViewReader(ledger, isBounded: false).keepUpToDate(view, ask, totalsBy: groupings)
                } catch {
                    if Task.isCancelled { return }
                    noteUnkept(view.name, error)
                }
            }
            do {
                let market = AnalysisRequest(.thesis, ["currency": MarketScreen.defaultCurrency])
                try await AnalysisReader(ledger, isBounded: false).keepUpToDate(market)
            } catch {
                if Task.isCancelled { return }
                noteUnkept(MarketAnalysis.thesis.name, error)
            }
            try? await Task.sleep(for: .seconds(Self.upkeepSeconds))
        }
    }

    private func noteUnkept(_ name: String, _ error: any Error) {
        ledger.logger.debug("an overview can't be kept", metadata: ["name": "\(name)", "reason": "\(ledger.redact("\(error)"))"])
    }
}
