import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerStore
import LedgerValues
import OptionTrades

/// Applies a settled run to the log, or works out what that would do.
struct SyncApply {
    let operation: SyncOperation
    let options: SyncOptions
    let spool: RowSpool
    var index: RunIndex
    let watermark: Instant?
    var summary: RunSummary
    private var rows: RunRows

    private var ledger: Ledger { operation.ledger }
    private var scope: ExecutionScope { operation.source.scope }
    private var local: LocalTrades { LocalTrades(scope: scope) }
    private var comparison = RunSummary.Comparison.empty
    /// Per trade with more than one accepted row, what it added to the source's side so far.
    private var latestOfMany: [Int: (quantity: FixedDecimal?, premium: FixedDecimal?)] = [:]
    private var sourceGroups: Set<Int> = []
    private var missingIDs: [String] = []
    private var reappearedIDs: [String] = []
    /// Local trades of the scope without an accepted row.
    private var unmatchedLocal: [String] = []

    init(
        operation: SyncOperation, options: SyncOptions, spool: RowSpool, index: RunIndex, watermark: Instant?,
        summary: RunSummary
    ) {
        self.operation = operation
        self.options = options
        self.spool = spool
        self.index = index
        self.watermark = watermark
        self.summary = summary
        rows = RunRows(limit: options.namedRows)
    }

    mutating func run(cursor: String?) async throws -> (RunSummary, RunRows) {
        try nameRejected()
        if options.fullScope { try await scanLocal() }
        try await appendRejections()
        let total = index.entries.count
        var done = 0
        // The last chunk waits for the completion, which goes into its transaction.
        while total - done > SyncOperation.chunkSize {
            let rows = try chunk(from: done, SyncOperation.chunkSize)
            let chunk = try await operation.append(rows, runID: summary.runID, apply: options.apply)
            try account(chunk, rows)
            done += rows.count
            operation.onProgress(.applying(done: done, of: total))
        }
        let rows = try chunk(from: done, total - done)
        try await finish(rows, cursor: cursor)
        operation.onProgress(.applying(done: total, of: total))
        return (summary, self.rows)
    }

    /// Names the rows that are rejected before the ledger is asked.
    private mutating func nameRejected() throws {
        for row in index.rejected where !rows.isFullOfRejected {
            // What conflicts was read well, each row by itself; its id stands in its text alone.
            let isConflict = row.reasons == [RunIndex.conflictingDuplicate]
            let id = isConflict ? try accepted(row.slice).row.sourceTradeID : nil
            rows.reject(row.tradeID ?? id, row.reasons)
        }
    }

    private func chunk(from start: Int, _ count: Int) throws -> [ChunkRow] {
        try index.entries[start..<start + count].map { entry in
            let (row, unknown, text) = try accepted(entry.slice)
            return ChunkRow(
                row: row, unknown: unknown, text: String(decoding: text, as: UTF8.self), group: Int(entry.group),
                copies: Int(entry.copies))
        }
    }

    /// Reads a spooled row that was accepted when it was fetched.
    private func accepted(
        _ slice: RowSpool.Slice
    ) throws -> (row: ExecutionRow, unknown: [(key: String, sourceText: String)], text: [UInt8]) {
        let text = try spool.read(slice)
        guard case .accepted(let row, let unknown) = operation.source.normalize(try JSONDocument(parsing: text).root) else {
            throw RowSpoolError.altered
        }
        return (row, unknown, text)
    }

    /// Rejected rows go first, in the order in which they arrived: their identities make a repetition a no-op.
    private func appendRejections() async throws {
        guard options.apply else { return }
        for start in stride(from: 0, to: index.rejected.count, by: SyncOperation.chunkSize) {
            let slice = index.rejected[start..<min(start + SyncOperation.chunkSize, index.rejected.count)]
            let events = try slice.map { row in
                RejectedRowPayload(
                    source: scope.source,
                    raw: String(decoding: try spool.read(row.slice), as: UTF8.self), reasons: row.reasons,
                    sourceTradeID: row.tradeID
                ).event()
            }
            try await ledger.log.append(events, runID: summary.runID)
        }
    }

