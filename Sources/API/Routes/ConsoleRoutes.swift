import Console
import LedgerJSON
import LedgerValues
import Operations
import OptionTrades

extension Route {
    /// The console's pages, assets and forms.
    static let console = [
        Route("GET", "/") { _, _, _ in .redirect(to: Address(["trades"])) },
        Route("GET", "/assets/{version}/{name}") { _, _, captures in try API.asset(captures[0], captures[1]) },
        Route("GET", "/sign-in") { api, request, _ in try await api.signInPage(request) },
        Route("POST", "/sign-in", isUngated: true) { api, request, _ in try await api.signIn(request) },
        Route("POST", "/sign-out", isUngated: true) { api, request, _ in try await api.signOut(request) },
        Route("GET", "/trades") { api, request, _ in try await api.page(request) { try await api.tradeBook($0) } },
        Route("GET", "/trade") { api, request, _ in try await api.page(request) { try await api.tradePage($0) } },
        Route("GET", "/trades/run") { api, request, _ in try await api.page(request) { try await api.runPage($0) } },
        Route("POST", "/trades/sync") { api, request, _ in try await api.syncForm(request) },
        Route("GET", "/performance") { api, request, _ in try await api.page(request) { try await api.performance($0) } },
        Route("GET", "/performance/{view}") { api, request, captures in
            try await api.page(request) { try await api.performanceRows($0, captures[0]) }
        },
        Route("GET", "/changes") { api, request, _ in try await api.changesPage(request) },
        Route("GET", "/moment") { api, request, _ in try api.moment(request) },
        Route("GET", "/styleguide") { api, request, _ in try await api.page(request) { try await api.styleguide($0) } },
        Route("POST", "/preferences", isUngated: true) { api, request, _ in try api.preferencesForm(request) },
        Route("GET", "/explain") { api, request, _ in try await api.page(request) { try await api.explainPage($0) } },
        Route("GET", "/steps") { api, request, _ in try await api.page(request) { try await api.stepsPage($0) } },
        Route("GET", "/log") { api, request, _ in try await api.page(request) { try await api.logPage($0) } },
        Route("GET", "/projections") { api, request, _ in try await api.page(request) { try await api.projectionsPage($0) } },
        Route("GET", "/projections/diff") { api, request, _ in
            try await api.page(request) { try await api.versionDiff($0) }
        },
        Route("POST", "/projections/{action}") { api, request, captures in
            try await api.projectionForm(request, captures[0])
        },
    ]
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
        let filters = View.trades.offeredFilters + ["cursor"]
        let asked = try await ConsoleRequest(self, request, parameters: filters, rules: .of(.trades))
        let trades = await asked.view(View.trades.segments, filters: filters, extra: [("limit", "50")])
        let state = await asked.view(View.syncState.segments, filters: [], isUnderRules: false)
        let page = TradeBookPage(
            context: try asked.context, trades: trades, sync: syncCard(request, state: state),
            emptiness: await emptiness(asked, .trades, trades))
        return asked.answer(page.html(), about: trades)
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

    func explainPage(_ request: APIRequest) async throws -> PageAnswer {
        let asked = try await ConsoleRequest(self, request, parameters: ["view", "key", "field"], rules: .ofNamedView)
        let parameters = asked.query.map { ($0.name, $0.value) }
        let explanation = await document(["api", "ledger", "explain"], parameters)
        return asked.answer(ExplainPage(context: try asked.context, explanation: explanation).html(), about: explanation)
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
