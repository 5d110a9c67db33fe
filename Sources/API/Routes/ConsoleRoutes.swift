import Console
import LedgerJSON
import LedgerNotes
import LedgerValues
import NIOCore
import Operations
import OptionTrades
import Synchronization

extension Route {
    /// The console's pages, assets and forms.
    static let console =
        [
            Route("GET", "/", isPage: true) { _, _, _ in .redirect(to: Address(["trades"])) },
            Route("GET", "/assets/{version}/{name}") { _, _, captures in try API.asset(captures[0], captures[1]) },
            Route("GET", "/sign-in") { api, request, _ in try await api.signInPage(request) },
            Route("POST", "/sign-in", isUngated: true) { api, request, _ in try await api.signIn(request) },
            Route("POST", "/sign-out", isUngated: true) { api, request, _ in try await api.signOut(request) },
            .page("/trades") { api, request, _ in try await api.tradeBook(request) },
            .page("/trade") { api, request, _ in try await api.tradePage(request) },
            .page("/position") { api, request, _ in try await api.positionPage(request) },
            .page("/trades/run") { api, request, _ in try await api.runPage(request) },
            Route("POST", "/trades/sync") { api, request, _ in try await api.syncForm(request) },
            .page("/performance") { api, request, _ in try await api.performance(request) },
            .page("/performance/{view}") { api, request, captures in try await api.performanceRows(request, captures[0]) },
            Route("GET", "/download/{view}") { api, request, captures in try await api.download(request, captures[0]) },
            Route("GET", "/changes", isPage: true) { api, request, _ in try await api.changesPage(request) },
            Route("GET", "/moment", isPage: true) { api, request, _ in try api.moment(request) },
            Route("GET", "/jump", isPage: true) { api, request, _ in try await api.jump(request) },
            .page("/styleguide") { api, request, _ in try await api.styleguide(request) },
            Route("POST", "/preferences", isUngated: true) { api, request, _ in try api.preferencesForm(request) },
            .page("/explain") { api, request, _ in try await api.explainPage(request) },
            Route("GET", "/prove") { api, request, _ in try await api.proofFile(request) },
            .page("/steps") { api, request, _ in try await api.stepsPage(request) },
            .page("/order") { api, request, _ in try await api.orderPage(request) },
            .page("/broker") { api, request, _ in try await api.brokerPage(request) },
            Route("POST", "/broker/{action}") { api, request, captures in try await api.brokerForm(request, captures[0]) },
            .page("/operations") { api, request, _ in try await api.operationsPage(request) },
            .page("/operations/backfill/{kind}") { api, request, captures in try await api.backfillPage(request, captures[0]) },
            Route("POST", "/operations/backfill/{kind}") { api, request, captures in
                try await api.backfillForm(request, captures[0])
            },
            .page("/alerts") { api, request, _ in try await api.alertsPage(request) },
            .page("/reference") { api, request, _ in try await api.referenceIndex(request) },
            .page("/reference/{name}") { api, request, captures in try await api.referencePage(request, captures[0], of: nil) },
            .page("/reference/contract/{name}") { api, request, captures in
                try await api.referencePage(request, captures[0], of: "contract")
            },
            .page("/log") { api, request, _ in try await api.logPage(request) },
            .page("/impact") { api, request, _ in try await api.impactPage(request) },
            .page("/projections") { api, request, _ in try await api.projectionsPage(request) },
            .page("/projections/diff") { api, request, _ in try await api.versionDiff(request) },
            .page("/projections/playground") { api, request, _ in try await api.playground(request) },
            Route("POST", "/projections/playground") { api, request, _ in try await api.playgroundForm(request) },
            Route("POST", "/projections/{action}") { api, request, captures in
                try await api.projectionForm(request, captures[0])
            },
        ] + marketPages + researchPages
}

