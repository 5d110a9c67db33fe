import LedgerEvents
import LedgerPostgres
import LedgerProjections
import LedgerRules
import LedgerStore
import LedgerValues
import OptionTrades

/// The options of a backfill of context.
package struct ContextBackfillOptions: Sendable {
    /// False for a dry run, which appends nothing.
    package var apply: Bool
    /// Whether to stamp all executions, not only those without a stamp for their current basis and context key.
    package var force: Bool
    /// The largest number of executions, the earliest first. Nil for all.
    package var limit: Int?
    /// The trades to handle. Empty for all.
    package var tradeIDs: [String]
    /// The version of the context rules. Its stamps are then wanted even for executions that other rules have stamped.
    /// Nil means the version whose projection is served.
    package var rulesVersion: Int?
    /// Who started the run; see ``RunActor``. Nil if that is not known.
    package var actor: String?

    package init(
        apply: Bool = false, force: Bool = false, limit: Int? = nil, tradeIDs: [String] = [], rulesVersion: Int? = nil, actor: String? = nil
    ) {
        self.apply = apply
        self.force = force
        self.limit = limit
        self.tradeIDs = tradeIDs
        self.rulesVersion = rulesVersion
        self.actor = actor
    }

    /// Reads a version of the context rules as people write it: `v1`, `context@v1`, `v1/c1`.
    ///
    /// Throws too for a code version other than this program's, because no other code can stamp.
    package static func rulesVersion(_ text: String) throws(VersionTextError) -> Int {
        let reference = try VersionReference(parsing: text, of: ContextProjection.name)
        guard let version = Int(reference.version.dropFirst()),
            reference.codeVersion ?? ContextProjection.codeVersion == ContextProjection.codeVersion
        else {
            throw .otherCode(expected: ContextProjection.codeVersion, found: text)
        }
        return version
    }
}

/// Stamps executions with the market around them, from the observations in the log (docs/contract/backfills.md, "Context backfill").
///
/// Trades, stamps and observations are read at the head when the run began. Stamps are appended in chunks. A run that
/// died leaves its stamps, and the next run handles only the rest. A stamp whose content equals the latest of its trade
/// is not appended, so a second run appends nothing, forced or not.
package struct ContextBackfill: Sendable {
    /// The number of stamps computed and appended together.
    static let chunkSize = 2_000

    let ledger: Ledger
    let onProgress: @Sendable (BackfillProgress) -> Void

    package init(ledger: Ledger, onProgress: @escaping @Sendable (BackfillProgress) -> Void = { _ in }) {
        self.ledger = ledger
        self.onProgress = onProgress
    }

    /// Runs once and returns the summary. `wanted` counts the selected executions. The counts by quality are those of
    /// the stamps that they got, or would get.
    ///
    /// Throws `BackfillError` if another backfill of context is in progress or an option is invalid. Throws `RuleError`
    /// if the rules version is not installed.
    package func run(_ options: ContextBackfillOptions) async throws -> BackfillSummary {
        try BackfillRun.check(limit: options.limit)
        return try await BackfillRun.run(.context, ledger: ledger, apply: options.apply, actor: options.actor) { run, summary in
            try await stamp(options, run, &summary)
        }
    }

    private func stamp(
        _ options: ContextBackfillOptions, _ run: BackfillRun, _ summary: inout BackfillSummary
    ) async throws {
        let stamper = try stamper(try await version(options))
        let read = try await ledger.pool.run { session in try Self.read(options, stamper, run.position, session) }
        summary.wanted = read.targets.count
        let histories = read.series.mapValues { ContextHistory($0, rules: stamper.rules) }
        var next = 0
        while next < read.targets.count {
            try Task.checkCancellation()
            let chunk = read.targets[next..<min(next + Self.chunkSize, read.targets.count)]
            var events: [NewEvent] = []
            for target in chunk {
                let history = stamper.market(of: target.row).flatMap { histories[ByteKey($0)] }
                let (stamp, effectiveAt) = stamper.stamp(
                    row: target.row, history: history, observedThrough: run.position)
                summary.count(quality: stamp.contextQuality)
                if stamp.contentDigest == target.latestContent {
                    summary.unchanged += 1
                } else {
                    events.append(stamp.event(previousVersion: target.streamVersion, effectiveAt: effectiveAt))
                }
            }
            try await run.append(events)
            summary.appended += events.count
            next = chunk.endIndex
            onProgress(BackfillProgress(done: next, of: read.targets.count))
        }
    }

    /// What a run would ask for. Nothing is stamped. Throws like `run`, but for a backfill in progress.
    package func preview(_ options: ContextBackfillOptions) async throws -> BackfillPreview {
        try BackfillRun.check(limit: options.limit)
        let version = try await version(options)
        let stamper = try stamper(version)
        var preview = BackfillPreview(
            kind: .context, rules: "\(ContextProjection.name)@v\(version)", position: try await BackfillRun.position(ledger),
            readAt: ledger.now())
        let position = preview.position
        let targets = try await ledger.pool.run { session in try Self.targets(options, stamper, position, session) }
        preview.wanted = targets.count
        preview.trades = targets.count
        preview.firstTrades = targets.prefix(BackfillPreview.namedTrades).map {
            BackfillPreview.Trade(source: $0.row.source, id: $0.row.sourceTradeID)
        }
        preview.markets = Self.markets(of: targets, stamper).map(\.text)
        return preview
    }

    private func version(_ options: ContextBackfillOptions) async throws -> Int {
        if let asked = options.rulesVersion { return asked }
        return try await ledger.servedRulesVersion(ContextProjection.name)
    }

    private func stamper(_ version: Int) throws -> ContextStamper {
        if let problem = ledger.registry.problem(of: ContextProjection.name, version: "v\(version)") { throw problem }
        return ContextStamper(rules: try ContextRules(version: version, read: ledger.ruleFiles))
    }

    // MARK: - Reading the log

    /// The input of a run.
    private struct Read: Sendable {
        /// In the order of executions.
        let targets: [ContextTarget]
        /// The series of the markets behind the targets.
        let series: [ByteKey: MarketSeries]
    }

    /// In the order of executions.
    private static func targets(
        _ options: ContextBackfillOptions, _ stamper: ContextStamper, _ position: Int64, _ session: PostgresSession
    ) throws -> [ContextTarget] {
        let selection: ContextTargets.Selection =
            options.force ? .all : options.rulesVersion == nil ? .unstamped : .unstampedByTheseRules
        var targets = try ContextTargets(upTo: position, tradeIDs: options.tradeIDs)
            .load(stamper, selection, session)
        targets.sort { ExecutionOrder.precedes($0.row, $1.row) }
        if let limit = options.limit, limit < targets.count { targets.removeLast(targets.count - limit) }
        return targets
    }

    private static func markets(of targets: [ContextTarget], _ stamper: ContextStamper) -> [ByteKey] {
        Set(targets.compactMap { stamper.market(of: $0.row).map { ByteKey($0) } }).sorted()
    }

    private static func read(
        _ options: ContextBackfillOptions, _ stamper: ContextStamper, _ position: Int64, _ session: PostgresSession
    ) throws -> Read {
        let targets = try targets(options, stamper, position, session)
        var builder = MarketSeriesBuilder()
        for market in markets(of: targets, stamper) {
            try ObservationReader().forEach(
                kinds: [.gexHourly, .volMetrics], subject: market.text, upTo: position, session
            ) { position, payload in builder.add(payload, at: position) }
        }
        return Read(targets: targets, series: builder.finish())
    }
}
