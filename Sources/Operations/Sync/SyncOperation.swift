import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerStore
import LedgerValues
import Logging
package import OptionTrades

/// How a sync was asked for.
package struct SyncOptions: Sendable {
    /// False: a dry run, which writes nothing at all.
    package var apply: Bool
    /// Compare the whole scope instead of what changed since the watermark.
    package var fullScope: Bool
    /// Accept a watermark below the stored one; only with a full-scope run. A dry run shows what that would give.
    package var resetWatermark: Bool
    /// How many inserted, updated and rejected rows the run names, of each kind.
    package var namedRows: Int
    /// Who started the run; see ``RunActor``. Nil if that is not known.
    package var actor: String?

    package init(
        apply: Bool, fullScope: Bool = false, resetWatermark: Bool = false, namedRows: Int = RunRows.shown, actor: String? = nil
    ) {
        self.apply = apply
        self.fullScope = fullScope
        self.resetWatermark = resetWatermark
        self.namedRows = namedRows
        self.actor = actor
    }

    /// Why no run can be asked for so; nil if one can.
    package var problem: String? {
        resetWatermark && !fullScope
            ? "resetting the watermark needs the full scope: what lies below the stored watermark is compared with nothing else" : nil
    }
}

/// Why a sync did not complete.
package enum SyncError: Error, CustomStringConvertible {
    /// Another run of the scope is under way.
    case alreadyRunning(scopeKey: String)
    /// The source could not be reached or broke its contract; nothing of the run was stored.
    case source(SourceError)
    case badOptions(String)

    package var description: String {
        switch self {
        case .alreadyRunning(let scopeKey): "a sync of the scope \(scopeKey) is already running"
        case .source(let error): "\(error)"
        case .badOptions(let problem): problem
        }
    }
}

