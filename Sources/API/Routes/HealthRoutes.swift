import JSON
import Operations
import Postgres
import PostgresStore
import Projections

extension Route {
    static let health = [
        Route("GET", "/healthz") { _, _, _ in .json(Array("{\"status\":\"ok\"}".utf8), cache: "no-store") },
        Route("GET", "/readyz") { api, _, _ in await api.readiness() },
    ]
}

extension API {
    /// 200 where the database answers with this program's schema and no served projection is stopped; else 503 with
    /// what is not ready. A frozen projection is answered from, and so only named.
    func readiness() async -> APIResponse {
        var problems: [String] = []
        var frozen: [String] = []
        do {
            let resources = ledger.resources
            try await ledger.pool.run { session in try Migrator(resources.migrations()).requireCurrent(session) }
            for status in try await ProjectionStatus.all(ledger).versions where status.version.isServed {
                if let poison = status.version.poison {
                    problems.append("projection \(status.version.name) stopped at event \(poison.position)")
                }
                if status.isFrozen { frozen.append(status.version.name) }
            }
        } catch {
            problems.append(Problem(error).detail)
        }
        let body = JSONNode.object([
            ("status", .string(problems.isEmpty ? "ready" : "not_ready")),
            ("problems", .array(problems.map(JSONNode.string))), ("frozen", .array(frozen.map(JSONNode.string))),
        ]).httpBytes()
        return .json(body, status: problems.isEmpty ? 200 : 503, cache: "no-store")
    }
}