extension API {
    /// An asset with unlimited caching, because its address changes with its bytes.
    static func asset(_ version: String, _ name: String) throws -> APIResponse {
        guard let asset = ConsoleAsset(rawValue: name), version == ConsoleAsset.version else {
            throw Problem(.notFound, "there is nothing at this path")
        }
        return APIResponse(
            status: 200,
            headers: [("Content-Type", asset.contentType), ("Cache-Control", "public, max-age=31536000, immutable")]
                + APIResponse.pageHeaders, body: asset.bytes)
    }

    /// A page, or a problem page if it cannot be made.
    func page(_ request: APIRequest, _ make: (APIRequest) async throws -> PageAnswer) async throws -> APIResponse {
        do {
            return try await make(request).response
        } catch {
            return problemPage(error, request)
        }
    }

    func problemPage(_ error: any Error, _ request: APIRequest) -> APIResponse {
        let problem = pageProblem(error)
        let segments = request.path.split(separator: "/").map { PercentEncoding.decode($0) ?? "" }
        let context = context(Address(segments), request)
        var response = PageAnswer(ProblemPage(context: context, problem: problem).html(), about: Loaded.failure(problem)).response
        if let error = error as? Problem { response.headers += error.headers }
        return response
    }

    func tradeBook(_ request: APIRequest) async throws -> PageAnswer {
        let asked = try await ConsoleRequest(self, request, parameters: RowList.parameters(of: .trades), rules: .of(.trades))
        let trades = try await rowList(asked, .trades)
        let state = await asked.view(View.syncState.segments, filters: [], isUnderRules: false)
        let page = TradeBookPage(context: try asked.context, trades: trades, sync: syncCard(request, state: state))
        return asked.answer(page.html(), about: trades.list)
    }

    /// The rows of a view on a page, and the totals of all that the page's filters select.
    func rowList(_ asked: ConsoleRequest, _ view: View) async throws -> RowList {
        if let objection = RowList.objection(view, try asked.frame) { throw Problem(.badParameter, objection) }
        var extra = [("limit", "\(RowList.pageLength)")]
        if asked["sort"] == nil, let order = RowList.order(of: view) { extra.append(("sort", order)) }
        // Both go over all rows that the filters select, so that neither waits for the other.
        async let asking = asked.totals(view, by: "", filters: view.offeredFilters, pin: nil)
        let list = await asked.view(view.segments, filters: view.offeredFilters + ["cursor", "sort"], extra: extra)
        var totals = await asking
        guard let shown = (try? list.get()).flatMap({ Basis($0)?.shown }) else { return RowList(view: view, list: list) }
        if let other = (try? totals.get()).flatMap({ Basis($0)?.shown }), other != shown {
            // The view went on between the two: the page has one moment.
            totals = await asked.totals(view, by: "", filters: view.offeredFilters, pin: shown)
        }
        return RowList(view: view, list: list, totals: totals, emptiness: await emptiness(asked, view, list))
    }

    /// All rows of a view that a list's address selects, at one moment, as a file of CSV that is written while it is read.
    func download(_ request: APIRequest, _ name: String) async throws -> APIResponse {
        guard let view = View.named(name) else {
            throw Problem(.notFound, "there is no such view; expected \(View.expected(insteadOf: name))")
        }
        // A page's filters forgive what a program's do not.
        var forgiving = request
        forgiving.isForPerson = true
        var ask = try Self.viewRequest(view, forgiving, reading: Self.pins(of: view).subtracting(["receipt"]).union(["sort"]))
        ask.hasAggregates = false
        ask.limit = ViewReader.maximumLimit
        let (reader, lines) = (ViewReader(ledger), ledger.csv(of: view))
        let first = try await reader.page(view, ask)
        var response = APIResponse(
            status: 200,
            headers: [
                ("Content-Type", "text/csv; charset=utf-8; header=present"), ("Cache-Control", "no-store"),
                ("Content-Disposition", "attachment; filename=\"\(view.name)-\(first.position).csv\""),
                ("X-Content-Type-Options", "nosniff"),
            ], body: [])
        if request.method == "HEAD" { return response }
        let begun = try ByteBuffer(bytes: first.csv(lines))
        let question = ask
        let next = Mutex<(piece: ByteBuffer?, cursor: String?)>((begun, first.nextCursor))
        response.stream = APIStream(
            next: {
                let (piece, cursor) = next.withLock { state in
                    defer { state.piece = nil }
                    return (state.piece, state.cursor)
                }
                if let piece { return piece }
                guard let cursor else { return nil }
                var ask = question
                ask.cursor = cursor
                let page = try await reader.page(view, ask)
                next.withLock { $0.cursor = page.nextCursor }
                return try ByteBuffer(bytes: page.csv(lines, hasHeader: false))
            },
            end: { next.withLock { $0 = (nil, nil) } })
        return response
    }

