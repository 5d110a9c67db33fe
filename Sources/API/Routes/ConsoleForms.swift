import Console
import LedgerEvents
import LedgerJSON
import LedgerValues
import Operations
import OptionTrades
import Synchronization

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
        return signInPage(
            request, next: parameters["next"] ?? "/trades", asAdministrator: parameters["as"] == "administrator",
            asTrader: parameters["as"] == "trader")
    }

    private func signInPage(
        _ request: APIRequest, next: String, asAdministrator: Bool, asTrader: Bool, refusal: PageProblem? = nil
    ) -> APIResponse {
        let context = context(Address(["sign-in"]), request, notice: refusal.map { Notice(.refused, $0.detail) })
        let page = SignInPage(
            context: context, next: localPath(next), asAdministrator: asAdministrator || !ledger.settings.hasReadKeys,
            asTrader: asTrader)
        return .page(page.html(), status: refusal?.status ?? 200)
    }

    /// Takes a key and starts a session for it. The key is not used again.
    func signIn(_ request: APIRequest) async throws -> APIResponse {
        var (next, asAdministrator, asTrader) = ("/trades", false, false)
        do {
            try ConsoleGate.checkOrigin(request)
            let form = try form(request, ["key", "next", "as"])
            next = localPath(form["next"] ?? next)
            asAdministrator = form["as"] == "administrator"
            asTrader = form["as"] == "trader"
            let (caller, actor) = try keyCaller(form["key"] ?? "", request)
            if asAdministrator && caller != .administrator {
                throw Problem(.forbidden, "That key does not administer; the administrator's is asked for.")
            }
            if asTrader && caller != .trader { throw Problem(.forbidden, "That key does not trade; the trade key is asked for.") }
            // A new right gets a new token, so an old token never gains rights.
            if let old = console.token(of: request) { console.sessions.end(old) }
            let token = console.sessions.start(mayAct: caller == .administrator, mayTrade: caller == .trader, actor: actor)
            var response = APIResponse.redirect(to: next)
            response.headers.append(ConsoleGate.setCookie(token, request))
            return response
        } catch {
            return signInPage(
                request, next: next, asAdministrator: asAdministrator, asTrader: asTrader, refusal: pageProblem(error))
        }
    }

    /// What the key permits, and its name. Throws for a key that nobody has. The check uses the HTTP interface's policy, so failures
    /// count alike.
    private func keyCaller(_ key: String, _ request: APIRequest) throws(Problem) -> (caller: AccessPolicy.Caller, actor: String?) {
        var asked = request
        asked.headers["authorization"] = ["Bearer \(key)"]
        asked.method = "GET"
        asked.path = "/api/ledger/head"
        do {
            return (try access.check(asked), access.actor(of: asked))
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
        var response = APIResponse.redirect(to: Address(!ledger.settings.hasReadKeys ? ["trades"] : ["sign-in"]))
        response.headers.append(ConsoleGate.setCookie(nil, request))
        return response
    }

    /// The text if it is a path of this service, else the trade book's path. The result is never an address elsewhere.
    func localPath(_ text: String) -> String {
        let isVisible = text.utf8.allSatisfy { 0x21...0x7E ~= $0 && $0 != UInt8(ascii: "\\") }
        guard text.hasPrefix("/"), !text.hasPrefix("//"), isVisible, text.utf8.count <= limits.targetBytes else { return "/trades" }
        return text
    }

    // MARK: Preferences

    /// Keeps one choice in a cookie and leads back. It changes only what the same browser is shown, so it needs no session.
    func preferencesForm(_ request: APIRequest) throws -> APIResponse {
        do {
            try ConsoleGate.checkOrigin(request)
            let form = try form(request, ["density", "zone", "next"])
            var preferences = Self.preferences(of: request)
            preferences.density = try Self.choice("density", form) ?? preferences.density
            preferences.zone = try Self.choice("zone", form) ?? preferences.zone
            var response = APIResponse.redirect(to: localPath(form["next"] ?? "/trades"))
            response.headers.append(ConsoleGate.setCookie(Self.preferencesCookie, preferences.cookie, request))
            return response
        } catch {
            return problemPage(error, request)
        }
    }

    private static func choice<Value: Preferences.Choice>(_ name: String, _ form: Parameters) throws(Problem) -> Value? {
        guard let text = form[name] else { return nil }
        guard let value = Value(rawValue: text) else {
            let known = Value.allCases.map(\.rawValue).joined(separator: " or ")
            throw Problem(.badBody, "\(name): expected \(known)")
        }
        return value
    }

    // MARK: Sync

    /// A dry run, or the real run that a preview of the same options permits.
    func syncForm(_ request: APIRequest) async throws -> APIResponse {
        do {
            let form = try form(
                request, ["mode", "full_scope", "include_pending", "reset_watermark", "preview", "confirmed"])
            let token = try console.actor(request, form)
            let ended: Loaded
            switch form["mode"] {
            case "dry_run": ended = await dryRun(token, form)
            case "apply": ended = try await realRun(token, form)
            default: throw Problem(.badBody, "mode: expected dry_run or apply")
            }
            var response = APIResponse.redirect(to: Address(["trades"], fragment: "sync"))
            // The browser returns to the page in either case. The log records how the run ended.
            if case .failure(let problem) = ended { response.problem = Problem.Code(rawValue: problem.code) }
            return response
        } catch {
            return problemPage(error, request)
        }
    }

    private func dryRun(_ token: String, _ form: Parameters) async -> Loaded {
        let options = SyncCard.Options(
            fullScope: form["full_scope"] == "true", includePending: form["include_pending"] == "true",
            resetWatermark: form["reset_watermark"] == "true")
        let summary = await sync(options, isDryRun: true)
        var preview: ConsoleSessions.Preview<SyncCard.Options>?
        if let id = (try? summary.get())?.root["summary"]?["run_id"]?.string {
            preview = .init(
                id: id, options: options, ends: .now + .seconds(limits.previewSeconds),
                endsAt: Self.second(ledger.now(), after: limits.previewSeconds))
        }
        let run = SyncCard.Run(options: options, isDryRun: true, summary: summary)
        console.sessions.update(token) { session in
            session.preview = preview
            session.run = run
        }
        return summary
    }

    private func realRun(_ token: String, _ form: Parameters) async throws -> Loaded {
        guard form["confirmed"] == "true" else { throw Problem(.badBody, "confirmed: expected that the preview was looked at") }
        let preview = try console.sessions.takePreview(token, id: form["preview"] ?? "", \.preview)
        let summary = await sync(preview.options, isDryRun: false, actor: console.sessions.session(token)?.actor)
        let run = SyncCard.Run(options: preview.options, isDryRun: false, summary: summary)
        console.sessions.update(token) { session in session.run = run }
        // The rows appear after the trade book has folded them. A page before that would show the old rows.
        if case .success(let head) = await document(["api", "ledger", "head"]), let position = head.root["position"]?.integer {
            _ = await document(["api", "internal", "trades"], [("as_of_position", "\(position)"), ("limit", "1")])
        }
        return summary
    }

    static func second(_ now: Instant, after seconds: Int) -> Instant {
        let end = now.microseconds + Int64(seconds) * 1_000_000
        return Instant(microseconds: end - end % 1_000_000) ?? .maximum
    }

    private static let shownUpdates = 200
    /// The largest number of inserted, updated and rejected rows of a run that a session keeps.
    private static let keptRows = 10_000

    /// The run's summary, with its changes row by row, real or previewed.
    private func sync(_ options: SyncCard.Options, isDryRun: Bool, actor: String? = nil) async -> Loaded {
        let updates = Mutex<[SyncOperation.Update]>([])
        let asked = SyncOptions(
            apply: !isDryRun, fullScope: options.fullScope, resetWatermark: options.resetWatermark, namedRows: Self.keptRows,
            actor: actor)
        do {
            let run = try await runSync(asked, includePending: options.includePending) { update in
                updates.withLock { if $0.count < Self.shownUpdates { $0.append(update) } }
            }
            let node = JSONNode.object([
                ("summary", run.node), ("changes", .array(updates.withLock { $0 }.map(\.node))),
            ])
            return .success(try JSONDocument(parsing: node.httpBytes()))
        } catch {
            return .failure(pageProblem(error))
        }
    }

    /// The card of the trade book: the state of the scope, and the session's last run.
    func syncCard(_ request: APIRequest, state: Loaded) -> SyncCard {
        let session = console.session(of: request)
        return SyncCard(state: state, run: session?.run, preview: session?.preview?.shown)
    }

    /// Lists all rows that the session's last run inserted, updated or rejected.
    func runPage(_ request: APIRequest) async throws -> PageAnswer {
        let asked = try await ConsoleRequest(self, request, parameters: [])
        guard let run = console.session(of: request)?.run else {
            throw Problem(.notFound, "no sync was run in this session")
        }
        return PageAnswer(SyncRunPage(context: try asked.context, run: run).html())
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