/// Brings a source's rows of a scope into the log (docs/contract/alpha-feed.md, "Settlement").
///
/// All pages are fetched, checked and settled against each other first; then rows are applied in the order of
/// their `updatedAt`, a chunk a transaction, the completion with the last of them. A run that dies leaves rows that
/// the next one finds unchanged, and a watermark that has not moved.
package struct SyncOperation: Sendable {
    /// Rows a transaction.
    static let chunkSize = 2_000
    private static let maximumConflictRetries = 5

    package enum Progress: Sendable {
        case fetching(pages: Int, rows: Int)
        case applying(done: Int, of: Int)
    }

    /// A trade that the run updates, or would: the evidence behind the summary's counts.
    package struct Update: Sendable {
        package let sourceTradeID: String
        /// Sorted by field.
        package let changes: [ChangedField]
    }

    let ledger: Ledger
    let source: any ExecutionSource
    let onProgress: @Sendable (Progress) -> Void
    private let onUpdate: @Sendable (Update) -> Void
    private var scope: ExecutionScope { source.scope }

    /// - Parameter onUpdate: hears of each trade that the run updates; of a dry run, of each that a real one would.
    package init(
        ledger: Ledger, source: any ExecutionSource,
        onProgress: @escaping @Sendable (Progress) -> Void = { _ in },
        onUpdate: @escaping @Sendable (Update) -> Void = { _ in }
    ) {
        self.ledger = ledger
        self.source = source
        self.onProgress = onProgress
        self.onUpdate = onUpdate
    }

    /// Runs once and returns the summary.
    ///
    /// Throws `SyncError`; a real run that failed on the source's side has appended `AlphaSyncFailed` or `SyncFailed`.
    package func run(_ options: SyncOptions) async throws -> SyncRun {
        if let problem = options.problem { throw SyncError.badOptions(problem) }
        let lock = try await AdvisoryLock.acquire("sync|\(scope.key)", ledger.serviceConfiguration)
        guard let lock else { throw SyncError.alreadyRunning(scopeKey: scope.key) }
        do {
            let run = try await runLocked(options)
            await lock.release()
            return run
        } catch {
            await lock.release()
            throw error
        }
    }

    private func runLocked(_ options: SyncOptions) async throws -> SyncRun {
        let startedAt = ledger.now()
        var summary = RunSummary(
            runID: ledger.newID(), scopeKey: scope.key, dryRun: !options.apply, fullScope: options.fullScope,
            startedAt: startedAt, finishedAt: startedAt)
        ledger.logger.info(
            "sync started",
            metadata: [
                "run_id": "\(summary.runID)", "scope": "\(scope.key)", "dry_run": "\(summary.dryRun)",
                "full_scope": "\(summary.fullScope)",
            ])
        let rows: RunRows
        do {
            let stored = try await storedWatermark()
            var fetch = try SyncFetch(source: source, spoolDirectory: ledger.temporaryDirectory)
            let end: SourceRunEnd
            do {
                end = try await fetch.run(
                    SourceQuery(
                        updatedSince: options.fullScope ? nil : stored, lowestWatermark: options.resetWatermark ? nil : stored),
                    &summary, onProgress)
            } catch let error as SourceError {
                throw SyncError.source(error)
            }
            summary.nextWatermark = end.watermark ?? stored
            summary.nextCursor = end.lastCursor
            summary.pages = end.pages
            var apply = SyncApply(
                operation: self, options: options, spool: fetch.spool, index: fetch.index, watermark: end.watermark,
                summary: summary)
            (summary, rows) = try await apply.run(cursor: end.lastCursor)
        } catch let error as SyncError {
            if options.apply, case .source(let failure) = error { try await recordFailure(failure, summary, options.actor) }
            throw error
        }
        ledger.logger.info(
            "sync finished",
            metadata: [
                "run_id": "\(summary.runID)", "fetched": "\(summary.fetched)", "inserted": "\(summary.inserted)",
                "updated": "\(summary.updated)", "rejected": "\(summary.rejected)",
            ])
        return SyncRun(summary: summary, rows: rows)
    }

    private func storedWatermark() async throws -> Instant? {
        let stream = Streams.sync(scopeKey: scope.key)
        let completed = ExecutionEventTypes.of(source: scope.source).completed
        return try await ledger.pool.run { session in
            // A run over an empty scope reports no watermark: the last one that did counts.
            let events = try LogReader().latestEvents(of: completed, inStream: stream, session)
            for event in events {
                let payload = try TradeEvents.registry.payload(of: event).payload(as: SyncCompletedPayload.self)
                if let watermark = payload?.watermark { return watermark }
            }
            return nil
        }
    }

    private func recordFailure(_ error: SourceError, _ summary: RunSummary, _ actor: String?) async throws {
        let event = SyncFailedPayload(
            runID: summary.runID, scopeKey: scope.key, scopeDetails: scope.details, sourceName: source.feedName, errorCode: error.code,
            errorMessage: ledger.redact("\(error)"), startedAt: summary.startedAt, finishedAt: ledger.now(),
            actor: actor
        ).event()
        try await ledger.log.append([event], runID: summary.runID)
    }

    /// Appends a chunk's events, deciding them again from fresh rows where another writer came first.
    ///
    /// - Parameters:
    ///   - others: ids of trades that `closing` asks about besides those of the rows.
    ///   - closing: events that follow the chunk's in its transaction.
    func append(
        _ rows: [ChunkRow], others: [String] = [], runID: UniqueID, apply: Bool,
        closing: (SyncChunk) throws -> [NewEvent] = { _ in [] }
    ) async throws -> SyncChunk {
        let local = LocalTrades(scope: scope)
        let ids = Set((rows.map(\.row.sourceTradeID) + others).map { ByteKey($0) }).map(\.text)
        var attempt = 1
        while true {
            let known = try await ledger.pool.run { session in try local.load(ids, session) }
            let chunk = try SyncChunk(rows, local: known, scopeKey: scope.key, order: source.order)
            let events = chunk.events + (try closing(chunk))
            do {
                if apply { try await ledger.log.append(events, runID: runID) }
                chunk.updates.forEach(onUpdate)
                return chunk
            } catch let error as LedgerError {
                switch error {
                case .versionConflict, .identityConflict:
                    if attempt == Self.maximumConflictRetries { throw error }
                    attempt += 1
                default: throw error
                }
            }
        }
    }
}
