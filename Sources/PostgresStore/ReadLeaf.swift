import Postgres
import Values

/// The last leaf of what was read of the log: a server that has it at its position has all that was read.
///
/// After a failover that lost a tail, other events may stand at the same positions, and what was folded from the lost ones
/// passes every comparison of positions. So whoever writes what was folded has the transaction of its own write prove that the
/// server still has the leaf: one look-up in the primary key. A leaf names its position, event, run and time, so that
/// histories which parted do not meet in one again.
struct ReadLeaf: Sendable, Equatable {
    let position: Int64
    let hash: Digest32

    /// The leaf at a position that was said to be in the log; nil for position 0, before the first event.
    ///
    /// Throws `LedgerError.historyReplaced` if the log is shorter.
    static func read(at position: Int64, _ session: PostgresSession) throws -> ReadLeaf? {
        if position == 0 { return nil }
        let found = try session.execute("SELECT leaf_hash FROM ledger.events WHERE position = $1", [.int8(position)])
        guard let row = found.first else { throw LedgerError.historyReplaced(position: position) }
        return ReadLeaf(position: position, hash: try Digest32(stored: try row.bytea(0)))
    }

    /// Whether the server has it, as a condition in SQL whose two parameters are ``parameters``.
    static func isThere(position: String, hash: String) -> String {
        "EXISTS (SELECT FROM ledger.events WHERE position = \(position) AND leaf_hash = \(hash))"
    }

    var parameters: [PostgresValue] { [.int8(position), .bytea(hash.bytes)] }

    /// Throws `LedgerError.historyReplaced` if the server does not have it.
    func require(_ session: PostgresSession) throws {
        let answer = try session.execute("SELECT \(Self.isThere(position: "$1", hash: "$2"))", parameters)
        guard try answer[0].bool(0) else { throw LedgerError.historyReplaced(position: position) }
    }
}
