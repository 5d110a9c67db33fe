import Events
import OptionTrades
import Postgres
import Rules
public import Values

/// How a backfill of marks was asked for.
public struct MarksBackfillOptions: Sendable {
    /// False: a dry run, which looks everything up and appends nothing.
    public var apply: Bool
    /// `1,7,30,expiry`; nil for the rules' default.
    public var horizons: String?
    /// Ask again for matured horizons whose mark is not `quoted`.
    public var retry: Bool
    /// Look up contracts whose root is an adjusted one, or another underlying's.
    public var adjustedRoots: Bool
    /// At most so many executions, the earliest first; nil for all.
    public var limit: Int?
    /// Only these trades; empty for all.
    public var tradeIDs: [String]

    public init(
        apply: Bool = false, horizons: String? = nil, retry: Bool = false, adjustedRoots: Bool = false,
        limit: Int? = nil, tradeIDs: [String] = []
    ) {
        self.apply = apply
        self.horizons = horizons
        self.retry = retry
        self.adjustedRoots = adjustedRoots
        self.limit = limit
        self.tradeIDs = tradeIDs
    }
}

/// Records the quote nearest to each matured horizon of each execution, and for directly mapped symbols the spot and the
/// realized volatility by then (docs/contract/backfills.md, "Mark backfill").
///
/// Executions, marks and observations are read as of the head when the run began; horizons mature by its start. A mark
/// whose quote is not asked for again still gets a new event where its spot or realized vol follows from observations
/// that changed since.
public struct MarksBackfill: Sendable {
    let ledger: Ledger
    let quotes: QuoteChoice
    /// When horizons are held to have matured; nil for the run's start.
    let now: Instant?
    let onProgress: @Sendable (BackfillProgress) -> Void

    public init(
        ledger: Ledger, quotes: QuoteChoice, now: Instant? = nil,
        onProgress: @escaping @Sendable (BackfillProgress) -> Void = { _ in }
    ) {
        self.ledger = ledger
        self.quotes = quotes
        self.now = now
        self.onProgress = onProgress
    }

    /// Runs once and returns the summary. Throws `BackfillError`.
    public func run(_ options: MarksBackfillOptions) async throws -> BackfillSummary {
        try BackfillRun.check(limit: options.limit)
        return try await BackfillRun.run(.marks, ledger: ledger, apply: options.apply) { run, summary in
            let rules = try OutcomesRules(
                version: try await ledger.servedRulesVersion("outcomes"), read: ledger.ruleFiles)
            let search = MarksSearch(
                options: options, horizons: try Self.horizons(options.horizons, rules), rules: rules,
                position: run.position, now: now ?? run.startedAt)
            let items = try await ledger.pool.run { session in try search.items(session) }
            summary.wanted = items.count { $0.isWanted }
            summary.refreshed = items.count - summary.wanted
            try await run.settle(items, from: quotes, &summary, onProgress: onProgress)
        }
    }

    private static func horizons(_ text: String?, _ rules: OutcomesRules) throws(BackfillError) -> [Horizon] {
        guard let text else { return Horizon.defaults(rules) }
        do {
            return try Horizon.list(parsing: text, rules: rules)
        } catch {
            throw .badOptions("horizons: \(error)")
        }
    }
}
