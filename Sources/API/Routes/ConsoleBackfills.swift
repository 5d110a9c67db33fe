import Console
import LedgerJSON
import LedgerValues
import Operations
import OptionTrades

extension API {
    /// A kind of backfill: its form, the session's preview of it, and its last run.
    func backfillPage(_ request: APIRequest, _ name: String) async throws -> PageAnswer {
        let asked = try await ConsoleRequest(self, request, parameters: [])
        let kind = try Self.backfillKind(name)
        let session = console.session(of: request)
        let run = jobs[kind].map { job in
            Result { try JSONDocument(parsing: job.node(redact: ledger.redact).httpBytes()) }.mapError { pageProblem($0) }
        }
        let page = BackfillPage(
            context: try asked.context, kind: kind.page, fields: session?.backfillFields[kind] ?? [:],
            quoteSources: ["auto", "log"] + Ingestion.quotes.map(\.name), found: session?.backfillsFound[kind],
            preview: session?.backfillPreviews[kind]?.shown, run: run)
        return PageAnswer(page.html())
    }

    /// A preview of a backfill, or the real run that a preview of the same options permits.
    func backfillForm(_ request: APIRequest, _ name: String) async throws -> APIResponse {
        do {
            let kind = try Self.backfillKind(name)
            let form = try form(request, ["mode", "preview", "confirmed"] + kind.page.fields)
            let token = try console.actor(request, form)
            let fragment: String
            switch form["mode"] {
            case "preview":
                await previewBackfill(kind, token, form)
                fragment = "preview"
            case "apply":
                guard form["confirmed"] == "true" else {
                    throw Problem(.badBody, "confirmed: expected that the preview was looked at")
                }
                let preview = try console.sessions.takePreview(token, id: form["preview"] ?? "", \.backfillPreviews[kind])
                try jobs.start(preview.options, actor: console.sessions.session(token)?.actor, ledger)
                console.sessions.update(token) { $0.backfillsFound[kind] = nil }
                fragment = "run"
            default: throw Problem(.badBody, "mode: expected preview or apply")
            }
            return .redirect(to: Address(["operations", "backfill", kind.rawValue], fragment: fragment))
        } catch {
            return problemPage(error, request)
        }
    }

    /// Keeps what a run with the form's options would ask for, or why that can't be said.
    private func previewBackfill(_ kind: BackfillKind, _ token: String, _ form: Parameters) async {
        var fields: [String: String] = [:]
        for name in kind.page.fields { fields[name] = form[name] }
        let given = fields
        var preview: ConsoleSessions.Preview<BackfillRequest>?
        let found: Loaded
        do {
            let asked = try BackfillRequest(kind, Self.backfillRequest(given))
            found = .success(try JSONDocument(parsing: try await asked.preview(ledger).node.httpBytes()))
            preview = ConsoleSessions.Preview(
                id: ledger.newID().description, options: asked, ends: .now + .seconds(limits.previewSeconds),
                endsAt: Self.second(ledger.now(), after: limits.previewSeconds))
        } catch {
            found = .failure(pageProblem(error))
        }
        let kept = preview
        console.sessions.update(token) { session in
            session.backfillFields[kind] = given
            session.backfillPreviews[kind] = kept
            session.backfillsFound[kind] = found
        }
    }

    private static func backfillKind(_ name: String) throws(Problem) -> BackfillKind {
        guard let kind = BackfillKind(rawValue: name) else {
            throw Problem(
                .notFound, "there is no such backfill; expected \(BackfillKind.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return kind
    }

    /// The fields of a form as a body of the interface, so that both are read alike. Empty fields say nothing.
    private static func backfillRequest(_ fields: [String: String]) throws(Problem) -> APIRequest {
        var members: [(String, JSONNode)] = [("preview", .bool(true))]
        for (name, text) in fields.map({ ($0.key, $0.value.trimmed) }).sorted(by: { $0.0 < $1.0 }) where !text.isEmpty {
            switch name {
            case "limit":
                guard let number = Parameters.wholeNumber(text) else { throw Problem(.badBody, "limit: expected a number above 0") }
                members.append((name, .integer(number)))
            case "trade_ids":
                let ids = text.split { $0 == "," || $0.isWhitespace }
                members.append((name, .array(ids.map { .string(String($0)) })))
            case "quotes", "horizons", "rules": members.append((name, .string(text)))
            default: members.append((name, .bool(text == "true")))
            }
        }
        return APIRequest(method: "POST", path: "", body: JSONNode.object(members).httpBytes(), isFromLoopback: true)
    }
}

extension BackfillKind {
    /// The kind as the console has it.
    fileprivate var page: BackfillPage.Kind {
        switch self {
        case .context: .context
        case .benchmarks: .benchmarks
        case .marks: .marks
        }
    }
}
