import Console
import JSON
import Operations
import Values

extension Route {
    /// The console's pages, assets and forms.
    static let console = [
        Route("GET", "/") { _, _, _ in .redirect(to: Address(["trades"])) },
        Route("GET", "/assets/{version}/{name}") { _, _, captures in try API.asset(captures[0], captures[1]) },
        Route("GET", "/sign-in") { api, request, _ in try await api.signInPage(request) },
        Route("POST", "/sign-in") { api, request, _ in try await api.signIn(request) },
        Route("POST", "/sign-out") { api, request, _ in try await api.signOut(request) },
        Route("GET", "/trades") { api, request, _ in try await api.page(request) { try await api.tradeBook($0) } },
        Route("GET", "/trade") { api, request, _ in try await api.page(request) { try await api.tradePage($0) } },
        Route("POST", "/trades/sync") { api, request, _ in try await api.syncForm(request) },
    ]
}

extension API {
    /// An asset, to be kept for ever: its address changes with its bytes.
    static func asset(_ version: String, _ name: String) throws -> APIResponse {
        guard let asset = ConsoleAsset(rawValue: name), version == ConsoleAsset.version else {
            throw Problem(.notFound, "there is nothing at this path")
        }
        return APIResponse(
            status: 200,
            headers: [("Content-Type", asset.contentType), ("Cache-Control", "public, max-age=31536000, immutable")]
                + APIResponse.pageHeaders, body: asset.bytes)
    }

    /// A page, or a page that says why there is none.
    func page(_ request: APIRequest, _ make: (APIRequest) async throws -> [UInt8]) async throws -> APIResponse {
        do {
            return .page(try await make(request))
        } catch {
            return problemPage(error, request)
        }
    }

    func problemPage(_ error: any Error, _ request: APIRequest) -> APIResponse {
        let problem = pageProblem(error)
        let context = PageContext(
            address: Address(request.path.split(separator: "/").map(String.init)), visitor: visitor(console.session(of: request)),
            time: TimeFrame())
        return .page(ProblemPage(context: context, problem: problem).html(), status: problem.status)
    }

    // MARK: Trade book

    private static let tradeFilters = ["portfolio", "underlying", "state", "quality", "from", "to", "cursor"]

    func tradeBook(_ request: APIRequest) async throws -> [UInt8] {
        let asked = try await ConsoleRequest(self, request, parameters: Self.tradeFilters)
        let trades = await asked.view(["api", "internal", "trades"], filters: Self.tradeFilters, extra: [("limit", "50")])
        let state = await asked.view(["api", "internal", "trades", "sync-state"], filters: [])
        return TradeBookPage(
            context: asked.context, trades: trades, sync: SyncCard(state: state, run: console.session(of: request)?.run)
        ).html()
    }

    func tradePage(_ request: APIRequest) async throws -> [UInt8] {
        let asked = try await ConsoleRequest(self, request, parameters: ["id", "source"])
        guard let id = asked["id"] else { throw Problem(.badParameter, "id: expected a trade's id") }
        let history = await load(
            ["api", "internal", "trades", id, "history"], [("limit", "1000")] + (asked["source"].map { [("source", $0)] } ?? []))
        return TradePage(context: asked.context, tradeID: id, history: history).html()
    }
}
