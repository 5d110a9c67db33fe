import LedgerEvents
import LedgerJSON
import LedgerProjections
import Operations
import OptionTrades

extension Route {
    static let health = [
        Route("GET", "/healthz", isUngated: true) { _, request, _ in
            _ = try Parameters(request.query, allowed: [])
            return .json(Array("{\"status\":\"ok\"}".utf8), cache: "no-store")
        },
        Route("GET", "/readyz", isUngated: true) { api, request, _ in
            _ = try Parameters(request.query, allowed: [])
            return await api.readiness()
        },
    ]
}

extension API {
    /// A served projection with at least this lag in events is listed. It still answers, because readers of a position
    /// wait for it.
    private static let behindEvents: Int64 = 10_000
    /// The time for the database's answer.
    private static let databaseSeconds = 5

    /// The answer of the readiness check. It is 200 if the database answers with this program's schema and keeps what
    /// it acknowledges, and no served projection is stopped. Else it is 503 with the list of problems. A projection
    /// that is frozen or behind still answers reads, so it is only listed.
    func readiness() async -> APIResponse {
        var readiness = Readiness()
        readiness.warnings = ledger.captures.warnings
        readiness.dispatcher = dispatch?.node ?? .null
        do {
            let schema = try await withDeadline(.seconds(Self.databaseSeconds)) { [ledger] in
                try await ledger.schemaProblem().map { Problem($0).detail }
            }
            readiness.isReachable = true
            readiness.schemaProblem = schema
            readiness.replica = await Self.replicaNode(ledger)
            let durability = try await ledger.durability()
            readiness.durability = durability.report
            if let refusal = durability.refusal { readiness.problems.append(refusal) }
            if let dispatch, schema == nil, let halt = try await brokers.summary(of: dispatch.source).halt {
                readiness.warnings.append("\(dispatch.source.rawValue) is halted: \(ledger.redact(halt.payload.reason))")
            }
            if schema == nil { readiness.take(try await ProjectionStatus.all(ledger), behindEvents: Self.behindEvents) }
        } catch {
            readiness.problems.append(Problem(error).detail)
        }
        return .json(readiness.node.httpBytes(), status: readiness.isReady ? 200 : 503, cache: "no-store")
    }

    /// `{"state":…,"position":…}` of the read replica, null without one. Reads bypass a replica that does not answer.
    private static func replicaNode(_ ledger: Ledger) async -> JSONNode {
        guard let replica = ledger.replica else { return .null }
        let state = await replica.current()
        return .object([
            ("state", .string(state == nil ? "unreachable" : "ready")),
            ("position", state.map { .integer($0.head.position) } ?? .null),
        ])
    }
}

/// The state of readiness.
private struct Readiness {
    var isReachable = false
    var schemaProblem: String?
    var replica = JSONNode.null
    /// How the dispatcher goes; null if this service has none.
    var dispatcher = JSONNode.null
    var durability = JSONNode.null
    var problems: [String] = []
    /// What people should know of a service that is ready.
    var warnings: [String] = []
    private var projections: [JSONNode] = []
    private var frozen: [String] = []

    var isReady: Bool { problems.isEmpty && schemaProblem == nil }

    mutating func take(_ list: ProjectionStatus.List, behindEvents: Int64) {
        for status in list.versions where status.isServed {
            let name = status.name
            var state = "ready"
            if status.lag > behindEvents { state = "behind" }
            if status.isFrozen {
                state = "frozen"
                frozen.append(name)
            }
            if let poison = status.poison {
                state = "poisoned"
                problems.append("projection \(name) stopped at event \(poison.position)")
            }
            projections.append(
                .object([
                    ("name", .string(name)), ("state", .string(state)), ("position", .integer(status.position)),
                    ("lag", .integer(status.lag)),
                ]))
        }
    }

    var node: JSONNode {
        .object([
            ("status", .string(isReady ? "ready" : "not_ready")),
            ("database", .string(isReachable ? "ready" : "unreachable")),
            ("migrations", .string(!isReachable ? "unknown" : schemaProblem == nil ? "ready" : "not_ready")),
            ("durability", durability), ("replica", replica), ("dispatcher", dispatcher), ("projections", .array(projections)),
            ("problems", .array((problems + [schemaProblem].compactMap { $0 }).map(JSONNode.string))),
            ("frozen", .array(frozen.map(JSONNode.string))), ("warnings", .array(warnings.map(JSONNode.string))),
        ])
    }
}
