import LedgerJSON
import LedgerValues
import Operations

extension Route {
    static let backfills = [
        Route("POST", "/api/internal/trades/context/backfill") { api, request, _ in
            try await api.backfillContext(request)
        },
        Route("POST", "/api/internal/trades/execution-benchmarks/backfill") { api, request, _ in
            try await api.backfillBenchmarks(request)
        },
        Route("POST", "/api/internal/trades/outcomes/backfill") { api, request, _ in
            try await api.backfillMarks(request)
        },
    ]
}

extension API {
    /// Stamps executions. It is a dry run unless the body says otherwise.
    func backfillContext(_ request: APIRequest) async throws -> APIResponse {
        let body = try BackfillBody(request, keys: ["force", "rules"])
        return try await answer {
            try await ContextBackfill(ledger: ledger).run(
                ContextBackfillOptions(
                    apply: !body.dryRun, force: body.flag("force"), limit: body.limit, tradeIDs: body.tradeIDs,
                    rulesVersion: body.rulesVersion, actor: request.actor))
        }
    }

    /// Records the quotes of executions. It is a dry run unless the body says otherwise.
    func backfillBenchmarks(_ request: APIRequest) async throws -> APIResponse {
        let body = try BackfillBody(request, keys: ["retry", "adjusted_roots", "quotes"])
        return try await answer {
            let quotes = try QuoteChoice(named: body.quotes, ledger.settings)
            return try await BenchmarksBackfill(ledger: ledger, quotes: quotes).run(
                BenchmarksBackfillOptions(
                    apply: !body.dryRun, retry: body.flag("retry"), adjustedRoots: body.flag("adjusted_roots"),
                    limit: body.limit, tradeIDs: body.tradeIDs,
                    actor: request.actor))
        }
    }

    /// Records the quotes of horizons. It is a dry run unless the body says otherwise.
    func backfillMarks(_ request: APIRequest) async throws -> APIResponse {
        let body = try BackfillBody(request, keys: ["retry", "adjusted_roots", "quotes", "horizons"])
        return try await answer {
            let quotes = try QuoteChoice(named: body.quotes, ledger.settings)
            return try await MarksBackfill(ledger: ledger, quotes: quotes).run(
                MarksBackfillOptions(
                    apply: !body.dryRun, horizons: body.horizons, retry: body.flag("retry"),
                    adjustedRoots: body.flag("adjusted_roots"), limit: body.limit, tradeIDs: body.tradeIDs,
                    actor: request.actor))
        }
    }

    private func answer(_ run: () async throws -> BackfillSummary) async throws -> APIResponse {
        do {
            return .json(try await run().node.httpBytes())
        } catch let error as BackfillError {
            switch error {
            case .alreadyRunning: throw Problem(.conflict, "\(error)")
            case .badOptions: throw Problem(.badBody, "\(error)")
            case .unreachable: throw Problem(.feedFailed, "\(error)")
            case .notConfigured: throw Problem(.feedNotConfigured, "\(error)")
            }
        }
    }
}

/// `{"dry_run": true, "limit": 100, "trade_ids": ["T-1"], …}`. All keys are optional. The route decides which further
/// keys are permitted.
private struct BackfillBody {
    var dryRun = true
    var limit: Int?
    var tradeIDs: [String] = []
    var quotes = "auto"
    var horizons: String?
    var rulesVersion: Int?
    private var flags: [String: Bool] = [:]

    func flag(_ name: String) -> Bool { flags[name] ?? false }

    init(_ request: APIRequest, keys: [String]) throws(Problem) {
        for (key, value) in try RequestBody(request, keys: ["dry_run", "limit", "trade_ids"] + keys).members {
            try read(key, value)
        }
    }

    private mutating func read(_ key: String, _ value: JSONValue) throws(Problem) {
        switch key {
        case "limit":
            guard let number = value.integer, number > 0 else {
                throw Problem(.badBody, "limit: expected a number above 0")
            }
            limit = Int(number)
        case "trade_ids": tradeIDs = try Self.texts(key, value)
        case "quotes":
            guard let name = value.string else { throw Problem(.badBody, "quotes: expected log, amberdata or auto") }
            quotes = name
        case "horizons": horizons = try Self.horizons(value)
        case "rules":
            guard let version = value.string.flatMap({ try? ContextBackfillOptions.rulesVersion($0) }) else {
                throw Problem(.badBody, "rules: expected a version such as v1")
            }
            rulesVersion = version
        default:
            guard let flag = value.bool else { throw Problem(.badBody, "\(key): expected true or false") }
            if key == "dry_run" { dryRun = flag } else { flags[key] = flag }
        }
    }

    private static func texts(_ key: String, _ value: JSONValue) throws(Problem) -> [String] {
        guard value.kind == .array else { throw Problem(.badBody, "\(key): expected a list of texts") }
        var texts: [String] = []
        for element in value.elements {
            guard let text = element.string else { throw Problem(.badBody, "\(key): expected a list of texts") }
            texts.append(text)
        }
        return texts
    }

    /// `"1,7,30,expiry"`, or a list of days and `"expiry"`.
    private static func horizons(_ value: JSONValue) throws(Problem) -> String {
        let problem = "horizons: expected a text such as 1,7,30,expiry, or a list of days and expiry"
        if let text = value.string { return text }
        guard value.kind == .array else { throw Problem(.badBody, problem) }
        var parts: [String] = []
        for element in value.elements {
            guard let part = element.string ?? element.integer.map(String.init) else {
                throw Problem(.badBody, problem)
            }
            parts.append(part)
        }
        return parts.joined(separator: ",")
    }
}
