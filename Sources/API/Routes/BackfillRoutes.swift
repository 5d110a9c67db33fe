import LedgerJSON
import LedgerValues
import Operations

extension Route {
    static let backfills = [
        Route("POST", "/api/internal/trades/context/backfill") { api, request, _ in
            try await api.backfill(.context, request)
        },
        Route("POST", "/api/internal/trades/execution-benchmarks/backfill") { api, request, _ in
            try await api.backfill(.benchmarks, request)
        },
        Route("POST", "/api/internal/trades/outcomes/backfill") { api, request, _ in
            try await api.backfill(.marks, request)
        },
        Route("GET", "/api/ledger/backfills") { api, request, _ in try api.backfillJobs(request) },
    ]
}

extension API {
    /// Previews a backfill, or runs it. It is a dry run unless the body says otherwise.
    func backfill(_ kind: BackfillKind, _ request: APIRequest) async throws -> APIResponse {
        let asked = try BackfillRequest(kind, request)
        if asked.isPreview { return .json(try await asked.preview(ledger).node.httpBytes(), cache: "no-store") }
        return .json(try await asked.run(ledger, apply: !asked.dryRun, actor: request.actor).node.httpBytes())
    }

    /// The backfills that this service runs beside its requests, and how the last of each kind ended.
    func backfillJobs(_ request: APIRequest) throws -> APIResponse {
        _ = try Parameters(request.query, allowed: [])
        let node = JSONNode.object([("backfills", .array(jobs.all.map { $0.node(redact: ledger.redact) }))])
        return .json(node.httpBytes(), cache: "no-store")
    }
}

/// `{"dry_run": true, "limit": 100, "trade_ids": ["T-1"], …}`. All keys are optional. The kind decides which further
/// keys are permitted.
struct BackfillRequest: Sendable {
    let kind: BackfillKind
    private(set) var dryRun = true
    private(set) var isPreview = false
    private var limit: Int?
    private var tradeIDs: [String] = []
    private var quotes = "auto"
    private var horizons: String?
    private var rulesVersion: Int?
    private var flags: [String: Bool] = [:]

    private func flag(_ name: String) -> Bool { flags[name] ?? false }

    /// The keys of a kind beside those that every kind has.
    private static func keys(of kind: BackfillKind) -> [String] {
        switch kind {
        case .context: ["force", "rules"]
        case .benchmarks: ["retry", "adjusted_roots", "quotes"]
        case .marks: ["retry", "adjusted_roots", "quotes", "horizons"]
        }
    }

    init(_ kind: BackfillKind, _ request: APIRequest) throws(Problem) {
        self.kind = kind
        var saysDryRun = false
        let keys = ["dry_run", "preview", "limit", "trade_ids"] + Self.keys(of: kind)
        for (key, value) in try RequestBody(request, keys: keys).members {
            try read(key, value)
            if key == "dry_run" { saysDryRun = true }
        }
        if isPreview && saysDryRun && !dryRun { throw Problem(.badBody, "preview: expected none beside a dry_run of false") }
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
            switch key {
            case "dry_run": dryRun = flag
            case "preview": isPreview = flag
            default: flags[key] = flag
            }
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

    // MARK: - Running

    /// What a run would ask for.
    func preview(_ ledger: Ledger) async throws -> BackfillPreview {
        switch kind {
        case .context:
            return try await ContextBackfill(ledger: ledger).preview(contextOptions)
        case .benchmarks:
            return try await BenchmarksBackfill(ledger: ledger, quotes: try choice(ledger)).preview(benchmarksOptions)
        case .marks:
            return try await MarksBackfill(ledger: ledger, quotes: try choice(ledger)).preview(marksOptions)
        }
    }

    /// - Parameter actor: who started the run; nil if that is not known
    func run(
        _ ledger: Ledger, apply: Bool, actor: String?, onProgress: @escaping @Sendable (BackfillProgress) -> Void = { _ in }
    ) async throws -> BackfillSummary {
        switch kind {
        case .context:
            var options = contextOptions
            (options.apply, options.actor) = (apply, actor)
            return try await ContextBackfill(ledger: ledger, onProgress: onProgress).run(options)
        case .benchmarks:
            var options = benchmarksOptions
            (options.apply, options.actor) = (apply, actor)
            return try await BenchmarksBackfill(ledger: ledger, quotes: try choice(ledger), onProgress: onProgress).run(options)
        case .marks:
            var options = marksOptions
            (options.apply, options.actor) = (apply, actor)
            return try await MarksBackfill(ledger: ledger, quotes: try choice(ledger), onProgress: onProgress).run(options)
        }
    }

    private func choice(_ ledger: Ledger) throws -> QuoteChoice { try QuoteChoice(named: quotes, ledger.settings) }

    private var contextOptions: ContextBackfillOptions {
        ContextBackfillOptions(force: flag("force"), limit: limit, tradeIDs: tradeIDs, rulesVersion: rulesVersion)
    }

    private var benchmarksOptions: BenchmarksBackfillOptions {
        BenchmarksBackfillOptions(
            retry: flag("retry"), adjustedRoots: flag("adjusted_roots"), limit: limit, tradeIDs: tradeIDs)
    }

    private var marksOptions: MarksBackfillOptions {
        MarksBackfillOptions(
            horizons: horizons, retry: flag("retry"), adjustedRoots: flag("adjusted_roots"), limit: limit, tradeIDs: tradeIDs)
    }
}
