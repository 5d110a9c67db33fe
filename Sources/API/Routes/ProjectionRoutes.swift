import LedgerJSON
import LedgerProjections
import LedgerValues
import Logging
import Operations
import OptionTrades

extension Route {
    static let projections = [
        Route("GET", "/api/ledger/projections") { api, request, _ in try await api.projections(request) },
        Route("GET", "/api/ledger/projections/{name}/diff") { api, request, captures in
            try await api.diff(of: View.projection(named: captures[0]), request)
        },
        Route("GET", "/api/ledger/projections/{name}/rules") { api, request, captures in
            try api.rulesDiff(of: View.projection(named: captures[0]), request)
        },
        Route("POST", "/api/ledger/projections/{name}/rebuild") { api, request, captures in
            try await api.rebuild(View.projection(named: captures[0]), request)
        },
        Route("POST", "/api/ledger/projections/{name}/promote") { api, request, captures in
            try await api.promote(View.projection(named: captures[0]), request)
        },
        Route("POST", "/api/ledger/projections/{name}/rollback") { api, request, captures in
            try await api.rollback(View.projection(named: captures[0]), request)
        },
    ]
}

extension API {
    /// Every version with its checkpoint, lag, lease and error.
    func projections(_ request: APIRequest) async throws -> APIResponse {
        _ = try Parameters(request.query, allowed: [])
        return .json(try await ProjectionStatus.all(ledger).json)
    }

    /// The largest number of a diff's rows that are explained. Each column of each row takes several reads under both
    /// versions.
    private static let maximumExplained: Int64 = 20

    /// The changes that serving `to` in place of `from` would make. Rows are explained only on request.
    func diff(of name: String, _ request: APIRequest) async throws -> APIResponse {
        let parameters = try Parameters(request.query, allowed: ["from", "to", "position", "keys", "explain", "with_dependents"])
        let from = try Self.version(parameters["from"], of: name, named: "from")
        let to = try Self.version(parameters["to"], of: name, named: "to")
        let position = try parameters.integer("position", in: 0...Int64.max)
        let keys = try parameters.integer("keys", in: 0...1000).map { Int($0) } ?? ProjectionDiff.sampleSize
        let rows = try parameters.integer("explain", in: 0...Self.maximumExplained).map { Int($0) }
        let hasDependents = try parameters.flag("with_dependents") ?? false
        do {
            if hasDependents {
                let group = try await ledger.diffWithDependents(name, from: from, to: to, position: position, sampleSize: keys)
                guard let rows else { return .json(group.json(), tag: .strong("\(group.digest)-\(name)-\(keys)")) }
                var explained: [[ExplainedChange]] = []
                for diff in group.diffs { explained.append(try await ledger.explain(diff, rows: rows)) }
                return .json(
                    group.json(explained: explained),
                    tag: .strong("\(group.digest)-\(name)-\(keys)-\(Self.tag(explained.flatMap { $0 }, rows))"))
            }
            let diff = try await ledger.diff(name, from: from, to: to, position: position, sampleSize: keys)
            guard let rows else { return .json(diff.json(), tag: .strong("\(diff.digest)-\(keys)")) }
            let explained = try await ledger.explain(diff, rows: rows)
            return .json(diff.json(explained: explained), tag: .strong("\(diff.digest)-\(keys)-\(Self.tag(explained, rows))"))
        } catch let error as VersionError {
            throw Problem(error)
        } catch let error as ExplainError {
            throw Problem(error)
        }
    }

    /// The tag covers the installed code too, because a side that cannot be explained here is null.
    private static func tag(_ explained: [ExplainedChange], _ rows: Int) -> String {
        "explained-\(rows)-" + explained.map { "\($0.from == nil ? 0 : 1)\($0.to == nil ? 0 : 1)" }.joined()
    }

    /// What the rules of two versions don't share, value by value.
    func rulesDiff(of name: String, _ request: APIRequest) throws -> APIResponse {
        let parameters = try Parameters(request.query, allowed: ["from", "to"])
        let from = try Self.version(parameters["from"], of: name, named: "from")
        let to = try Self.version(parameters["to"], of: name, named: "to")
        do {
            let diff = try ledger.rulesDiff(name, from: from, to: to)
            return .json(diff.json(limit: RulesDiff.mostChanges), tag: diff.tag)
        } catch let error as VersionError {
            throw Problem(error)
        }
    }

    /// Starts to build a version beside the served one. `GET /api/ledger/projections` shows its progress.
    func rebuild(_ name: String, _ request: APIRequest) async throws -> APIResponse {
        let body = try VersionBody(request, of: name, keys: ["rules"])
        do {
            let references = try await ledger.references([name], body.rules)
            try await rebuilds.start(references[0], ledger)
            return .json(
                JSONNode.object([
                    ("projection", .string(name)), ("version", .string(references[0].version.version)),
                    ("state", .string("building")),
                ]).httpBytes(), status: 202)
        } catch let error as VersionError {
            throw Problem(error)
        }
    }

