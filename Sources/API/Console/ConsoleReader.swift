import Console
import LedgerJSON
import LedgerValues
import Logging
import Operations
import OptionTrades
import Synchronization

/// A request for a page: its parameters, its visitor and its moment, and the means to read its documents.
///
/// Pages are made from the answers of the HTTP interface's own routes, so no page shows more than these would.
struct ConsoleRequest: Sendable {
    let api: API
    let request: APIRequest
    /// The page's non-empty parameters.
    let query: [(name: String, value: String)]
    let time: TimeFrame
    private let openAlerts: OpenAlerts?
    private let visit: ConsoleVisit?

    /// The rules that readers of a page can choose.
    enum Rules {
        case none
        /// Those that are served now, or were served at the moment.
        case served
        /// And every version of a view's projection that has rows.
        case of(View)
        /// Like `of`, for the view that the page's parameter `view` names.
        case ofNamedView
    }

    private static let moment = ["as_of_position", "as_of", "effective_at"]

    /// Throws `Problem` if the page does not know a parameter or the moment is invalid.
    init(_ api: API, _ request: APIRequest, parameters: [String], rules: Rules = .none) async throws {
        self.api = api
        self.request = request
        // A form sends empty fields too.
        var allowed = parameters + Self.moment
        if case .none = rules {} else { allowed.append("rules") }
        let given = try Parameters(request.query, allowed: allowed).others(than: [])
        let query = given.map { (name: $0.name, value: $0.value.trimmed) }.filter { !$0.value.isEmpty }
        self.query = query
        let moment = Parameters(query.filter { Self.moment.contains($0.name) })
        _ = try moment.integer("as_of_position", in: 0...Int64.max)
        for name in ["as_of", "effective_at"] { _ = try moment.instant(name) }
        func value(_ name: String) -> String? { query.first { $0.name == name }?.value }
        if case .served = rules, let asked = value("rules"), asked != "as_served" {
            throw Problem(.badParameter, "rules: expected as_served, since the page is about several views")
        }
        var time = TimeFrame(
            asOfPosition: value("as_of_position"), asOf: value("as_of"), effectiveAt: value("effective_at"), rules: value("rules"))
        var visit: ConsoleVisit?
        if case .success(let document) = await api.document(["api", "ledger", "head"]), let head = document.root["position"]?.integer {
            visit = ConsoleVisit(after: ConsoleGate.cookie(ConsoleVisit.cookie, of: request), head: head, now: api.ledger.now())
            time.head = head
            time.headRecordedAt = document.root["recorded_at"]?.string
            time.seen = visit?.seen
            time.ticks = await api.ticks(head: head)
        }
        time.firstRecordedAt = await api.firstRecordedAt()
        switch rules {
        case .none: break
        case .served: time.choice = .served
        case .of(let view): time.choice = .versions(await api.versions(of: view))
        case .ofNamedView:
            if let view = value("view").flatMap({ View.named($0) }) { time.choice = .versions(await api.versions(of: view)) }
        }
        self.time = time
        // Of a page about the past they are none of its figures.
        openAlerts =
            time.isPinned
            ? nil
            : OpenAlerts(
                await api.document(
                    View.alerts.segments, [("state", AlertStanding.raised.rawValue), ("limit", "\(ViewReader.maximumLimit)")]))
        self.visit = visit
    }

    subscript(_ name: String) -> String? { query.first { $0.name == name }?.value }

    /// The page's address, as requested.
    var address: Address {
        Address(request.path.split(separator: "/").map(String.init), query)
    }

    /// The content of the page's frame, with the notice that is shown once. To be asked for once, by the page that shows it.
    var context: PageContext {
        get throws {
            var context = try frame
            let token = api.console.token(of: request)
            if token.flatMap({ api.console.sessions.session($0) }) != nil {
                context.notice = token.flatMap { api.console.sessions.takeNotice($0) }
            }
            return context
        }
    }

