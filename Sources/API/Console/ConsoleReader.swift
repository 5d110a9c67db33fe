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

    private static let moment = ["as_of_position", "as_of", "effective_at"]

    /// Throws `Problem` if the page does not know a parameter or the moment is invalid.
    init(_ api: API, _ request: APIRequest, parameters: [String]) async throws {
        self.api = api
        self.request = request
        // A form sends empty fields too.
        let given = try Parameters(request.query, allowed: parameters + Self.moment).others(than: [])
        let query = given.map { (name: $0.name, value: $0.value.trimmed) }.filter { !$0.value.isEmpty }
        self.query = query
        let moment = Parameters(query.filter { Self.moment.contains($0.name) })
        _ = try moment.integer("as_of_position", in: 0...Int64.max)
        for name in ["as_of", "effective_at"] { _ = try moment.instant(name) }
        let head = await api.document(["api", "ledger", "head"])
        var time = TimeFrame(
            asOfPosition: query.first { $0.name == "as_of_position" }?.value, asOf: query.first { $0.name == "as_of" }?.value,
            effectiveAt: query.first { $0.name == "effective_at" }?.value)
        if case .success(let document) = head {
            time.head = document.root["position"]?.integer
            time.headRecordedAt = document.root["recorded_at"]?.string
        }
        time.firstRecordedAt = await api.firstRecordedAt()
        self.time = time
    }

    subscript(_ name: String) -> String? { query.first { $0.name == name }?.value }

    /// The page's address, as requested.
    var address: Address {
        Address(request.path.split(separator: "/").map(String.init), query)
    }

    /// The content of the page's frame. A notice is shown once.
    var context: PageContext {
        let token = api.console.token(of: request)
        let session = token.flatMap { api.console.sessions.session($0) }
        return PageContext(
            address: address, visitor: api.visitor(session), time: time,
            notice: session == nil ? nil : token.flatMap { api.console.sessions.takeNotice($0) })
    }

    /// A view's answer for the page's moment, filters and paging.
    ///
    /// - Parameter pin: the moment of another answer on the same page, which this answer must share
    func view(_ path: [String], filters: [String], extra: [(String, String)] = [], pin: TimeFrame.Shown? = nil) async -> Loaded {
        var parameters = query.filter { filters.contains($0.name) }.map { ($0.name, $0.value) } + extra
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

    /// The reason why a list at the page's moment with its filters has no rows. Nil if it cannot be determined.
    func emptiness(of name: String, filters: [String]) async -> Emptiness? {
        guard let view = View.named(name) else { return nil }
        var asked = APIRequest(method: "GET", path: "\(view.path)", isFromLoopback: true)
        let parameters = query.filter { filters.contains($0.name) && $0.name != "cursor" } + time.parameters
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
                return .success(try JSONDocument(parsing: try await route.handle(self, request, captures).body))
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
        let role: Visitor.Role = session.map { $0.mayAct(at: .now) ? .administrator : .reader } ?? .anonymous
        return Visitor(
            role: role, formToken: session?.formToken, canAdminister: ledger.settings.adminKey != nil)
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
