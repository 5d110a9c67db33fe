package import LedgerPostgres

/// What matters of a server for a copy of its files.
package struct CopySource: Sendable {
    /// The user that connected, whatever role the session took.
    package let user: String
    package let database: String
    package let majorVersion: Int
    /// Whether the user may connect for replication, as far as its role says. `pg_hba.conf` may still refuse it.
    package let mayReplicate: Bool
    package let walLevel: String
    package let walSenders: Int
    /// The tablespaces that lie outside the server's directory.
    package let tablespaces: [String]

    package static func read(_ session: PostgresSession) throws -> CopySource {
        let row = try session.execute(
            """
            SELECT session_user::text, current_database()::text, current_setting('server_version_num')::int,
                   coalesce((SELECT rolsuper OR rolreplication FROM pg_roles WHERE rolname = session_user), false),
                   current_setting('wal_level'), current_setting('max_wal_senders')::int,
                   ARRAY(SELECT spcname::text FROM pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global') ORDER BY 1)
            """)[0]
        return CopySource(
            user: try row.text(0), database: try row.text(1), majorVersion: Int(try row.int4(2)) / 10_000,
            mayReplicate: try row.bool(3), walLevel: try row.text(4), walSenders: Int(try row.int4(5)),
            tablespaces: try row.textArray(6))
    }
}