    /// The content of the page's frame without a notice.
    var frame: PageContext {
        get throws {
            let session = api.console.token(of: request).flatMap { api.console.sessions.session($0) }
            let preferences = API.preferences(of: request)
            var context = PageContext(
                address: address, visitor: api.visitor(session), time: time, notice: nil, preferences: preferences,
                clock: try api.clock(preferences.zone))
            context.openAlerts = openAlerts
            return context
        }
    }

    /// The page, and what the browser is to remember of this visit.
    func answer<Value>(_ html: [UInt8], about main: Result<Value, PageProblem>) -> PageAnswer {
        var answer = PageAnswer(html, about: main)
        if let text = visit?.text, text != ConsoleGate.cookie(ConsoleVisit.cookie, of: request) {
            answer.cookies = [ConsoleGate.setCookie(ConsoleVisit.cookie, text, request)]
        }
        return answer
    }

    /// A view's answer for the page's moment, filters and paging.
    ///
    /// - Parameters:
    ///   - pin: the moment of another answer on the same page, which this answer must share
    ///   - isUnderRules: whether the page's rules are those of the view
    func view(
        _ path: [String], filters: [String], extra: [(String, String)] = [], pin: TimeFrame.Shown? = nil, isUnderRules: Bool = true
    ) async -> Loaded {
        var parameters = query.filter { filters.contains($0.name) }.map { ($0.name, $0.value) } + extra
        if isUnderRules { parameters += time.rulesParameter.map { ($0.name, $0.value) } }
        if let pin {
            parameters += [("as_of_position", "\(pin.position)"), ("as_of", pin.asOf)]
            if let effectiveAt = time.effectiveAt { parameters.append(("effective_at", effectiveAt)) }
        } else {
            parameters += time.parameters.map { ($0.name, $0.value) }
        }
        return await api.document(path, parameters, isForPerson: true)
    }

    /// A view's totals for the page's moment and filters; see ``view(_:filters:extra:pin:)``.
    func totals(_ view: View, by columns: String, filters: [String], pin: TimeFrame.Shown?) async -> Loaded {
        await self.view(
            ["api", "ledger", "totals"], filters: filters, extra: [("view", view.name), ("by", columns)], pin: pin)
    }

    func totals(_ overview: OverviewTotals, filters: [String], pin: TimeFrame.Shown?) async -> Loaded {
        await totals(overview.view, by: overview.by, filters: filters, pin: pin)
    }

    /// The reason why a list at the page's moment with its filters has no rows. Nil if it cannot be determined.
    func emptiness(of name: String, filters: [String]) async -> Emptiness? {
        guard let view = View.named(name) else { return nil }
        var asked = APIRequest(method: "GET", path: "\(view.path)", isFromLoopback: true)
        let parameters = query.filter { filters.contains($0.name) && $0.name != "cursor" } + time.parameters + time.rulesParameter
        asked.query = Address([], parameters).text.split(separator: "?", maxSplits: 1).dropFirst().first.map(String.init)
        asked.isForPerson = true
        do {
            return try await ViewReader(api.ledger).emptiness(of: view, try API.viewRequest(view, asked))
        } catch {
            return nil
        }
    }
}

extension API {
    /// Answers an internal request to one of the routes, as JSON.
    func document(
        _ path: [String], _ query: [(String, String)] = [], method: String = "GET", body: [UInt8] = [],
        isForPerson: Bool = false
    ) async -> Loaded {
        let address = Address(path, query.map { (name: $0.0, value: $0.1) }).text
        let parts = address.split(separator: "?", maxSplits: 1)
        var request = APIRequest(
            method: method, path: String(parts[0]), query: parts.count > 1 ? String(parts[1]) : nil, body: body, isFromLoopback: true)
        request.isForPerson = isForPerson
        do {
            let segments = request.path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
            for route in Self.routes where route.method == method {
                guard let captures = route.captures(segments) else { continue }
                let answer = try await route.handle(self, request, captures).body
                return .success(try documents.document(of: address, answer))
            }
            return .failure(PageProblem(status: 404, code: "not_found", detail: "This service does not offer that yet."))
        } catch {
            return .failure(pageProblem(error))
        }
    }

