public import Postgres

/// The right to write a projection version, until it expires or another takes it over.
///
/// Each acquisition raises the epoch, and every write names the epoch that it believes in: a writer that slept
/// past its lease changes no row.
public struct ProjectionLease: Sendable, Equatable {
    public let name: String
    public let version: String
    public let owner: String
    public let epoch: Int64

    /// How long a lease holds without a sign of life, by the database's clock.
    public static let duration = "10 seconds"

    /// Takes the lease where nobody holds it; nil where somebody else does. The position is the checkpoint.
    public static func acquire(
        _ name: String, _ version: String, owner: String, _ session: PostgresSession
    ) throws -> (lease: ProjectionLease, position: Int64)? {
        let result = try session.execute(
            """
            UPDATE ledger.projection_versions
            SET epoch = epoch + 1, lease_owner = $3, lease_expires_at = clock_timestamp() + interval '\(duration)'
            WHERE name = $1 AND version = $2
              AND (lease_owner IS NULL OR lease_owner = $3 OR lease_expires_at < clock_timestamp())
            RETURNING epoch, position
            """, [.text(name), .text(version), .text(owner)])
        guard let row = result.first else { return nil }
        return (ProjectionLease(name: name, version: version, owner: owner, epoch: try row.int8(0)), try row.int8(1))
    }

    /// Moves the lease's end; false where it was lost.
    public func renew(_ session: PostgresSession) throws -> Bool {
        try session.execute(
            """
            UPDATE ledger.projection_versions SET lease_expires_at = clock_timestamp() + interval '\(Self.duration)'
            WHERE name = $1 AND version = $2 AND epoch = $3 AND lease_owner = $4
            """, [.text(name), .text(version), .int8(epoch), .text(owner)]
        ).affectedRows == 1
    }

    /// Gives the lease back, so that the next holder need not wait for its end.
    public func release(_ session: PostgresSession) throws {
        _ = try session.execute(
            """
            UPDATE ledger.projection_versions SET lease_owner = NULL, lease_expires_at = NULL
            WHERE name = $1 AND version = $2 AND epoch = $3 AND lease_owner = $4
            """, [.text(name), .text(version), .int8(epoch), .text(owner)])
    }
}