    /// The ledger's side of the scope before the run, and which trades have gone missing or come back.
    private mutating func scanLocal() async throws {
        let (local, scope, index) = (self.local, self.scope, self.index)
        struct Scan: Sendable {
            var comparison = RunSummary.Comparison.empty
            var isLocal: [Int] = []
            var unmatched: [String] = []
            var missing: [String] = []
            var reappeared: [String] = []
        }
        let scan = try await ledger.pool.run { session in
            var scan = Scan()
            let flagged = try local.missing(session)
            try local.forEach(session) { payload in
                let row = payload.row
                let hash = ShortHash(of: row.sourceTradeID)
                let isMissing = flagged.contains(ByteKey(row.sourceTradeID))
                let isFound = index.isFound(hash)
                if isFound && isMissing { scan.reappeared.append(row.sourceTradeID) }
                guard scope.covers(row, fetchedBy: payload.scopeKey) else { return }
                if !isFound && !isMissing { scan.missing.append(row.sourceTradeID) }
                scan.comparison.localRows += 1
                scan.comparison.localQuantity = scan.comparison.localQuantity + (row.quantity ?? .zero)
                scan.comparison.localPremiumUSD = scan.comparison.localPremiumUSD + (row.premiumUSD ?? .zero)
                if let group = index.group(of: hash) {
                    scan.isLocal.append(group)
                    if index.groups[group].accepted == 0 { scan.unmatched.append(row.sourceTradeID) }
                } else {
                    scan.unmatched.append(row.sourceTradeID)
                }
            }
            return scan
        }
        comparison = scan.comparison
        for group in scan.isLocal { self.index.setLocal(group, true) }
        unmatchedLocal = scan.unmatched
        missingIDs = scan.missing.sorted { $0.isBytewiseLess(than: $1) }
        reappearedIDs = scan.reappeared.sorted { $0.isBytewiseLess(than: $1) }
        summary.missing = missingIDs.count
        summary.reappeared = reappearedIDs.count
    }

    /// Adds a decided chunk to the summary and to both sides of the comparison.
    private mutating func account(_ chunk: SyncChunk, _ rows: [ChunkRow]) throws {
        for (row, verdict) in zip(rows, chunk.verdicts) {
            switch verdict {
            case .inserted:
                summary.inserted += 1
                self.rows.insert(row.row.sourceTradeID)
            case .updated:
                summary.updated += 1
                self.rows.update(row.row.sourceTradeID)
            case .unchanged: summary.unchanged += 1
            case .stale: summary.staleIgnored += 1
            case .conflicting:
                summary.count(rejectedFor: ["conflicting_update"])
                self.rows.reject(row.row.sourceTradeID, ["conflicting_update"])
                index.loseAccepted(row.group)
                if options.fullScope, index.groups[row.group].accepted == 0, index.groups[row.group].isLocal {
                    unmatchedLocal.append(row.row.sourceTradeID)
                }
                continue
            }
            if let watermark, row.row.sourceUpdatedAt > watermark { summary.aheadOfWatermark += row.copies }
            if options.fullScope { addToSource(row) }
        }
        for (field, count) in chunk.changedFields { summary.changedFields[field, default: 0] += count }
        if options.fullScope && options.apply { moveLocal(chunk) }
    }

    private mutating func addToSource(_ row: ChunkRow) {
        if sourceGroups.insert(row.group).inserted {
            comparison.sourceRows += 1
        } else if let earlier = latestOfMany[row.group] {
            // The latest accepted row of a trade counts alone.
            comparison.sourceQuantity = comparison.sourceQuantity - (earlier.quantity ?? .zero)
            comparison.sourcePremiumUSD = comparison.sourcePremiumUSD - (earlier.premium ?? .zero)
        }
        if index.groups[row.group].accepted > 1 { latestOfMany[row.group] = (row.row.quantity, row.row.premiumUSD) }
        comparison.sourceQuantity = comparison.sourceQuantity + (row.row.quantity ?? .zero)
        comparison.sourcePremiumUSD = comparison.sourcePremiumUSD + (row.row.premiumUSD ?? .zero)
    }