    /// A problem in the form for pages. An unknown error goes to the log.
    func pageProblem(_ error: any Error) -> PageProblem {
        if let known = error as? PageProblem { return known }
        let problem = Problem(error)
        if problem.code == .internalError {
            ledger.logger.error("page failed", metadata: ["reason": "\(ledger.redact("\(error)"))"])
        }
        return PageProblem(status: problem.status, code: problem.code.rawValue, detail: ledger.redact(problem.detail))
    }

    func visitor(_ session: ConsoleSessions.Session?) -> Visitor {
        let role: Visitor.Role =
            session.map { $0.mayAct(at: .now) ? .administrator : $0.mayTrade(at: .now) ? .trader : .reader } ?? .anonymous
        return Visitor(
            role: role, formToken: session?.formToken, canAdminister: ledger.settings.hasAdminKeys,
            canTrade: ledger.settings.hasTradeKeys)
    }

    /// The frame of a page without a moment.
    func context(_ address: Address, _ request: APIRequest, notice: Notice? = nil) -> PageContext {
        let preferences = Self.preferences(of: request)
        return PageContext(
            address: address, visitor: visitor(console.session(of: request)), time: TimeFrame(), notice: notice, preferences: preferences,
            clock: (try? clock(preferences.zone)) ?? .utc)
    }

    static func preferences(of request: APIRequest) -> Preferences {
        ConsoleGate.cookie(preferencesCookie, of: request).map { Preferences(cookie: $0) } ?? Preferences()
    }

    static let preferencesCookie = "alpha_ledger_view"

    /// The clock of a zone. Throws if the rules of New York cannot be read.
    func clock(_ zone: Preferences.Zone) throws -> WallClock {
        guard zone == .newYork else { return .utc }
        if let known = console.newYork.withLock({ $0 }) { return known }
        let clock = WallClock.newYork(try ledger.newYork())
        console.newYork.withLock { $0 = clock }
        return clock
    }

    /// The number of ticks on the play head.
    private static let shownTicks = 200

    /// The latest ticks of the log up to a head. A log that cannot be read has none.
    func ticks(head: Int64) async -> [TimeFrame.Tick] {
        if let known = console.ticks.withLock({ $0 }), known.head == head { return known.ticks }
        guard let found = try? await ledger.ticks(limit: Self.shownTicks) else { return [] }
        let ticks = found.compactMap { tick in
            EventKind(rawValue: tick.kind.rawValue).map {
                TimeFrame.Tick(position: tick.position, recordedAt: tick.recordedAt.description, kind: $0, text: tick.text)
            }
        }
        console.ticks.withLock { $0 = (head, ticks) }
        return ticks
    }

    /// The versions of a view's projection that have rows, by their names. A list that cannot be read has none.
    func versions(of view: View) async -> [String] {
        let all = (try? await document(["api", "ledger", "projections"]).get())?.root["projections"]?.elements.map { $0 } ?? []
        return all.compactMap { version in
            guard version["name"]?.string == view.projection, version["state"]?.string == "ready",
                let name = version["version"]?.string, let code = version["code_version"]?.integer
            else { return nil }
            return "\(name)/c\(code)"
        }
    }

    func firstRecordedAt() async -> String? {
        if let known = console.firstRecordedAt.withLock({ $0 }) { return known }
        guard case .success(let document) = await document(["api", "ledger", "events"], [("after", "0"), ("limit", "1")]) else {
            return nil
        }
        for event in document.root["events"]?.elements.map({ $0 }) ?? [] {
            let instant = event["recorded_at"]?.string
            console.firstRecordedAt.withLock { $0 = instant }
            return instant
        }
        return nil
    }
}
