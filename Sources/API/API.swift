import JSON
import Logging
public import Operations
import Values

/// The HTTP interface: requests in, responses out, over an open ledger.
public struct API: Sendable {
    public static let maximumBodyBytes = 64 << 10
    static let maximumTargetBytes = 8192

    let ledger: Ledger
    let rebuilds = RebuildJobs()
    private let access: AccessPolicy
    private let routes: [Route]

    public init(_ ledger: Ledger) {
        self.ledger = ledger
        access = AccessPolicy(readKey: ledger.settings.readKey, adminKey: ledger.settings.adminKey)
        routes = Route.trades + Route.backfills + Route.log + Route.projections + Route.proofs + Route.health
    }

    /// Answers a request; never throws, and never says more than a problem's code and detail.
    public func respond(to request: APIRequest) async -> APIResponse {
        let id = ledger.newID().description
        var response: APIResponse
        do {
            response = try await answer(request)
        } catch {
            let problem = Problem(error)
            if problem.code == .internalError {
                ledger.logger.error(
                    "request failed",
                    metadata: ["request_id": "\(id)", "path": "\(request.path)", "reason": "\(ledger.redact("\(error)"))"])
            }
            response = problem.response(redact: ledger.redact)
        }
        if request.method == "POST" {
            ledger.logger.notice(
                "POST", metadata: ["request_id": "\(id)", "path": "\(request.path)", "status": "\(response.status)"])
        }
        response.headers.append(("X-Request-Id", id))
        if request.method == "HEAD" { response.body = [] }
        return response
    }

    private func answer(_ request: APIRequest) async throws -> APIResponse {
        if request.path.utf8.count + (request.query?.utf8.count ?? 0) > Self.maximumTargetBytes {
            throw Problem(.uriTooLong, "the path and the query are longer than \(Self.maximumTargetBytes) bytes")
        }
        if request.isBodyTooLong {
            throw Problem(.bodyTooLarge, "the body is longer than \(Self.maximumBodyBytes) bytes, or broke off")
        }
        try access.check(request)
        let segments = request.path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        var methods: Set<String> = []
        for route in routes {
            guard let captures = route.captures(segments) else { continue }
            let method = request.method == "HEAD" ? "GET" : request.method
            if route.method != method {
                methods.insert(route.method)
                continue
            }
            let response = try await route.handle(self, request, captures)
            return conditional(response, request)
        }
        if methods.isEmpty { throw Problem(.notFound, "there is nothing at this path") }
        var problem = Problem(.methodNotAllowed, "expected \(methods.sorted().joined(separator: ", "))")
        problem.headers = [("Allow", methods.sorted().joined(separator: ", "))]
        throw problem
    }

    /// Answers 304 where the client has these bytes already.
    private func conditional(_ response: APIResponse, _ request: APIRequest) -> APIResponse {
        guard response.status == 200, let tag = response.headers.first(where: { $0.name == "ETag" })?.value,
            let known = request.headers["if-none-match"]
        else { return response }
        // Compared weakly (RFC 9110): a proxy may have put a `W/` before the tag.
        let tags = known.joined(separator: ",").split(separator: ",").map { part in
            let text = part.filter { $0 != " " && $0 != "\t" }
            return text.hasPrefix("W/") ? String(text.dropFirst(2)) : text
        }
        guard tags.contains(tag) || tags.contains("*") else { return response }
        return APIResponse(
            status: 304, headers: response.headers.filter { $0.name != "Content-Type" }, body: [])
    }
}

/// A method, a path pattern (`{name}` captures a segment) and what answers it.
struct Route: Sendable {
    typealias Handler = @Sendable (API, APIRequest, [String]) async throws -> APIResponse

    let method: String
    private let pattern: [Substring]
    let handle: Handler

    init(_ method: String, _ path: StaticString, _ handle: @escaping Handler) {
        self.method = method
        pattern = "\(path)".split(separator: "/")
        self.handle = handle
    }

    /// The captured segments, decoded; nil where the path is another.
    func captures(_ segments: ArraySlice<Substring>) -> [String]? {
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
