import LedgerEvents
import LedgerPostgres
import LedgerRules
package import LedgerValues
import OptionTrades

/// The options of a backfill of marks.
package struct MarksBackfillOptions: Sendable {
    /// False for a dry run, which looks everything up and appends nothing.
    package var apply: Bool
    /// `1,7,30,expiry`. Nil for the rules' default.
    package var horizons: String?
    /// Whether to look up again the matured horizons whose mark is not `quoted`.
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
        apply: Bool = false, horizons: String? = nil, retry: Bool = false, adjustedRoots: Bool = false,
        limit: Int? = nil, tradeIDs: [String] = [], actor: String? = nil
    ) {
        self.apply = apply
        self.horizons = horizons
        self.retry = retry
        self.adjustedRoots = adjustedRoots
        self.limit = limit
        self.tradeIDs = tradeIDs
        self.actor = actor
    }
}

/// Records the quote nearest to each matured horizon of each execution, and for directly mapped symbols the spot and the
/// realized volatility by then (docs/contract/backfills.md, "Mark backfill").
///
/// Executions, marks and observations are read at the head when the run began. Horizons mature by the run's start. A
/// mark whose quote is not looked up again still gets a new event if its spot or realized vol depends on observations
/// that changed since.
package struct MarksBackfill: Sendable {
    let ledger: Ledger
    let quotes: QuoteChoice
    /// The instant by which horizons must have matured. Nil means the run's start.
    let now: Instant?
    let onProgress: @Sendable (BackfillProgress) -> Void

    package init(
        ledger: Ledger, quotes: QuoteChoice, now: Instant? = nil,
        onProgress: @escaping @Sendable (BackfillProgress) -> Void = { _ in }
    ) {
        self.ledger = ledger
        self.quotes = quotes
        self.now = now
        self.onProgress = onProgress
    }

    /// Runs once and returns the summary. Throws `BackfillError`.
    package func run(_ options: MarksBackfillOptions) async throws -> BackfillSummary {
        try BackfillRun.check(limit: options.limit)
        return try await BackfillRun.run(.marks, ledger: ledger, apply: options.apply, actor: options.actor) { run, summary in
            let items = try await items(options, try await version(), upTo: run.position, at: now ?? run.startedAt)
            summary.wanted = items.count { $0.isWanted }
            summary.refreshed = items.count - summary.wanted
            try await run.settle(items, from: quotes, &summary, onProgress: onProgress)
        }
    }

    /// What a run would ask for. Nothing is looked up. Throws `BackfillError`.
    package func preview(_ options: MarksBackfillOptions) async throws -> BackfillPreview {
        try BackfillRun.check(limit: options.limit)
        let version = try await version()
        var preview = BackfillPreview(
            kind: .marks, rules: "\(OutcomesProjection.name)@v\(version)", position: try await BackfillRun.position(ledger),
            readAt: now ?? ledger.now())
        let items = try await items(options, version, upTo: preview.position, at: preview.readAt)
        preview.take(items, from: quotes)
        preview.markets = Set(items.compactMap { item in item.market.name.map { ByteKey($0) } }).sorted().map(\.text)
        return preview
    }

    private func version() async throws -> Int { try await ledger.servedRulesVersion(OutcomesProjection.name) }

    private func items(
        _ options: MarksBackfillOptions, _ version: Int, upTo position: Int64, at now: Instant
    ) async throws -> [MarkItem] {
        let rules = try OutcomesRules(version: version, read: ledger.ruleFiles)
        let search = MarksSearch(
            options: options, horizons: try Self.horizons(options.horizons, rules), rules: rules, position: position, now: now)
        return try await ledger.pool.run { session in try search.items(session) }
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
