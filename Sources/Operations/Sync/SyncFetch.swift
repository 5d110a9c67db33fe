import LedgerEvents
import LedgerJSON
import LedgerValues
import OptionTrades

/// Fetches a run's pages, checks each row, and keeps the rows on disk and a few words of each in memory.
struct SyncFetch {
    let source: any ExecutionSource
    let spool: RowSpool
    private(set) var index = RunIndex()

    init(source: any ExecutionSource, spoolDirectory: String) throws {
        self.source = source
        spool = try RowSpool(directory: spoolDirectory)
    }

    /// Fetches everything and settles it; counts what is known before the ledger is asked.
    mutating func run(
        _ query: SourceQuery, _ summary: inout RunSummary, _ onProgress: @Sendable (SyncOperation.Progress) -> Void
    ) async throws -> SourceRunEnd {
        var index = RunIndex()
        var counted = summary
        let end = try await source.pages(query) { rows, number in
            for fetched in rows {
                counted.fetched += 1
                let row = try source.redact(fetched)
                let slice = try spool.append(row.documentBytes[row.sourceRange])
                switch source.normalize(row) {
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
