package import LedgerPostgres

/// A lease of work that only one process may do at a time. The database's clock decides when it ends.
package struct WorkLease: Sendable, Equatable {
    package let name: String
    package let owner: String
    package let epoch: Int64

    /// Takes the lease, or renews one's own. Nil while another process has it.
    package static func take(_ name: String, owner: String, seconds: Double, _ session: PostgresSession) throws -> WorkLease? {
        let taken = try session.execute(
            """
            INSERT INTO ledger.work_leases AS l (name, owner, epoch, expires_at)
            VALUES ($1, $2, 1, clock_timestamp() + make_interval(secs => $3))
            ON CONFLICT (name) DO UPDATE
                SET epoch = CASE WHEN l.owner = $2 AND l.expires_at > clock_timestamp() THEN l.epoch ELSE l.epoch + 1 END,
                    owner = $2, expires_at = clock_timestamp() + make_interval(secs => $3)
                WHERE l.owner = $2 OR l.expires_at <= clock_timestamp()
            RETURNING epoch
            """, [.text(name), .text(owner), .float8(seconds)])
        return taken.rowCount == 1 ? WorkLease(name: name, owner: owner, epoch: try taken[0].int8(0)) : nil
    }

    /// Renews the lease inside a transaction. False if it ended or went to another process.
    package func renew(seconds: Double, _ session: PostgresSession) throws -> Bool {
        try session.execute(
            """
            UPDATE ledger.work_leases SET expires_at = clock_timestamp() + make_interval(secs => $4)
            WHERE name = $1 AND owner = $2 AND epoch = $3 AND expires_at > clock_timestamp() RETURNING epoch
            """, [.text(name), .text(owner), .int8(epoch), .float8(seconds)]
        ).rowCount == 1
    }

    /// Gives the lease back, if it is still one's own.
    package func giveBack(_ session: PostgresSession) throws {
        _ = try session.execute(
            "UPDATE ledger.work_leases SET expires_at = clock_timestamp() WHERE name = $1 AND owner = $2 AND epoch = $3",
            [.text(name), .text(owner), .int8(epoch)])
    }
}
