import LedgerJSON
import LedgerValues
import Logging
package import Operations
import PrometheusMetrics

/// The HTTP interface over an open ledger: it turns requests into responses.
package struct API: Sendable {
    let ledger: Ledger
    let rebuilds = RebuildJobs()
    let jobs = BackfillJobs()
    let limits: ServiceLimits
    let metrics: ServiceMetrics
    let connections: ConnectionTable
    let feed: EventFeed
    let answers: AnswerCache
    let documents: DocumentCache
    /// Wrong keys by address. Any other endpoint that takes a key from a client counts here too.
    package let failures: AddressBuckets
    let access: AccessPolicy
    let console = ConsoleGate()
    /// The dispatcher of this service; nil if it has none.
    let dispatch: DispatchService?
    /// What the log says of each broker's source in short.
    let brokers: BrokerSummaries
    private let reads: RequestGate
    private let writes: RequestGate

    /// Every route, in the order of matching: fixed segments before captured ones.
    static let routes =
        Route.views + Route.aliases + Route.totals + Route.analyses + Route.research + Route.broker + Route.trades + Route.assertions
        + Route.runs + Route.backfills + Route.streams + Route.log + Route.proofs + Route.tiles + Route.explanations
        + Route.projections + Route.health + Route.metrics + Route.description

    /// The pages come last. They are not part of the interface for programs.
    private static let all = routes + Route.console

    /// The method and path pattern of every route of the interface.
    package static var routeTable: [(method: String, path: String)] { routes.map { ($0.method, $0.path) } }

    package init(_ ledger: Ledger, limits: ServiceLimits = ServiceLimits(), dispatch: DispatchService? = nil) {
        self.ledger = ledger
        self.dispatch = dispatch
        brokers = BrokerSummaries(ledger)
        self.limits = limits
        metrics = ServiceMetrics()
        connections = ConnectionTable(maximum: limits.connections, perPeer: limits.connectionsPerPeer)
        feed = EventFeed(ledger, maximumStreams: limits.eventStreams, heartbeat: limits.heartbeat)
        answers = AnswerCache(maximumBytes: limits.cachedAnswerBytes)
        documents = DocumentCache(maximumBytes: limits.cachedAnswerBytes / 8)
        failures = AddressBuckets(
            burst: limits.authenticationFailures, perMinute: limits.authenticationFailuresPerMinute)
        access = AccessPolicy(
            readKey: ledger.settings.readKey, adminKey: ledger.settings.adminKey, tradeKey: ledger.settings.tradeKey,
            named: ledger.settings.namedKeys,
            failures: failures,
            publicTiles: ledger.settings.publicTiles,
            publicRequests: AddressBuckets(burst: limits.publicRequestsPerSecond, perMinute: 60 * limits.publicRequestsPerSecond))
        reads = RequestGate(concurrent: limits.concurrentReads, queued: limits.queuedReads)
        writes = RequestGate(concurrent: limits.concurrentWrites, queued: limits.queuedWrites)
    }

    /// The number of requests being answered, and of those waiting for their turn.
    var load: (running: Int, waiting: Int) {
        let (reads, writes) = (reads.load, writes.load)
        return (reads.running + writes.running, reads.waiting + writes.waiting)
    }

    /// Answers a request. Never throws, and never reveals more than a problem's code and detail.
    package func respond(to request: APIRequest) async -> APIResponse { await respond(to: request, body: nil) }

    /// Answers a request whose body, if any, is still unread. A request that can be refused without its body is refused
    /// before the body is read.
    func respond(to request: APIRequest, body: UnreadBody?) async -> APIResponse {
        let start = ContinuousClock.now
        var exchange = Exchange(id: ledger.newID().description, request: request)
        exchange.leavesBody = body != nil
        var response: APIResponse
        do {
            response = ContentNegotiation.negotiated(try await answer(request, body, &exchange), for: request)
            exchange.problem = response.problem
        } catch {
            let problem = Problem(error)
            exchange.problem = problem.code
            if problem.code == .internalError { exchange.logFailure(ledger.redact("\(error)"), ledger.logger) }
            response = isForPage(request, exchange, problem) ? problemPage(problem, request) : problem.response(redact: ledger.redact)
        }
        let duration = ContinuousClock.now - start
        metrics.observe(exchange, status: response.status, duration)
        exchange.log(status: response.status, duration, ledger.logger)
        response.headers.append(("X-Request-Id", exchange.id))
        response.leavesBody = exchange.leavesBody
        if request.method == "HEAD" {
            if response.stream == nil { response.headers.append(("Content-Length", "\(response.body.count)")) }
            response.body = []
        }
        return response
    }

    /// Whether a problem is shown as a page: to a browser at a page's address, or at an address without a route.
    private func isForPage(_ request: APIRequest, _ exchange: Exchange, _ problem: Problem) -> Bool {
        guard ContentNegotiation.prefersPage(request) else { return false }
        if exchange.route == Exchange.noRoute { return problem.code == .notFound || !ConsoleGate.isForPrograms(request.path) }
        return Route.console.contains { $0.path == exchange.route }
    }

    private func answer(_ request: APIRequest, _ body: UnreadBody?, _ exchange: inout Exchange) async throws -> APIResponse {
        if request.path.utf8.count + (request.query?.utf8.count ?? 0) > limits.targetBytes {
            throw Problem(.uriTooLong, "the path and the query are longer than \(limits.targetBytes) bytes")
        }
        if let length = body?.length, length > limits.bodyBytes { throw Problem.bodyTooLarge(limits.bodyBytes) }
        if request.headers["host"]?.count != 1 { throw Problem(.badRequest, "Host: expected exactly one") }
        switch try console.admit(request, access) {
        case .admitted(let caller):
            exchange.caller = caller
            exchange.actor = access.actor(of: request) ?? console.session(of: request)?.actor
        case .redirected(let response): return response
        }
        let match = try match(request)
        exchange.route = match.route.path
        if request.method == "OPTIONS" { return Self.options(match.methods) }
        let (route, captures) = (match.route, match.captures)
        guard let captures else {
            var problem = Problem(.methodNotAllowed, "expected \(Self.allow(match.methods))")
            problem.headers = [("Allow", Self.allow(match.methods))]
            throw problem
        }
        let isRead = route.method == "GET"
        let gate = isRead ? reads : writes
        if !route.isUngated { try gate.requireRoom() }
        var request = try await body?.read(request) ?? request
        request.actor = exchange.actor
        exchange.leavesBody = false
        let asked = request
        if route.isUngated { return try await route.handle(self, asked, captures) }
        return try await withDeadline(isRead ? limits.readDeadline : limits.writeDeadline) {
            try await gate.run { try await route.handle(self, asked, captures) }
        }
    }

    /// The route that answers, with the segments that its pattern captured. The captures are nil if the path has routes
    /// only for other methods. Throws `Problem` for an unknown path.
    private func match(_ request: APIRequest) throws(Problem) -> (route: Route, captures: [String]?, methods: [String]) {
        let segments = Route.segments(of: request.path)
        let method = request.method == "HEAD" ? "GET" : request.method
        var first: Route?
        var methods: [String] = []
        for route in Self.all {
            guard let captures = route.captures(segments) else { continue }
            // What the first pattern means is meant, whatever the method: fixed segments go over captured ones.
            if let first, first.path != route.path { continue }
            if route.method == method { return (route, captures, methods) }
            if first == nil { first = route }
            methods.append(route.method)
        }
        guard let first else { throw Problem(.notFound, "there is nothing at this path") }
        return (first, nil, methods)
    }

    /// `GET, HEAD, OPTIONS`
    private static func allow(_ methods: [String]) -> String {
        Set(methods + (methods.contains("GET") ? ["HEAD"] : []) + ["OPTIONS"]).sorted().joined(separator: ", ")
    }

    /// The methods of a path. No header permits a browser to make requests from another site.
    private static func options(_ methods: [String]) -> APIResponse {
        APIResponse(status: 204, headers: [("Allow", allow(methods)), ("Cache-Control", "no-store")], body: [])
    }
}

