public import LedgerPostgres
import LedgerValues

/// The right to write a projection version, until it expires or another process takes it over.
///
/// Each acquisition raises the epoch, and every write names the epoch of its lease. A writer that slept past its lease
/// therefore changes no row.
public struct ProjectionLease: Sendable, Equatable {
    public let name: String
    public let version: String
    public let codeVersion: Int
    public let owner: String
    public let epoch: Int64

    /// The time after which a lease expires without a sign of life, by the database's clock.
    public static let duration = "10 seconds"

    /// Takes the lease if it is free; nil if another process holds it. The position is the checkpoint.
    ///
    /// It never waits. If the lease has expired but its holder was stopped in the middle of a transaction, the row is
    /// still locked; the lease can be taken once that transaction is over.
    public static func acquire(
        _ name: String, _ version: String, codeVersion: Int, owner: String, _ session: PostgresSession
    ) throws -> (lease: ProjectionLease, position: Int64)? {
        let result = try session.execute(
            """
            UPDATE ledger.projection_versions v
            SET epoch = v.epoch + 1, lease_owner = $4, lease_expires_at = clock_timestamp() + interval '\(duration)'
            FROM (
                SELECT name, version, code_version FROM ledger.projection_versions
                WHERE name = $1 AND version = $2 AND code_version = $3
                  AND (lease_owner IS NULL OR lease_owner = $4 OR lease_expires_at < clock_timestamp())
                FOR UPDATE SKIP LOCKED
            ) k
            WHERE v.name = k.name AND v.version = k.version AND v.code_version = k.code_version
            RETURNING v.epoch, v.position
            """, [.text(name), .text(version), .int4(Int32(codeVersion)), .text(owner)])
        guard let row = result.first else { return nil }
        let lease = ProjectionLease(
            name: name, version: version, codeVersion: codeVersion, owner: owner, epoch: try row.int8(0))
        return (lease, try row.int8(1))
    }

    /// Extends the lease; false if it was lost, or if the checkpoint is not where its holder left it.
    ///
    /// After a failover that lost a tail, or after a restore, a version may be behind its holder's state in memory,
    /// with the same epoch. The holder must then restart from what is stored.
    public func renew(at position: Int64, _ session: PostgresSession) throws -> Bool {
        try session.execute(
            """
            UPDATE ledger.projection_versions SET lease_expires_at = clock_timestamp() + interval '\(Self.duration)'
            WHERE name = $1 AND version = $2 AND code_version = $3 AND epoch = $4 AND lease_owner = $5 AND position = $6
            """, parameters + [.int8(position)]
        ).affectedRows == 1
    }

    /// Extends all leases of an owner, except those in the middle of a transaction, which extends them itself.
    static func renewAll(owner: String, _ session: PostgresSession) throws {
        _ = try session.execute(
            """
            UPDATE ledger.projection_versions v SET lease_expires_at = clock_timestamp() + interval '\(duration)'
            FROM (SELECT name, version, code_version FROM ledger.projection_versions
                  WHERE lease_owner = $1 FOR UPDATE SKIP LOCKED) held
            WHERE v.name = held.name AND v.version = held.version AND v.code_version = held.code_version
            """, [.text(owner)])
    }

    /// Gives the lease back, so that the next holder need not wait for it to expire.
    public func release(_ session: PostgresSession) throws {
        _ = try session.execute(
            """
            UPDATE ledger.projection_versions SET lease_owner = NULL, lease_expires_at = NULL
            WHERE name = $1 AND version = $2 AND code_version = $3 AND epoch = $4 AND lease_owner = $5
            """, parameters)
    }

    private var parameters: [PostgresValue] {
        [.text(name), .text(version), .int4(Int32(codeVersion)), .int8(epoch), .text(owner)]
    }

    /// The order in which the rows of several leases are locked.
    func precedes(_ other: ProjectionLease) -> Bool {
        if !name.isBytewiseEqual(to: other.name) { return name.isBytewiseLess(than: other.name) }
        if !version.isBytewiseEqual(to: other.version) { return version.isBytewiseLess(than: other.version) }
        return codeVersion < other.codeVersion
    }

    /// Whether this is a lease of the version, whoever holds it.
    func isOf(_ version: ProjectionVersion) -> Bool {
        name.isBytewiseEqual(to: version.name) && self.version.isBytewiseEqual(to: version.version)
            && codeVersion == version.codeVersion
    }
}
