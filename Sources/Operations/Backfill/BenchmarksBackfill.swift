import LedgerEvents
import LedgerPostgres
import LedgerRules
import LedgerValues
import OptionTrades

/// The options of a backfill of benchmarks.
package struct BenchmarksBackfillOptions: Sendable {
    /// False for a dry run, which looks everything up and appends nothing.
    package var apply: Bool
    /// Whether to look up again the benchmarks that are not `quoted`.
    package var retry: Bool
    /// Whether to look up contracts whose root is adjusted or belongs to another underlying.
    package var adjustedRoots: Bool
    /// The largest number of executions, the earliest first. Nil for all.
    package var limit: Int?
    /// The trades to handle. Empty for all.
    package var tradeIDs: [String]
    /// Who started the run; see ``RunActor``. Nil if that is not known.
    package var actor: String?

    package init(
        apply: Bool = false, retry: Bool = false, adjustedRoots: Bool = false, limit: Int? = nil,
        tradeIDs: [String] = [], actor: String? = nil
    ) {
        self.apply = apply
        self.retry = retry
        self.adjustedRoots = adjustedRoots
        self.limit = limit
        self.tradeIDs = tradeIDs
        self.actor = actor
    }
}

/// Records the quote nearest to each execution (docs/contract/backfills.md, "Benchmark backfill").
///
/// Executions and benchmarks are read at the head when the run began. Benchmarks are appended as their quotes arrive. A
/// run that died is simply run again and handles only the rest. A second complete run appends nothing.
package struct BenchmarksBackfill: Sendable {
    let ledger: Ledger
    let quotes: QuoteChoice
    let onProgress: @Sendable (BackfillProgress) -> Void

    package init(
        ledger: Ledger, quotes: QuoteChoice, onProgress: @escaping @Sendable (BackfillProgress) -> Void = { _ in }
    ) {
        self.ledger = ledger
        self.quotes = quotes
        self.onProgress = onProgress
    }

    /// Runs once and returns the summary. Throws `BackfillError`.
    package func run(_ options: BenchmarksBackfillOptions) async throws -> BackfillSummary {
        try BackfillRun.check(limit: options.limit)
        return try await BackfillRun.run(.benchmarks, ledger: ledger, apply: options.apply, actor: options.actor) { run, summary in
            let items = try await items(options, try await version(), upTo: run.position)
            summary.wanted = items.count
            try await run.settle(items, from: quotes, &summary, onProgress: onProgress)
        }
    }

    /// What a run would ask for. Nothing is looked up. Throws `BackfillError`.
    package func preview(_ options: BenchmarksBackfillOptions) async throws -> BackfillPreview {
        try BackfillRun.check(limit: options.limit)
        let version = try await version()
        var preview = BackfillPreview(
            kind: .benchmarks, rules: "\(ExecutionQualityProjection.name)@v\(version)", position: try await BackfillRun.position(ledger),
            readAt: ledger.now())
        preview.take(try await items(options, version, upTo: preview.position), from: quotes)
        return preview
    }

    private func version() async throws -> Int { try await ledger.servedRulesVersion(ExecutionQualityProjection.name) }

    private func items(
        _ options: BenchmarksBackfillOptions, _ version: Int, upTo position: Int64
    ) async throws -> [BenchmarkItem] {
        let rules = try ExecutionQualityRules(version: version, read: ledger.ruleFiles)
        return try await ledger.pool.run { session in try Self.wanted(options, rules, upTo: position, session) }
    }

    /// The latest benchmark of an execution.
    private struct Known: Sendable {
        let version: Int64
        let content: Digest32
        let basis: Basis
        let isQuoted: Bool
        let error: String?
    }

    private static func wanted(
        _ options: BenchmarksBackfillOptions, _ rules: ExecutionQualityRules, upTo position: Int64,
        _ session: PostgresSession
    ) throws -> [BenchmarkItem] {
        let executions = WantedExecutions(position: position, tradeIDs: options.tradeIDs)
        var benchmarks: [ByteKey: Known] = [:]
        try executions.forEachBenchmark(session) { version, payload in
            let judged = JudgedBenchmark(of: payload, tradeDate: payload.basis.tradeDate, rules: rules)
            let stream = Streams.benchmark(source: payload.source, id: payload.sourceTradeID)
            benchmarks[ByteKey(stream)] = Known(
                version: version, content: payload.contentDigest, basis: payload.basis,
                isQuoted: judged.quality == .quoted, error: payload.error)
        }
        var items: [BenchmarkItem] = []
        try executions.forEach(rules.trades, session) { row in
            let execution = WantedExecution(row, rules.trades)
            let known = benchmarks[ByteKey(Streams.benchmark(source: row.source, id: row.sourceTradeID))]
            let problem = execution.problem(adjustedRoots: options.adjustedRoots)
            if let known, known.basis == execution.basis {
                let isOpen = LookupProblem.isOpen(
                    known.error, isUsable: known.isQuoted, retry: options.retry, now: problem)
                if !isOpen { return }
            }
            items.append(
                BenchmarkItem(
                    execution: execution, problem: problem, latest: known.map { ($0.version, $0.content) }, rules: rules
                ))
        }
        if let limit = options.limit, limit < items.count {
            items.sort { WantedExecution.precedes($0.execution, $1.execution) }
            items.removeLast(items.count - limit)
        }
        return items
    }
}

