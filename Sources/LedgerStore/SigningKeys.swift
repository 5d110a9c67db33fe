package import LedgerPostgres
package import LedgerValues

/// The database's records of the public keys that sign heads: one for each ledger, the first that was used.
package struct SigningKeys: Sendable {
    package init() {}

    /// A ledger's key; nil before its first signature.
    package func key(of ledger: UniqueID, _ session: PostgresSession) throws -> [UInt8]? {
        try session.execute("SELECT public_key FROM ledger.signing_keys WHERE ledger_id = $1", [.uuid(ledger.high, ledger.low)])
            .first?.bytea(0)
    }

    /// The keys of all ledgers that the log belonged to, in no order.
    package func all(_ session: PostgresSession) throws -> [(ledgerID: UniqueID, publicKey: [UInt8])] {
        try session.execute("SELECT ledger_id, public_key FROM ledger.signing_keys").map {
            (UniqueID(pair: try $0.uuid(0)), try $0.bytea(1))
        }
    }

    /// Records a ledger's key unless the ledger has one, and returns the recorded one.
    package func record(_ publicKey: [UInt8], for ledger: UniqueID, _ session: PostgresSession) throws -> [UInt8] {
        let id = PostgresValue.uuid(ledger.high, ledger.low)
        _ = try session.execute(
            "INSERT INTO ledger.signing_keys (ledger_id, public_key) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            [id, .bytea(publicKey)])
        return try session.execute("SELECT public_key FROM ledger.signing_keys WHERE ledger_id = $1", [id])[0].bytea(0)
    }
}

/// A deliberate restore: after a position the log continues under a new id.
package struct LedgerFork: Sendable {
    package let newID: UniqueID
    package let oldID: UniqueID
    package let position: Int64

    /// All acknowledged forks, in no order.
    package static func all(_ session: PostgresSession) throws -> [LedgerFork] {
        try session.execute("SELECT new_ledger_id, old_ledger_id, position FROM ledger.forks").map {
            LedgerFork(newID: UniqueID(pair: try $0.uuid(0)), oldID: UniqueID(pair: try $0.uuid(1)), position: try $0.int8(2))
        }
    }

    /// Gives the ledger a new id at its head, and records the fork.
    package static func start(_ newID: UniqueID, _ session: PostgresSession) throws {
        _ = try session.execute("SELECT ledger.start_fork($1)", [.uuid(newID.high, newID.low)])
    }
}
