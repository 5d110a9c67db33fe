package import LedgerPostgres
package import LedgerValues

/// A head that was recorded before it was signed.
package struct HeadRecord: Sendable, Equatable {
    package let ledgerID: UniqueID
    package let size: Int64
    package let root: Digest32

    package init(ledgerID: UniqueID, size: Int64, root: Digest32) {
        self.ledgerID = ledgerID
        self.size = size
        self.root = root
    }
}

/// The database's records of the heads that were signed, or were about to be.
///
/// A row that is committed is on the synchronous standbys with every event below it, so that what is signed then outlasts a failover.
package struct HeadRecords: Sendable {
    package init() {}

    /// The record of the largest size of a ledger; nil without one.
    package func largest(of ledger: UniqueID, _ session: PostgresSession) throws -> HeadRecord? {
        try session.execute(
            "SELECT ledger_id, size, root FROM ledger.signed_heads WHERE ledger_id = $1 ORDER BY size DESC LIMIT 1", [Self.value(ledger)]
        ).first.map(Self.record)
    }

    /// The records of all ledgers that the log belonged to, in no order.
    package func all(_ session: PostgresSession) throws -> [HeadRecord] {
        try session.execute("SELECT ledger_id, size, root FROM ledger.signed_heads").map(Self.record)
    }

    /// Records a head under the epoch of the signer's lease, and returns what is recorded of its size: an earlier record stays.
    package func record(_ head: HeadRecord, epoch: Int64, _ session: PostgresSession) throws -> HeadRecord {
        let id = Self.value(head.ledgerID)
        _ = try session.execute(
            "INSERT INTO ledger.signed_heads (ledger_id, size, root, epoch) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            [id, .int8(head.size), .bytea(head.root.bytes), .int8(epoch)])
        return try Self.record(
            session.execute(
                "SELECT ledger_id, size, root FROM ledger.signed_heads WHERE ledger_id = $1 AND size = $2", [id, .int8(head.size)])[0])
    }

    private static func value(_ id: UniqueID) -> PostgresValue { .uuid(id.high, id.low) }

    private static func record(_ row: PostgresRow) throws -> HeadRecord {
        HeadRecord(ledgerID: UniqueID(pair: try row.uuid(0)), size: try row.int8(1), root: try Digest32(stored: try row.bytea(2)))
    }
}