    /// Serves another version, with its dependents on request. Throws unless the diff still has the named digest.
    func promote(_ name: String, _ request: APIRequest) async throws -> APIResponse {
        let body = try VersionBody(request, of: name, keys: ["version", "position", "digest", "with_dependents", "requires_assertions"])
        guard let version = body.version else { throw Problem(.badBody, "version: expected a version such as v2") }
        guard let position = body.position else { throw Problem(.badBody, "position: expected the diff's position") }
        guard let digest = body.digest else { throw Problem(.badBody, "digest: expected the diff's digest") }
        do {
            let promotion = try await ledger.promote(
                name, version, position: position, digest: digest, withDependents: body.hasDependents,
                requiresAssertions: body.requiresAssertions)
            return .json(promotion.node.httpBytes())
        } catch let error as VersionError {
            throw Problem(error)
        }
    }

    /// Serves the version that the current one replaced, with its dependents on request.
    func rollback(_ name: String, _ request: APIRequest) async throws -> APIResponse {
        let body = try VersionBody(request, of: name, keys: ["with_dependents"])
        do {
            return .json(try await ledger.rollback(name, withDependents: body.hasDependents).node.httpBytes())
        } catch let error as VersionError {
            throw Problem(error)
        }
    }

    private static func version(_ text: String?, of projection: String, named name: String) throws(Problem) -> VersionReference {
        guard let text, let reference = try? VersionReference(parsing: text, of: projection) else {
            throw Problem(.badParameter, "\(name): expected a version such as v2, v2/c3 or \(projection)@v2")
        }
        return reference
    }
}

extension Problem {
    init(_ error: VersionError) {
        switch error {
        case .unknownProjection: self.init(.notFound, "\(error)")
        default: self.init(.conflict, "\(error)")
        }
    }
}

/// The rebuilds requested over HTTP, one at a time. They end with the service.
actor RebuildJobs {
    private var job: Task<Void, Never>?
    private var label: String?

    /// Throws a conflict while another rebuild runs. Problems with the version itself are found before the answer.
    func start(_ reference: (name: String, version: VersionReference), _ ledger: Ledger) throws {
        if let label { throw Problem(.conflict, "a rebuild of \(label) is under way: one at a time") }
        let name = "\(reference.name) \(reference.version)"
        _ = try ledger.installed(reference.name, reference.version)
        label = name
        job = Task {
            do {
                let summary = try await ledger.rebuild([reference])
                ledger.logger.notice(
                    "rebuilt", metadata: ["version": "\(name)", "position": "\(summary.versions.first?.position ?? 0)"])
            } catch {
                ledger.logger.error("a rebuild ended", metadata: ["version": "\(name)", "reason": "\(ledger.redact("\(error)"))"])
            }
            self.end()
        }
    }

    private func end() {
        job = nil
        label = nil
    }

    /// Cancels the running rebuild and waits for its end. A cancelled rebuild leaves no trace.
    func stop() async {
        job?.cancel()
        await job?.value
    }
}

/// `{"rules": "v2"}`, `{"version": "v2", "position": 12521, "digest": "…", "with_dependents":
/// true, "requires_assertions": true}`, `{"with_dependents": true}` or nothing, depending on the route.
private struct VersionBody {
    var rules: VersionReference?
    var version: VersionReference?
    var position: Int64?
    var digest: String?
    var hasDependents = false
    var requiresAssertions = false

    init(_ request: APIRequest, of projection: String, keys: [String]) throws(Problem) {
        for (key, value) in try RequestBody(request, keys: keys).members {
            switch key {
            case "position":
                guard let number = value.integer, number >= 0 else {
                    throw Problem(.badBody, "position: expected a whole number, 0 or more")
                }
                position = number
            case "digest":
                guard let text = value.string, text.utf8.count == 64 else {
                    throw Problem(.badBody, "digest: expected 64 hex digits")
                }
                digest = text
            case "with_dependents", "requires_assertions":
                guard let flag = value.bool else { throw Problem(.badBody, "\(key): expected true or false") }
                if key == "with_dependents" { hasDependents = flag } else { requiresAssertions = flag }
            default:
                guard let reference = value.string.flatMap({ try? VersionReference(parsing: $0, of: projection) }) else {
                    throw Problem(.badBody, "\(key): expected a version such as v2")
                }
                if key == "rules" { rules = reference } else { version = reference }
            }
        }
    }
}
