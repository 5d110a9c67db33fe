import AlphaFeed
import Events
import JSON
import OptionTrades
import Values

/// Fetches a run's pages, checks each row, and keeps the rows on disk and a few words of each in memory.
struct SyncFetch {
    let scope: FeedScope
    let redaction: RowRedaction
    let spool: RowSpool
    private(set) var index = RunIndex()

    init(scope: FeedScope, redaction: RowRedaction, spoolDirectory: String) throws {
        self.scope = scope
        self.redaction = redaction
        spool = try RowSpool(directory: spoolDirectory)
    }

    /// Fetches everything and settles it; counts what is known before the ledger is asked.
    mutating func run(
        _ client: AlphaFeedClient, since: Instant?, stored: Instant?, _ summary: inout RunSummary,
        _ onProgress: @Sendable (SyncOperation.Progress) -> Void
    ) async throws -> FeedRunEnd {
        var index = RunIndex()
        var counted = summary
        let end = try await client.pages(
            scope: scope, updatedSince: since, storedWatermark: stored, allowLowerWatermark: stored == nil
        ) { page, number in
            for fetched in page.rows {
                counted.fetched += 1
                let row = try redaction.apply(fetched)
                let slice = try spool.append(row.documentBytes[row.sourceRange])
                switch RowNormalizer.normalize(row, scope: scope, source: SyncOperation.source) {
                case .accepted(let execution, let unknown):
                    for (key, _) in unknown { counted.unknownKeys[ByteKey(key), default: 0] += 1 }
                    index.accept(
                        id: execution.sourceTradeID, content: execution.contentDigest,
                        updatedAt: execution.sourceUpdatedAt, slice)
                case .rejected(_, let reasons, let tradeID, let unknownKeys):
                    for key in unknownKeys { counted.unknownKeys[ByteKey(key), default: 0] += 1 }
                    counted.count(rejectedFor: reasons)
                    index.reject(RunIndex.Rejected(slice: slice, reasons: reasons, tradeID: tradeID))
                }
            }
            onProgress(.fetching(pages: number + 1, rows: counted.fetched))
        }
        for conflict in index.settle() {
            counted.count(rejectedFor: [RunIndex.conflictingDuplicate])
            index.reject(RunIndex.Rejected(slice: conflict.slice, reasons: [RunIndex.conflictingDuplicate], tradeID: nil))
        }
        counted.duplicates = index.duplicates
        self.index = index
        summary = counted
        return end
    }
}

extension RunSummary {
    /// Counts a rejected row once, and once under each of its reasons.
    mutating func count(rejectedFor reasons: [String]) {
        rejected += 1
        for reason in reasons { rejectedByReason[ByteKey(reason), default: 0] += 1 }
    }
}