/// A method, a path pattern (`{name}` captures a segment, or the rest of the path if the route takes it) and the handler.
struct Route: Sendable {
    typealias Handler = @Sendable (API, APIRequest, [String]) async throws -> APIResponse

    let method: String
    let path: String
    private let pattern: [Substring]
    /// Whether requests are answered at once, without a queue and a deadline: health checks and streams.
    let isUngated: Bool
    /// Whether the last part of the pattern captures the rest of the path, as it was sent.
    private let takesRest: Bool
    /// Whether a browser shows the answer as a page of the console.
    let isPage: Bool
    let handle: Handler

    init(
        _ method: String, _ path: StaticString, isUngated: Bool = false, takesRest: Bool = false, isPage: Bool = false,
        _ handle: @escaping Handler
    ) {
        self.init(method, path: "\(path)", isUngated, takesRest, isPage, handle)
    }

    /// A route of one segment below another one's path.
    init(_ method: String, below path: StaticString, _ segment: StaticString, _ handle: @escaping Handler) {
        self.init(method, path: "\(path)/\(segment)", false, false, false, handle)
    }

    private init(
        _ method: String, path: String, _ isUngated: Bool, _ takesRest: Bool, _ isPage: Bool, _ handle: @escaping Handler
    ) {
        self.method = method
        self.path = path
        pattern = path.split(separator: "/")
        self.isUngated = isUngated
        self.takesRest = takesRest
        self.isPage = isPage
        self.handle = handle
    }

    /// A page of the console, or a problem page if it cannot be made.
    static func page(
        _ path: StaticString, _ make: @escaping @Sendable (API, APIRequest, [String]) async throws -> PageAnswer
    ) -> Route {
        Route("GET", path, isPage: true) { api, request, captures in
            try await api.page(request) { try await make(api, $0, captures) }
        }
    }

    /// The segments of a path, as they were sent.
    static func segments(of path: String) -> ArraySlice<Substring> {
        path == "/" ? [] : path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    }

    /// The captured segments, decoded. Nil if the path does not match.
    func captures(_ segments: ArraySlice<Substring>) -> [String]? {
        if takesRest {
            let fixed = pattern.count - 1
            guard segments.count > fixed, segments.prefix(fixed).elementsEqual(pattern.prefix(fixed)) else { return nil }
            return [segments.dropFirst(fixed).joined(separator: "/")]
        }
        guard segments.count == pattern.count else { return nil }
        var captures: [String] = []
        for (segment, part) in zip(segments, pattern) {
            if part.hasPrefix("{") {
                guard !segment.isEmpty, let text = PercentEncoding.decode(segment) else { return nil }
                captures.append(text)
            } else if segment != part {
                return nil
            }
        }
        return captures
    }
}