    /// The reason why a list has no rows, as a sentence. Nil if it has rows or the reason is unknown.
    func emptiness(_ asked: ConsoleRequest, _ view: View, _ list: Loaded) async -> String? {
        guard (try? list.get())?.root["rows"]?.count == 0, asked["cursor"] == nil else { return nil }
        return await asked.emptiness(of: view.name, filters: view.offeredFilters)?.description
    }

    func tradePage(_ request: APIRequest) async throws -> PageAnswer {
        let asked = try await ConsoleRequest(self, request, parameters: ["id", "source"])
        guard let id = asked["id"] else { throw Problem(.badParameter, "id: expected a trade's id") }
        let source = asked["source"].map { [("source", $0)] } ?? []
        let trade = await document(
            ["api", "internal", "trades", id], source + asked.time.parameters.map { ($0.name, $0.value) }, isForPerson: true)
        let history = await document(["api", "internal", "trades", id, "history"], [("limit", "1000")] + source)
        return asked.answer(TradePage(context: try asked.context, tradeID: id, trade: trade, history: history).html(), about: trade)
    }

    func positionPage(_ request: APIRequest) async throws -> PageAnswer {
        let asked = try await ConsoleRequest(self, request, parameters: ["id", "source"], rules: .of(.lifecycles))
        guard let id = asked["id"] else { throw Problem(.badParameter, "id: expected a position's id") }
        let key = KeyText.of([asked["source"] ?? TradeLedger.standardSource, id])
        let position = await document(
            ["api", "ledger", "explain"],
            [("view", View.lifecycles.name), ("key", key)]
                + (asked.time.parameters + asked.time.rulesParameter).map { ($0.name, $0.value) },
            isForPerson: true)
        let page = PositionPage(
            context: try asked.context, position: position, trades: await trades(of: position),
            assertions: await assertions(asked, of: position))
        return asked.answer(page.html(), about: position)
    }

    /// What operators state of a position's holding, at its moment.
    private func assertions(_ asked: ConsoleRequest, of position: Loaded) async -> Loaded? {
        guard let document = try? position.get(), let row = document.root["value"], let source = row["source"]?.string,
            let portfolio = row["source_portfolio"]?.string, let contract = row["contract_key"]?.string
        else { return nil }
        var parameters = [("source", source), ("portfolio", portfolio), ("contract", contract), ("limit", "1000")]
        if let pin = Basis(document)?.shown { parameters += [("as_of_position", "\(pin.position)"), ("as_of", pin.asOf)] }
        if let effectiveAt = asked.time.effectiveAt { parameters.append(("effective_at", effectiveAt)) }
        return await self.document(View.assertions.segments, parameters)
    }