    private mutating func moveLocal(_ chunk: SyncChunk) {
        for (group, trade) in chunk.after {
            if let old = chunk.before[group], scope.covers(old.row, fetchedBy: old.scopeKey) {
                comparison.localRows -= 1
                comparison.localQuantity = comparison.localQuantity - (old.row.quantity ?? .zero)
                comparison.localPremiumUSD = comparison.localPremiumUSD - (old.row.premiumUSD ?? .zero)
            }
            let isLocal = scope.covers(trade.row, fetchedBy: trade.scopeKey)
            index.setLocal(group, isLocal)
            if isLocal {
                comparison.localRows += 1
                comparison.localQuantity = comparison.localQuantity + (trade.row.quantity ?? .zero)
                comparison.localPremiumUSD = comparison.localPremiumUSD + (trade.row.premiumUSD ?? .zero)
            }
        }
    }

    /// The last chunk, the missing and reappeared trades, and the completion, in one transaction.
    private mutating func finish(_ rows: [ChunkRow], cursor: String?) async throws {
        if options.apply { try await appendPresenceAhead() }
        let start = self
        var finished = self
        // Decided again where another writer came first: each time from the state before the chunk.
        _ = try await operation.append(
            rows, others: missingIDs + reappearedIDs, runID: summary.runID, apply: options.apply
        ) { chunk in
            finished = start
            try finished.account(chunk, rows)
            try finished.close()
            return start.presenceEvents(chunk) + [
                start.completion(of: finished.summary, cursor: cursor)
            ]
        }
        self = finished
    }

    private func completion(of summary: RunSummary, cursor: String?) -> NewEvent {
        SyncCompletedPayload(
            scopeKey: scope.key, scopeDetails: scope.details, sourceName: operation.source.feedName,
            summary: summary.canonicalBytes(), cursor: cursor, watermark: watermark, actor: options.actor
        ).event(runID: summary.runID)
    }

    /// Missing and reappeared events, following each stream's version after the chunk.
    private func presenceEvents(_ chunk: SyncChunk) -> [NewEvent] {
        func events(_ ids: [String], isMissing: Bool) -> [NewEvent] {
            ids.compactMap { id in
                chunk.trades[ByteKey(id)].map { trade in
                    PresencePayload(
                        source: scope.source, sourceTradeID: id, scopeKey: scope.key, isMissing: isMissing
                    ).event(previousVersion: trade.streamVersion)
                }
            }
        }
        return events(missingIDs, isMissing: true) + events(reappearedIDs, isMissing: false)
    }

    /// A mass disappearance does not fit one transaction: all but the last of it goes ahead.
    private mutating func appendPresenceAhead() async throws {
        while missingIDs.count + reappearedIDs.count > SyncOperation.chunkSize {
            var part = self
            part.missingIDs = Array(missingIDs.prefix(SyncOperation.chunkSize))
            part.reappearedIDs = missingIDs.isEmpty ? Array(reappearedIDs.prefix(SyncOperation.chunkSize)) : []
            let now = part
            _ = try await operation.append(
                [], others: now.missingIDs + now.reappearedIDs, runID: summary.runID, apply: true
            ) { chunk in now.presenceEvents(chunk) }
            missingIDs.removeFirst(now.missingIDs.count)
            reappearedIDs.removeFirst(now.reappearedIDs.count)
        }
    }

    private mutating func close() throws {
        if options.fullScope {
            comparison.unmatchedLocalTradeIDs = unmatchedLocal.sorted { $0.isBytewiseLess(than: $1) }
            comparison.unmatchedSourceTradeIDs = []
            for group in sourceGroups where !index.groups[group].isLocal {
                comparison.unmatchedSourceTradeIDs.append(try accepted(index.groups[group].sample).row.sourceTradeID)
            }
            comparison.unmatchedSourceTradeIDs.sort { $0.isBytewiseLess(than: $1) }
            summary.comparison = comparison
        }
        summary.normalized = summary.fetched - summary.rejected
        summary.finishedAt = ledger.now()
    }
}

extension RunSummary.Comparison {
    static let empty = RunSummary.Comparison(
        sourceRows: 0, localRows: 0, sourceQuantity: .zero, localQuantity: .zero, sourcePremiumUSD: .zero,
        localPremiumUSD: .zero, unmatchedSourceTradeIDs: [], unmatchedLocalTradeIDs: [])
}
