import LedgerPostgres
import LedgerValues

/// The last leaf of what was read from the log. A server that has it at its position has everything that was read.
///
/// After a failover that lost a tail, other events may be at the same positions, and the result of folding the lost
/// events passes every comparison of positions. Every transaction that writes folded results therefore checks that the
/// server still has the leaf, with one look-up in the primary key. A leaf includes its position, event, run and time,
/// so histories that diverged never have a leaf in common again.
struct ReadLeaf: Sendable, Equatable {
    let position: Int64
    let hash: Digest32

    /// The leaf at a position that is said to be in the log; nil for position 0, before the first event.
    ///
    /// Throws `LedgerError.historyReplaced` if the log is shorter.
    static func read(at position: Int64, _ session: PostgresSession) throws -> ReadLeaf? {
        if position == 0 { return nil }
        let found = try session.execute("SELECT leaf_hash FROM ledger.events WHERE position = $1", [.int8(position)])
        guard let row = found.first else { throw LedgerError.historyReplaced(position: position) }
        return ReadLeaf(position: position, hash: try Digest32(stored: try row.bytea(0)))
    }

    /// The SQL condition that the server has the leaf; its two parameters are ``parameters``.
    static func isThere(position: String, hash: String) -> String {
        "EXISTS (SELECT FROM ledger.events WHERE position = \(position) AND leaf_hash = \(hash))"
    }

    var parameters: [PostgresValue] { [.int8(position), .bytea(hash.bytes)] }

    /// Throws `LedgerError.historyReplaced` if the server does not have the leaf.
    func require(_ session: PostgresSession) throws {
        let answer = try session.execute("SELECT \(Self.isThere(position: "$1", hash: "$2"))", parameters)
        guard try answer[0].bool(0) else { throw LedgerError.historyReplaced(position: position) }
    }
}
