import LedgerEvents
import LedgerJSON
import LedgerValues
import Logging
import Operations
import OptionTrades

extension Route {
    static let trades = [
        Route("GET", "/api/internal/trades/{source_trade_id}/history") { api, request, captures in
            try await api.history(of: captures[0], request)
        },
        Route("POST", "/api/internal/trades/sync") { api, request, _ in try await api.sync(request) },
        // The names of the other routes go over ids.
        Route("GET", "/api/internal/trades/{source_trade_id}") { api, request, captures in
            try await api.cached(request.path, reading: TradeRequest.parts.map(\.projection), request) {
                try await api.trade(captures[0], request)
            }
        },
    ]
}

extension API {
    /// All that the views know about a trade; kept only as long as nothing can be added to it at its position.
    func trade(_ id: String, _ request: APIRequest) async throws -> APIResponse {
        let parameters = try Parameters(request.query, allowed: ["source", "as_of_position", "as_of", "effective_at", "rules"])
        var ask = TradeRequest(source: parameters["source"], id: id)
        ask.asOfPosition = try parameters.integer("as_of_position", in: 0...Int64.max)
        ask.asOf = try parameters.instant("as_of")
        ask.effectiveAt = try parameters.instant("effective_at")
        if let rules = parameters["rules"] { ask.rules = try TradeRules(parsing: rules) }
        let document = try await TradeReader(ledger).document(ask)
        if !document.isComplete { return .json(document.json(), cache: APIResponse.unkept) }
        return .json(document.json(), cache: document.isPinned ? APIResponse.immutable : "no-cache", tag: document.tag)
    }

    /// A trade's events, oldest first.
    func history(of id: String, _ request: APIRequest) async throws -> APIResponse {
        let parameters = try Parameters(request.query, allowed: ["source", "after", "limit"])
        let source = parameters["source"] ?? TradeLedger.standardSource
        let after = try parameters.integer("after", in: 0...Int64.max) ?? 0
        let limit = Int(try parameters.integer("limit", in: 1...1000) ?? 100)
        let (head, events) = try await ledger.stream(Streams.execution(source: source, id: id), after: after, limit: limit + 1)
        if events.isEmpty && after == 0 { throw Problem(.notFound, "no trade has this id") }
        ledger.noteShown(head: head.position)
        let list = EventList(
            events: Array(events.prefix(limit)), hasMore: events.count > limit, after: \.streamVersion,
            headPosition: head.position)
        return .json(list.json(), tag: head.tag)
    }

    /// Runs a sync. It is a dry run unless the body says otherwise.
    func sync(_ request: APIRequest) async throws -> APIResponse {
        let body = try SyncBody(request, ledger.sources)
        let run = try await runSync(
            SyncOptions(
                apply: !body.dryRun, fullScope: body.fullScope, resetWatermark: body.resetWatermark,
                namedRows: body.namesAllRows ? Self.maximumNamedRows : RunRows.shown, actor: request.actor), of: body.source,
            includePending: body.includePending)
        return .json(run.node.httpBytes())
    }

    /// The largest number of rows of each kind that an answer names. The command line names all.
    static let maximumNamedRows = 100_000

    /// Runs a sync of the configured scope. A failed run is logged, no matter who started it.
    ///
    /// - Parameter source: the source to ask; nil for the one that is meant if nobody names one
    func runSync(
        _ options: SyncOptions, of source: ExecutionSourceDefinition? = nil, includePending: Bool?,
        onUpdate: @escaping @Sendable (SyncOperation.Update) -> Void = { _ in }
    ) async throws -> SyncRun {
        do {
            return try await sync(options, of: source ?? ledger.sources.standard, includePending: includePending, onUpdate: onUpdate)
        } catch {
            let problem = Problem(error)
            ledger.logger.log(
                level: problem.status < 500 ? .warning : .error, problem.status < 500 ? "sync refused" : "sync failed",
                metadata: [
                    "dry_run": "\(!options.apply)", "full_scope": "\(options.fullScope)", "code": "\(problem.code.rawValue)",
                    "reason": "\(ledger.redact("\(error)"))",
                ])
            throw error
        }
    }

    private func sync(
        _ options: SyncOptions, of definition: ExecutionSourceDefinition, includePending: Bool?,
        onUpdate: @escaping @Sendable (SyncOperation.Update) -> Void
    ) async throws -> SyncRun {
        let source: any ExecutionSource
        do {
            source = try definition.open(ledger.settings.values, SourceRequest(includePending: includePending))
        } catch {
            throw Problem(.feedNotConfigured, "\(error)")
        }
        return try await SyncOperation(ledger: ledger, source: source, onUpdate: onUpdate).run(options)
    }
}

/// `{"dry_run": true, "full_scope": false, "include_pending": false, "reset_watermark": false, "all_rows": false,
/// "source": "alpha_sync"}`. All keys are optional.
private struct SyncBody {
    var dryRun = true
    var fullScope = false
    var includePending: Bool?
    var resetWatermark = false
    var namesAllRows = false
    var source: ExecutionSourceDefinition?

    init(_ request: APIRequest, _ sources: ExecutionSources) throws(Problem) {
        let keys = ["dry_run", "full_scope", "include_pending", "reset_watermark", "all_rows", "source"]
        for (key, value) in try RequestBody(request, keys: keys).members {
            if key == "source" {
                source = value.string.flatMap { sources.named($0) }
                if source == nil { throw Problem(.badBody, "source: expected one of \(sources.names)") }
                continue
            }
            guard let flag = value.bool else { throw Problem(.badBody, "\(key): expected true or false") }
            switch key {
            case "full_scope": fullScope = flag
            case "include_pending": includePending = flag
            case "reset_watermark": resetWatermark = flag
            case "all_rows": namesAllRows = flag
            default: dryRun = flag
            }
        }
    }
}
