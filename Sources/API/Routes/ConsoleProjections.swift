import Console
import Events
import JSON
import Operations
import Postgres
import PostgresStore
import Values

extension API {
    func projectionsPage(_ request: APIRequest) async throws -> [UInt8] {
        let asked = try await ConsoleRequest(self, request, parameters: [])
        let projections = await document(["api", "ledger", "projections"])
        var names: [String] = []
        for version in (try? projections.get())?.root["projections"]?.elements.map({ $0 }) ?? [] {
            if let name = version["name"]?.string, !names.contains(name) { names.append(name) }
        }
        return ProjectionsPage(
            context: asked.context, projections: projections, promotions: try await promotions(of: names, asked)
        ).html()
    }

    /// The latest promotions of every projection as of the page's position, newest first.
    private func promotions(of names: [String], _ asked: ConsoleRequest) async throws -> [JSONValue] {
        let limit = try asked.time.asOfPosition.map { text in
            guard let position = Parameters.wholeNumber(text), position >= 0 else {
                throw Problem(.badParameter, "as_of_position: expected a position, 0 or more")
            }
            return position
        } ?? .max
        let instant = asked.time.asOf.flatMap { Instant($0) }
        let events = try await ledger.pool.run { session in
            try names.flatMap { name in
                try LogReader().stream(Streams.projection(name: name), limit: 100, session)
            }
        }
        return try events.filter { event in event.position <= limit && instant.map { event.recordedAt <= $0 } ?? true }
            .sorted { $0.position > $1.position }.map { try JSONDocument(parsing: $0.json()).root }
    }

    func versionDiff(_ request: APIRequest) async throws -> [UInt8] {
        let asked = try await ConsoleRequest(self, request, parameters: ["name", "from", "to"])
        guard let name = asked["name"], let from = asked["from"], let to = asked["to"] else {
            throw Problem(.badParameter, "name, from, to: expected a projection and two of its versions")
        }
        return VersionDiffPage(
            context: asked.context, name: name, from: from, to: to,
            diff: await document(["api", "ledger", "projections", name, "diff"], [("from", from), ("to", to)])
        ).html()
    }

    /// Rebuild, promote or roll back, by the HTTP interface's own route.
    func projectionForm(_ request: APIRequest, _ action: String) async throws -> APIResponse {
        do {
            let form = try form(request, ["name", "rules", "version", "position", "digest", "confirmed"])
            let token = try console.actor(request, form)
            guard let name = form["name"] else { throw Problem(.badBody, "name: expected a projection") }
            let body = try Self.projectionBody(action, form)
            switch await document(["api", "ledger", "projections", name, action], method: "POST", body: body.httpBytes()) {
            case .failure(let problem):
                console.sessions.update(token) { $0.notice = Notice(.refused, "\(name), \(action): \(problem.detail)") }
            case .success:
                console.sessions.update(token) { $0.notice = Notice(.done, "\(name): \(Self.done(action, form))") }
            }
            return .redirect(to: Address(["projections"]))
        } catch {
            return problemPage(error, request)
        }
    }

    private static func projectionBody(_ action: String, _ form: Parameters) throws(Problem) -> JSONNode {
        if action != "rebuild", form["confirmed"] != "true" {
            throw Problem(.badBody, "confirmed: expected that the box is ticked")
        }
        switch action {
        case "rebuild":
            guard let rules = form["rules"] else { throw Problem(.badBody, "rules: expected a version such as v2") }
            return .object([("rules", .string(rules))])
        case "promote":
            guard let version = form["version"], let digest = form["digest"],
                let position = form["position"].flatMap(Parameters.wholeNumber)
            else { throw Problem(.badBody, "version, position, digest: expected those of the comparison") }
            return .object([("version", .string(version)), ("position", .integer(position)), ("digest", .string(digest))])
        case "rollback": return .object([])
        default: throw Problem(.notFound, "there is nothing at this path")
        }
    }

    private static func done(_ action: String, _ form: Parameters) -> String {
        switch action {
        case "rebuild": "rules \(form["rules"] ?? "") are being folded beside what is served"
        case "promote": "\(form["version"] ?? "") is served now"
        default: "the version before is served again"
        }
    }
}