    /// The trades of a position in the order in which they were made, at its moment.
    private func trades(of position: Loaded) async -> Result<[JSONValue], PageProblem> {
        guard let document = try? position.get(), let row = document.root["value"], let source = row["source"]?.string else {
            return .success([])
        }
        let ids = row["trade_ids"]?.elements.compactMap(\.string) ?? []
        var request = ViewRequest()
        if let pin = Basis(document)?.shown { (request.asOfPosition, request.asOf) = (pin.position, Instant(pin.asOf)) }
        var found: [(time: Instant, id: ByteKey, trade: JSONValue)] = []
        do {
            for (id, bytes) in zip(ids, try await ViewReader(ledger).rows(of: ids.map { [source, $0] }, .trades, request)) {
                guard let trade = try bytes.map({ try JSONDocument(parsing: $0).root }) else { continue }
                found.append((trade["trade_date"]?.string.flatMap { Instant($0) } ?? .minimum, ByteKey(id), trade))
            }
        } catch {
            return .failure(pageProblem(error))
        }
        // Sums over a part of them would look like the position's.
        guard found.count == ids.count else {
            return .failure(
                PageProblem(
                    status: 503, code: Problem.Code.notReady.rawValue,
                    detail: "\(found.count) of the position's \(ids.count) trades were found, so how it went can't be shown"))
        }
        return .success(found.sorted { ($0.time, $0.id) < ($1.time, $1.id) }.map(\.trade))
    }

    func explainPage(_ request: APIRequest) async throws -> PageAnswer {
        let asked = try await ConsoleRequest(self, request, parameters: ["view", "key", "field"], rules: .ofNamedView)
        let parameters = asked.query.map { ($0.name, $0.value) }
        let explanation = await document(["api", "ledger", "explain"], parameters)
        return asked.answer(ExplainPage(context: try asked.context, explanation: explanation).html(), about: explanation)
    }

    /// A figure with its proof as a file that verifies itself.
    func proofFile(_ request: APIRequest) async throws -> APIResponse {
        let parameters = try Parameters(request.query, allowed: ["view", "key", "field", "as_of_position"])
        let position = try parameters.integer("as_of_position", in: 1...Int64.max)
        do {
            let (view, key) = try Self.row(parameters)
            let ask = try ExplainRequest(view: view, key: key, field: parameters["field"])
            guard try await ledger.primaryHead() <= Ledger.provenOverHTTP else {
                throw Problem(
                    .badParameter,
                    "key: a proof folds the whole log, over HTTP up to \(Ledger.provenOverHTTP) events; `alpha-ledger audit prove page` has no bound"
                )
            }
            let full = ledger.completed(key, of: ask.view)
            let page = try await ledger.proofPage(ask.view, key: full, field: ask.field, asOf: position)
            let html = ProofFile.html(title: page.title, document: page.document, note: page.note.bytes, vkey: page.key.vkey)
            return APIResponse(
                status: 200,
                headers: [
                    ("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"),
                    ("Content-Disposition", "attachment; filename=\"proof-\(ask.view.name)-\(page.position).html\""),
                ], body: html)
        } catch let error as ExplainError {
            throw Problem(error)
        } catch let error as BundleError {
            throw Problem(error)
        } catch let error as AuditError {
            throw Problem(error)
        }
    }

    func alertsPage(_ request: APIRequest) async throws -> PageAnswer {
        let asked = try await ConsoleRequest(self, request, parameters: RowList.parameters(of: .alerts), rules: .of(.alerts))
        let rows = try await rowList(asked, .alerts)
        return asked.answer(AlertsPage(context: try asked.context, rows: rows).html(), about: rows.list)
    }

    func styleguide(_ request: APIRequest) async throws -> PageAnswer {
        // Its time bars lead to the same page at any moment, under any rules.
        let asked = try await ConsoleRequest(self, request, parameters: [], rules: .of(.trades))
        return PageAnswer(try StyleguidePage(context: asked.context, newYork: clock(.newYork)).html())
    }

    func stepsPage(_ request: APIRequest) async throws -> PageAnswer {
        let asked = try await ConsoleRequest(self, request, parameters: ["view", "key", "against", "from", "cursor"], rules: .ofNamedView)
        let steps = await document(["api", "ledger", "steps"], asked.query.map { ($0.name, $0.value) } + [("limit", "10")])
        return asked.answer(StepsPage(context: try asked.context, steps: steps).html(), about: steps)
    }
}
