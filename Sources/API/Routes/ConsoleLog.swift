import Console
import LedgerEvents
import LedgerJSON
import LedgerValues
import Operations
import OptionTrades

extension API {
    private static let searchPage: Int64 = 500
    private static let searchPages = 10
    private static let shownEvents = 30

    /// The log's latest events, those below a position, or a single event.
    func logPage(_ request: APIRequest) async throws -> PageAnswer {
        let asked = try await ConsoleRequest(self, request, parameters: ["type", "stream", "run", "before", "position"])
        var context = try asked.context
        switch await newest(asked) {
        case .failure(let problem):
            let page = LogPage(context: context, found: .failure(problem), head: await document(["api", "ledger", "head"]))
            return asked.answer(page.html(), about: page.found)
        case .success(let shown):
            context.time.shown = shown
            let head = asked.time.isPinned ? await head(at: shown.position) : await document(["api", "ledger", "head"])
            let page = LogPage(context: context, found: await found(asked, upTo: shown.position), head: head)
            return asked.answer(page.html(), about: page.found)
        }
    }

    /// What one event changed in the rows of every view.
    func impactPage(_ request: APIRequest) async throws -> PageAnswer {
        let asked = try await ConsoleRequest(self, request, parameters: ["position"])
        guard let position = asked["position"].flatMap({ Parameters.wholeNumber($0) }), position >= 1 else {
            throw Problem(.badParameter, "position: expected a whole number, 1 or more")
        }
        let event = await document(["api", "ledger", "events", "\(position)"])
        var impact = event
        if case .success = event { impact = await self.impact(ofEventAt: position) }
        let page = ImpactPage(context: try asked.context, position: position, event: event, impact: impact)
        // A view that has not come so far yet is not the page's fault, but the page then lacks what it is for.
        return asked.answer(page.html(), about: impact)
    }

    private func impact(ofEventAt position: Int64) async -> Loaded {
        do {
            return .success(try JSONDocument(parsing: try await ledger.impact(ofEventAt: position, isBounded: true).json()))
        } catch {
            return .failure(pageProblem(error))
        }
    }

    /// The log's head after a past event, in the form of the answer of `/api/ledger/head`.
    private func head(at position: Int64) async -> Loaded {
        do {
            let (head, root) = try await ledger.head(at: position)
            return .success(try JSONDocument(parsing: head.json(root: root)))
        } catch {
            return .failure(pageProblem(error))
        }
    }

    /// The last position at the page's moment. An instant becomes a position in the same way as for the views.
    func newest(_ asked: ConsoleRequest) async -> Result<TimeFrame.Shown, PageProblem> {
        let list = await asked.view(View.trades.segments, filters: [], extra: [("limit", "1")])
        return list.flatMap { document in
            guard let shown = Basis(document)?.shown else {
                return .failure(PageProblem(status: 500, code: "internal", detail: "the answer does not say what it stands on"))
            }
            return .success(
                TimeFrame.Shown(position: asked.time.isPinned ? shown.position : asked.time.head ?? shown.position, asOf: shown.asOf))
        }
    }

    private func found(_ asked: ConsoleRequest, upTo newest: Int64) async -> Result<LogPage.Found, PageProblem> {
        if let text = asked["position"] {
            guard let position = Parameters.wholeNumber(text), position >= 1 else {
                return .failure(PageProblem(status: 400, code: "bad_parameter", detail: "position: expected a whole number, 1 or more"))
            }
            guard position <= newest else {
                return .failure(
                    PageProblem(
                        status: 404, code: "position_unknown",
                        detail:
                            "the log has no event at position \(position)\(asked.time.isPinned ? " at this moment" : ""): its last is \(newest)"
                    ))
            }
            return await document(["api", "ledger", "events", "\(position)"]).map {
                LogPage.Found(events: [$0.root], searchedDownTo: position, olderBefore: position > 1 ? position : nil)
            }
        }
        var top = newest
        if let text = asked["before"] {
            guard let before = Parameters.wholeNumber(text), before >= 1 else {
                return .failure(PageProblem(status: 400, code: "bad_parameter", detail: "before: expected a position, 1 or more"))
            }
            top = min(newest, before - 1)
        }
        return await search(asked, downFrom: top)
    }

    /// Searches a bounded part of the log downwards from a position for matching events.
    private func search(_ asked: ConsoleRequest, downFrom top: Int64) async -> Result<LogPage.Found, PageProblem> {
        let isFiltered = ["type", "stream", "run"].contains { asked[$0] != nil } || asked.time.effectiveAt != nil
        var (top, events) = (top, [JSONValue]())
        for _ in 0..<Self.searchPages where top > 0 {
            let size = min(top, isFiltered ? Self.searchPage : Int64(Self.shownEvents))
            switch await document(["api", "ledger", "events"], [("after", "\(top - size)"), ("limit", "\(size)")]) {
            case .failure(let problem): return .failure(problem)
            case .success(let document):
                for event in (document.root["events"]?.elements.map { $0 } ?? []).reversed() {
                    top = (event["position"]?.integer ?? 1) - 1
                    if matches(event, asked) { events.append(event) }
                    if events.count == Self.shownEvents { break }
                }
            }
            if events.count == Self.shownEvents { break }
        }
        return .success(LogPage.Found(events: events, searchedDownTo: top + 1, olderBefore: top > 0 ? top + 1 : nil))
    }

    private func matches(_ event: JSONValue, _ asked: ConsoleRequest) -> Bool {
        if let type = asked["type"], event["type"]?.string != type { return false }
        if let run = asked["run"], event["run_id"]?.string != run { return false }
        if let stream = asked["stream"], event["stream"]?.string?.contains(stream) != true { return false }
        // An event without valid time holds at every instant.
        guard let end = asked.time.effectiveAt.flatMap({ Instant($0) }),
            let effective = event["effective_at"]?.string.flatMap({ Instant($0) })
        else { return true }
        return effective <= end
    }
}
