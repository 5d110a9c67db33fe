import Console
import Events
import JSON
import Operations
import Synchronization
import Values

extension API {
    func form(_ request: APIRequest, _ names: [String]) throws(Problem) -> Parameters {
        guard let text = String(validating: request.body, as: UTF8.self) else {
            throw Problem(.badBody, "the form is not UTF-8")
        }
        return try Parameters(text, allowed: names + ["form_token"])
    }

    // MARK: Signing in

    func signInPage(_ request: APIRequest) async throws -> APIResponse {
        let parameters = try Parameters(request.query, allowed: ["next", "as"])
        return signInPage(request, next: parameters["next"] ?? "/trades", asAdministrator: parameters["as"] == "administrator")
    }

    private func signInPage(
        _ request: APIRequest, next: String, asAdministrator: Bool, refusal: PageProblem? = nil
    ) -> APIResponse {
        let context = PageContext(
            address: Address(["sign-in"]), visitor: visitor(console.session(of: request)), time: TimeFrame(),
            notice: refusal.map { Notice(.refused, $0.detail) })
        let page = SignInPage(
            context: context, next: localPath(next), asAdministrator: asAdministrator || ledger.settings.readKey == nil)
        return .page(page.html(), status: refusal?.status ?? 200)
    }

    /// Takes a key once and gives a session for it.
    func signIn(_ request: APIRequest) async throws -> APIResponse {
        var (next, asAdministrator) = ("/trades", false)
        do {
            try ConsoleGate.checkOrigin(request)
            let form = try form(request, ["key", "next", "as"])
            next = localPath(form["next"] ?? next)
            asAdministrator = form["as"] == "administrator"
            let mayAct = try keyActs(form["key"] ?? "", request)
            if asAdministrator && !mayAct { throw Problem(.forbidden, "That key reads only; the administrator's is asked for.") }
            // A new token for a new right: one that was known before never gains by it.
            if let old = console.token(of: request) { console.sessions.end(old) }
            let token = console.sessions.start(mayAct: mayAct)
            var response = APIResponse.redirect(to: next)
            response.headers.append(ConsoleGate.setCookie(token, request))
            return response
        } catch {
            return signInPage(request, next: next, asAdministrator: asAdministrator, refusal: pageProblem(error))
        }
    }

    /// Whether the key may act, or only read. Throws for a key that is neither; asked by the same policy as the HTTP
    /// interface, so that failures count alike.
    private func keyActs(_ key: String, _ request: APIRequest) throws(Problem) -> Bool {
        var asked = request
        asked.headers["authorization"] = ["Bearer \(key)"]
        asked.method = "GET"
        asked.path = "/api/ledger/head"
        do {
            return try access.check(asked) == .administrator
        } catch {
            throw error.code == .unauthorized ? Problem(.unauthorized, "The key is not valid.") : error
        }
    }

    func signOut(_ request: APIRequest) async throws -> APIResponse {
        let form = try form(request, [])
        try ConsoleGate.checkOrigin(request)
        if let token = console.token(of: request), let session = console.sessions.session(token) {
            guard let given = form["form_token"], AccessPolicy.areEqual(session.formToken, given) else {
                throw Problem(.forbidden, "the form is not one of this session")
            }
            console.sessions.end(token)
        }
        var response = APIResponse.redirect(to: Address(ledger.settings.readKey == nil ? ["trades"] : ["sign-in"]))
        response.headers.append(ConsoleGate.setCookie(nil, request))
        return response
    }

    /// A path of this service, or the trade book's: never an address elsewhere.
    func localPath(_ text: String) -> String {
        let isVisible = text.utf8.allSatisfy { 0x21...0x7E ~= $0 && $0 != UInt8(ascii: "\\") }
        guard text.hasPrefix("/"), !text.hasPrefix("//"), isVisible, text.utf8.count <= limits.targetBytes else { return "/trades" }
        return text
    }

    // MARK: Sync

    /// A dry run, or the real run that a preview of the same options allows.
    func syncForm(_ request: APIRequest) async throws -> APIResponse {
        do {
            let form = try form(
                request, ["mode", "full_scope", "include_pending", "reset_watermark", "preview", "confirmed"])
            let token = try console.actor(request, form)
            switch form["mode"] {
            case "dry_run": await dryRun(token, form)
            case "apply": try await realRun(token, form)
            default: throw Problem(.badBody, "mode: expected dry_run or apply")
            }
            return .redirect(to: Address(["trades"], fragment: "sync"))
        } catch {
            return problemPage(error, request)
        }
    }

    private func dryRun(_ token: String, _ form: Parameters) async {
        let options = SyncCard.Options(
            fullScope: form["full_scope"] == "true", includePending: form["include_pending"] == "true",
            resetWatermark: form["reset_watermark"] == "true")
        let summary = await sync(options, isDryRun: true)
        var preview: ConsoleSessions.Preview?
        if case .success(let document) = summary, let id = document.root["summary"]?["run_id"]?.string {
            preview = .init(id: id, options: options, ends: .now + ConsoleSessions.previewTime)
        }
        let run = SyncCard.Run(options: options, isDryRun: true, summary: summary, previewID: preview?.id)
        console.sessions.update(token) { session in
            session.preview = preview
            session.run = run
        }
    }

    private func realRun(_ token: String, _ form: Parameters) async throws {
        guard form["confirmed"] == "true" else { throw Problem(.badBody, "confirmed: expected that the preview was looked at") }
        guard let preview = console.sessions.takePreview(token, id: form["preview"] ?? "") else {
            throw Problem(.conflict, "a real sync follows a preview of the same options, of the last 15 minutes, once: make a dry run first")
        }
        let run = SyncCard.Run(
            options: preview.options, isDryRun: false, summary: await sync(preview.options, isDryRun: false), previewID: nil)
        console.sessions.update(token) { session in session.run = run }
        // The rows are there once the trade book has folded them; a page that came sooner would show the old ones.
        if case .success(let head) = await document(["api", "ledger", "head"]), let position = head.root["position"]?.integer {
            _ = await document(["api", "internal", "trades"], [("as_of_position", "\(position)"), ("limit", "1")])
        }
    }

    private static let shownUpdates = 200

    /// The run's summary, with what it changed or would change row by row.
    private func sync(_ options: SyncCard.Options, isDryRun: Bool) async -> Loaded {
        let updates = Mutex<[SyncOperation.Update]>([])
        // A dry run never resets anything, and previews what a real run would find.
        let asked = SyncOptions(
            apply: !isDryRun, fullScope: options.fullScope, resetWatermark: options.resetWatermark && !isDryRun)
        do {
            let summary = try await runSync(asked, includePending: options.includePending) { update in
                updates.withLock { if $0.count < Self.shownUpdates { $0.append(update) } }
            }
            let node = JSONNode.object([
                ("summary", summary.node), ("changes", .array(updates.withLock { $0 }.map(\.node))),
            ])
            return .success(try JSONDocument(parsing: node.httpBytes()))
        } catch {
            return .failure(pageProblem(error))
        }
    }
}

extension SyncOperation.Update {
    /// `{"source_trade_id": …, "changed_fields": [{"field": …, "old": …, "new": …}]}`
    fileprivate var node: JSONNode {
        .object([
            ("source_trade_id", .string(sourceTradeID)),
            (
                "changed_fields",
                .array(changes.map { .object([("field", .string($0.field)), ("old", $0.old), ("new", $0.new)]) })
            ),
        ])
    }
}