extension LookupProblem {
    /// Whether an answer for the current basis is looked up again.
    ///
    /// - Parameters:
    ///   - error: the error of the recorded answer
    ///   - isUsable: whether the recorded quote is usable
    ///   - problem: the reason why the contract cannot be looked up now
    static func isOpen(_ error: String?, isUsable: Bool, retry: Bool, now problem: String?) -> Bool {
        // The answer was recorded without a look-up, but a look-up is permitted now.
        if problem == nil, let error, error.isBytewiseEqual(to: adjustedRoot) { return true }
        // The contract was looked up before, but a look-up is not permitted now. The answer stays.
        if let problem, error.map({ !$0.isBytewiseEqual(to: problem) }) ?? true { return false }
        return retry && !isUsable
    }
}

/// An execution that wants a benchmark.
struct BenchmarkItem: QuoteItem {
    let execution: WantedExecution
    let problem: String?
    /// The stream's version and latest content. Nil for an empty stream.
    let latest: (version: Int64, content: Digest32)?
    let rules: ExecutionQualityRules
    let lookup: QuoteLookup?
    let isWanted = true
    var horizonKey: String? { nil }

    init(
        execution: WantedExecution, problem: String?, latest: (version: Int64, content: Digest32)?,
        rules: ExecutionQualityRules
    ) {
        self.execution = execution
        self.problem = problem
        self.latest = latest
        self.rules = rules
        let target = execution.basis.tradeDate
        lookup = execution.contract.flatMap { contract in
            problem != nil
                ? nil
                : QuoteLookup(
                    contract: contract, target: target,
                    window: QuoteWindow(around: target, minutes: rules.lookupMinutes))
        }
    }

    var order: (tradeDate: Instant, stream: String) {
        (execution.basis.tradeDate, Streams.benchmark(source: execution.source, id: execution.id))
    }

    func settle(
        _ outcome: QuoteOutcome, from source: any QuoteSource, at time: Instant, redact: (String) -> String
    ) -> Settled {
        var payload = ExecutionBenchmarkPayload(
            source: execution.source, sourceTradeID: execution.id, basis: execution.basis, lookedUpAt: time)
        payload.windowFrom = lookup?.window.from
        payload.windowTo = lookup?.window.through
        var counted = problem
        switch outcome {
        case .notAsked: payload.error = problem
        case .failed(let error):
            payload.error = LookupProblem.text(error, redact: redact)
            payload.notEntitled = error.kind == .notEntitled
            counted = LookupProblem.key(error)
        case .answered(let answer):
            payload.quote = answer.found?.quote
            if answer.found != nil {
                payload.quoteSource = source.label(for: QuoteUse(isAdjustedRoot: execution.hasForeignRoot))
            }
            payload.inputs = answer.found?.position.map { [EventInput(field: "quote", position: $0)] } ?? []
        }
        let judged = JudgedBenchmark(of: payload, tradeDate: execution.basis.tradeDate, rules: rules)
        let isKnown = latest.map { $0.content == payload.contentDigest } ?? false
        var settled = Settled(
            event: isKnown ? nil : payload.event(previousVersion: latest?.version ?? 0),
            quality: judged.quality.rawValue, error: counted)
        if case .failed = outcome { settled.quality = "failed" }
        return settled
    }
}
