import LedgerEvents
import LedgerPostgres
import LedgerStore
import LedgerValues
import Synchronization

/// Detects that a log's history has changed. After a failover that lost a tail, or a restore, positions read earlier
/// may hold other events.
final class HistoryWatch: Sendable {
    private struct Seen {
        let ledgerID: UniqueID
        let position: Int64
        /// The hash of the event at the position. Nil for an empty log.
        let hash: [UInt8]?
    }

    private let state = Mutex<(seen: Seen?, count: UInt64)>((nil, 0))

    /// The number of changes detected.
    var count: UInt64 { state.withLock { $0.count } }

    /// Compares the event seen last with the current one at its position, and remembers the head. It costs one read of
    /// two rows.
    func note(_ head: LogHead, _ session: PostgresSession) throws {
        let seen = state.withLock { $0.seen }
        if let seen, seen.position == 0, head.position == 0, seen.ledgerID == head.ledgerID { return }
        let hashes = try LogReader().leafHashes(at: [head.position, seen?.position ?? head.position], session)
        let isSame = seen.map { $0.ledgerID == head.ledgerID && $0.hash == hashes[$0.position] } ?? true
        let now = Seen(ledgerID: head.ledgerID, position: head.position, hash: hashes[head.position])
        state.withLock { state in
            state.seen = now
            if !isSame { state.count += 1 }
        }
    }
}
