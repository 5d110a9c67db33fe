import LedgerEvents
import LedgerJSON
import LedgerValues
import OptionTrades

/// One fetched row of a chunk, normalized again from its text.
struct ChunkRow: Sendable {
    let row: ExecutionRow
    let unknown: [(key: String, sourceText: String)]
    let text: String
    /// Index of its trade in the run's index.
    let group: Int
    /// How often the same row came in this run.
    let copies: Int
}

/// What a chunk of rows means beside the trades that the ledger holds: pure, so that it can be decided again when
/// another writer came first.
struct SyncChunk {
    enum Verdict: Sendable { case inserted, updated, unchanged, stale, conflicting }

    private(set) var events: [NewEvent] = []
    /// One verdict a row, in order.
    private(set) var verdicts: [Verdict] = []
    private(set) var changedFields: [ByteKey: Int] = [:]
    /// The updated trades and what differs, in order.
    private(set) var updates: [SyncOperation.Update] = []
    /// Trades as they are after the chunk, by trade id: all that were loaded and all that it added.
    private(set) var trades: [ByteKey: LocalTrade]
    /// Trades that the chunk's rows name, as they were before it, and those that it changed, as they are after it;
    /// by group.
    private(set) var before: [Int: LocalTrade] = [:]
    private(set) var after: [Int: LocalTrade] = [:]

    init(_ rows: [ChunkRow], local: [ByteKey: LocalTrade], scopeKey: String, order: RowPrecedence) throws {
        trades = local
        verdicts.reserveCapacity(rows.count)
        for item in rows {
            let key = ByteKey(item.row.sourceTradeID)
            if let known = local[key] { before[item.group] = known }
            let known = trades[key]
            let settlement = ExecutionSettlement(
                item.row, unknown: item.unknown, scopeKey: scopeKey, after: known.map { ($0.row, $0.streamVersion) }, order: order)
            switch settlement {
            case .inserted(let event):
                take(event, item, key, version: 1, scopeKey)
                verdicts.append(.inserted)
            case .updated(let event, let changed):
                take(event, item, key, version: (known?.streamVersion ?? 0) + 1, scopeKey)
                updates.append(SyncOperation.Update(sourceTradeID: item.row.sourceTradeID, changes: changed))
                for change in changed { changedFields[ByteKey(change.field), default: 0] += 1 }
                verdicts.append(.updated)
            case .unchanged: verdicts.append(.unchanged)
            case .stale: verdicts.append(.stale)
            case .conflicting:
                verdicts.append(.conflicting)
                events.append(
                    RejectedRowPayload(
                        source: item.row.source, raw: item.text, reasons: ["conflicting_update"], sourceTradeID: item.row.sourceTradeID
                    ).event())
            }
        }
    }

    private mutating func take(_ event: NewEvent, _ item: ChunkRow, _ key: ByteKey, version: Int64, _ scopeKey: String) {
        events.append(event)
        trades[key] = LocalTrade(row: item.row, scopeKey: scopeKey, streamVersion: version)
        after[item.group] = trades[key]
    }
}
