import Console
import LedgerEvents
import LedgerJSON
import LedgerValues
import Operations

extension API {
    func projectionsPage(_ request: APIRequest) async throws -> PageAnswer {
        let asked = try await ConsoleRequest(self, request, parameters: [])
        let projections = await document(["api", "ledger", "projections"])
        var context = try asked.context
        if asked.time.isPinned {
            switch await newest(asked) {
            case .success(let shown): context.time.shown = shown
            // An unknown moment gets a problem page.
            case .failure(let problem): throw problem
            }
        }
        var names: [String] = []
        let versions = (try? projections.get())?.root["projections"]?.elements.map { $0 } ?? []
        for version in versions {
            if let name = version["name"]?.string, !names.contains(name) { names.append(name) }
        }
        let (promotions, served) = try await promotions(of: names, upTo: context.time.shown?.position ?? .max)
        let page = ProjectionsPage(
            context: context, projections: projections, promotions: promotions, servedThen: asked.time.isPinned ? served : nil,
            rules: await rules(besideServed: versions))
        return asked.answer(page.html(), about: projections)
    }

    /// For each version that is not served, what its rules say that those of the served one don't. A version whose rules
    /// are not installed is left out.
    private func rules(besideServed versions: [JSONValue]) async -> [String: JSONValue] {
        var served: [String: String] = [:]
        for version in versions where version["served"]?.bool == true {
            served[version["name"]?.string ?? ""] = version["version"]?.string
        }
        var rules: [String: JSONValue] = [:]
        for version in versions where version["served"]?.bool != true {
            guard let name = version["name"]?.string, let from = served[name], let to = version["version"]?.string else { continue }
            let changes = await document(["api", "ledger", "projections", name, "rules"], [("from", from), ("to", to)])
            rules[ProjectionsPage.versionKey(version)] = (try? changes.get())?.root
        }
        return rules
    }

    /// The largest number of promotions shown for each projection.
    private static let shownPromotions: Int64 = 100

    /// The latest promotions of every projection up to a position, newest first, and the last one of each, ordered by name.
    private func promotions(of names: [String], upTo limit: Int64) async throws -> (all: [JSONValue], last: [JSONValue]) {
        let events = try await ledger.promotions(of: names, upTo: limit, limit: Self.shownPromotions)
        let all = try events.sorted { $0.position > $1.position }.map { try JSONDocument(parsing: $0.json()).root }
        let last = names.compactMap { name in all.first { $0["payload"]?["projection"]?.string == name } }
        return (all, last)
    }

    func versionDiff(_ request: APIRequest) async throws -> PageAnswer {
        let asked = try await ConsoleRequest(self, request, parameters: ["name", "from", "to"])
        guard let name = asked["name"], let from = asked["from"], let to = asked["to"] else {
            throw Problem(.badParameter, "name, from, to: expected a projection and two of its versions")
        }
        var context = try asked.context
        let path = ["api", "ledger", "projections", name, "diff"]
        var query = [("from", from), ("to", to)]
        if asked.time.isPinned {
            let shown = try await newest(asked).get()
            context.time.shown = shown
            query.append(("position", "\(shown.position)"))
        }
        let together = await document(path, query + [("with_dependents", "true")])
        let diff: Loaded
        if case .success(let all) = together, let first = all.root["diffs"]?.elements.map({ $0 }).first {
            diff = .success(try JSONDocument(parsing: Array(first.sourceText.utf8)))
        } else {
            diff = await document(path, query)
        }
        let rules = await document(["api", "ledger", "projections", name, "rules"], [("from", from), ("to", to)])
        return asked.answer(
            VersionDiffPage(context: context, name: name, from: from, to: to, diff: diff, together: together, rules: rules).html(),
            about: diff)
    }

    /// Rebuilds, promotes or rolls back through the HTTP interface's own route.
    func projectionForm(_ request: APIRequest, _ action: String) async throws -> APIResponse {
        do {
            let form = try form(
                request, ["name", "rules", "version", "position", "digest", "with_dependents", "requires_assertions", "confirmed"])
            let token = try console.actor(request, form)
            guard let name = form["name"] else { throw Problem(.badBody, "name: expected a projection") }
            let body = try Self.projectionBody(action, form)
            switch await document(["api", "ledger", "projections", name, action], method: "POST", body: body.httpBytes()) {
            case .failure(let problem):
                console.sessions.update(token) { $0.notice = Notice(.refused, "\(name), \(action): \(problem.detail)") }
            case .success(let answer):
                let done = Self.done(action, form, answer.root)
                console.sessions.update(token) { $0.notice = Notice(.done, "\(name): \(done)") }
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
            return .object([
                ("version", .string(version)), ("position", .integer(position)), ("digest", .string(digest)),
                ("with_dependents", .bool(try form.flag("with_dependents") ?? false)),
                ("requires_assertions", .bool(try form.flag("requires_assertions") ?? false)),
            ])
        case "rollback": return .object([("with_dependents", .bool(try form.flag("with_dependents") ?? false))])
        default: throw Problem(.notFound, "there is nothing at this path")
        }
    }

    private static func done(_ action: String, _ form: Parameters, _ answer: JSONValue) -> String {
        if action == "rebuild" { return "rules \(form["rules"] ?? "") are being folded beside what is served" }
        func names(_ member: String) -> [String] { answer[member]?.elements.compactMap { $0["projection"]?.string } ?? [] }
        var text = action == "promote" ? "\(form["version"] ?? "") is served now" : "the version before is served again"
        if !names("dependents").isEmpty { text += ", and with it \(names("dependents").joined(separator: ", "))" }
        if !names("dependents_left").isEmpty {
            text += "; \(names("dependents_left").joined(separator: ", ")) still reads the rules that it replaced"
        }
        return text
    }
}
