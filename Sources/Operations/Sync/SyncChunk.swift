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

    init(_ rows: [ChunkRow], local: [ByteKey: LocalTrade], scopeKey: String) throws {
        trades = local
        verdicts.reserveCapacity(rows.count)
        for item in rows {
            let key = ByteKey(item.row.sourceTradeID)
            if let known = local[key] { before[item.group] = known }
            guard let known = trades[key] else {
                append(item, changed: nil, version: 0, scopeKey)
                trades[key] = LocalTrade(row: item.row, scopeKey: scopeKey, streamVersion: 1)
                after[item.group] = trades[key]
                verdicts.append(.inserted)
                continue
            }
            if item.row.sourceUpdatedAt < known.row.sourceUpdatedAt {
                verdicts.append(.stale)
                continue
            }
            let changed = item.row.changedFields(from: known.row)
            if item.row.sourceUpdatedAt == known.row.sourceUpdatedAt {
                // Fields are named and left unnamed over time: what only that changed is no contradiction of the source.
                if changed.allSatisfy(\.isRedaction) {
                    verdicts.append(.unchanged)
                } else {
                    verdicts.append(.conflicting)
                    events.append(
                        RejectedRowPayload(
                            source: item.row.source, raw: item.text,
                            reasons: ["conflicting_update"], sourceTradeID: item.row.sourceTradeID
                        ).event())
                }
                continue
            }
            append(item, changed: changed, version: known.streamVersion, scopeKey)
            updates.append(SyncOperation.Update(sourceTradeID: item.row.sourceTradeID, changes: changed))
            for change in changed { changedFields[ByteKey(change.field), default: 0] += 1 }
            trades[key] = LocalTrade(row: item.row, scopeKey: scopeKey, streamVersion: known.streamVersion + 1)
            after[item.group] = trades[key]
            verdicts.append(.updated)
        }
    }

    private mutating func append(_ item: ChunkRow, changed: [ChangedField]?, version: Int64, _ scopeKey: String) {
        let payload = ExecutionPayload(
            row: item.row, scopeKey: scopeKey, unknownFields: item.unknown, changedFields: changed)
        events.append(changed == nil ? payload.recordedEvent() : payload.updatedEvent(previousVersion: version))
    }
}

extension ChangedField {
    /// Whether only one of both values was redacted: neither says that the source changed.
    fileprivate var isRedaction: Bool {
        (old == RedactedValue.node || new == RedactedValue.node) && old != .null && new != .null
    }
}
