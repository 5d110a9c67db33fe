import Console
import LedgerJSON
import Operations
import OptionTrades

extension API {
    /// The overview: the views' sums, and counts of rows for views without sums.
    func performance(_ request: APIRequest) async throws -> PageAnswer {
        let filters = ["portfolio", "underlying", "from", "to"]
        let asked = try await ConsoleRequest(self, request, parameters: filters)
        // All answers use the moment of the first, so that the figures belong together.
        let alignment = await asked.view(View.alignment.segments, filters: filters, extra: [("limit", "1")])
        let pin = (try? alignment.get()).flatMap { Basis($0)?.shown }
        let execution = await asked.view(View.executionQuality.segments, filters: filters, extra: [("limit", "1")], pin: pin)
        let outcomes = await asked.view(View.outcomes.segments, filters: filters, extra: [("limit", "1")], pin: pin)
        let page = PerformancePage(
            context: asked.context, alignment: alignment, executionQuality: execution, outcomes: outcomes,
            outcomesOverTime: await outcomesOverTime(asked, filters, pin),
            lifecycles: await asked.totals(.lifecycles, by: "lifecycle_state,lifecycle_quality", filters: filters, pin: pin),
            expiries: await asked.totals(.lifecycles, by: PerformancePage.expiries, filters: filters, pin: pin),
            marketContext: await asked.totals(.context, by: "source_portfolio,context_quality", filters: filters, pin: pin),
            emptiness: await emptiness(asked, .alignment, alignment))
        return PageAnswer(page.html(), about: alignment)
    }

    func performanceRows(_ request: APIRequest, _ name: String) async throws -> PageAnswer {
        guard let view = View.named(name), View.performance.contains(where: { $0.name == view.name }) else {
            throw Problem(.notFound, "there is no such view; expected \(View.performance.map(\.name).joined(separator: ", "))")
        }
        let filters = view.offeredFilters + ["cursor"]
        let asked = try await ConsoleRequest(self, request, parameters: filters)
        let list = await asked.view(view.segments, filters: filters, extra: [("limit", "50")])
        let page = PerformanceRowsPage(
            context: asked.context, view: view, list: list,
            emptiness: await emptiness(asked, view, list))
        return PageAnswer(page.html(), about: list)
    }

    /// The totals of outcomes by the days of their horizons, or by the months if there are too many days.
    private func outcomesOverTime(_ asked: ConsoleRequest, _ filters: [String], _ pin: TimeFrame.Shown?) async -> Loaded {
        var totals: Loaded?
        for by in PerformancePage.outcomesOverTime {
            totals = await asked.totals(.outcomes, by: by, filters: filters, pin: pin)
            if case .failure(let problem) = totals, problem.code == Problem.Code.badParameter.rawValue { continue }
            break
        }
        return totals ?? .failure(PageProblem(status: 404, code: "not_found", detail: "There are no totals."))
    }

    // MARK: Changes

    func changesPage(_ request: APIRequest) async throws -> PageAnswer {
        let asked = try await ConsoleRequest(self, request, parameters: ["view", "from", "to"])
        guard let view = View.named(asked["view"] ?? "trades") else {
            throw Problem(.badParameter, "view: expected one of \(View.all.map(\.name).joined(separator: ", "))")
        }
        let head = asked.time.head ?? 0
        let to = try position(asked, "to") ?? head
        let from = try position(asked, "from") ?? max(0, to - 1)
        let changes = await changes(asked, view, from: from, to: to)
        return PageAnswer(
            ChangesPage(context: asked.context, view: view, from: from, to: to, changes: changes).html(), about: changes)
    }

    private func position(_ asked: ConsoleRequest, _ name: String) throws(Problem) -> Int64? {
        guard let text = asked[name] else { return nil }
        guard let value = Parameters.wholeNumber(text), value >= 0 else {
            throw Problem(.badParameter, "\(name): expected a position, 0 or more")
        }
        return value
    }

    /// Reads both lists in key order, one page of each at a time.
    private func changes(_ asked: ConsoleRequest, _ view: View, from: Int64, to: Int64) async -> Result<RowChanges, PageProblem> {
        var changes = RowChanges(key: view.key)
        var (left, right) = (RowReader(asked: asked, view: view, at: from), RowReader(asked: asked, view: view, at: to))
        do {
            var (old, new) = (try await left.next(), try await right.next())
            while old != nil || new != nil {
                let next = changes.take(old: old, new: new)
                if next.old { old = try await left.next() }
                if next.new { new = try await right.next() }
            }
        } catch {
            return .failure(error)
        }
        changes.isPartial = left.isCutOff || right.isCutOff
        return .success(changes)
    }
}

/// The rows of a view in sequence, read a page at a time up to a bound.
private struct RowReader {
    private static let pageSize = 1000
    private static let pageLimit = 20

    private let asked: ConsoleRequest
    private let view: View
    private let parameters: [(String, String)]
    private var rows: IndexingIterator<[JSONValue]>?
    private var cursor: String?
    private var pages = 0
    /// Whether the list continues beyond the bound.
    private(set) var isCutOff = false

    init(asked: ConsoleRequest, view: View, at position: Int64) {
        self.asked = asked
        self.view = view
        parameters = [("as_of_position", "\(position)")]
    }

    mutating func next() async throws(PageProblem) -> JSONValue? {
        while true {
            if let row = rows?.next() { return row }
            if rows != nil && cursor == nil { return nil }
            if pages == Self.pageLimit {
                isCutOff = true
                return nil
            }
            pages += 1
            let document = try await asked.api.document(
                view.segments, parameters + [("limit", "\(Self.pageSize)")] + (cursor.map { [("cursor", $0)] } ?? []),
                isForPerson: true
            ).get()
            rows = (document.root["rows"]?.elements.map { $0 } ?? []).makeIterator()
            cursor = document.root["next_cursor"]?.string
        }
    }
}
