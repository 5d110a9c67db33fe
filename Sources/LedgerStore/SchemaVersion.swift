public import LedgerPostgres

/// The schema version that a session writes, and the check that it is the ledger's.
///
/// Each session of the service names the schema version that its program was made for. The database accepts its appends
/// and its writes of projections only while that is the ledger's own version. A program from before a migration
/// therefore fails, even one that does not know this setting.
enum SchemaVersion {
    /// The name of the session's setting.
    static let setting = "alpha_ledger.schema_version"
    /// The SQL expression of the session's schema version; null if the session does not name one.
    static let ofSession = "current_setting('\(setting)', true)"

    static func require(ledger: Int32, session: String?) throws(LedgerError) {
        guard session.flatMap({ Int32($0) }) == ledger else {
            throw .schemaChanged(ledger: Int(ledger), program: session.flatMap { Int($0) })
        }
    }
}

extension PostgresConfiguration {
    /// The role of the service.
    public static let serviceRole = "alpha_ledger_service"

    /// The configuration of sessions that append and write projections.
    ///
    /// - Parameters:
    ///   - uri: a libpq connection URI.
    ///   - schemaVersion: the newest version that the program's migrations make.
    ///   - applicationName: the name of the session in `pg_stat_activity`.
    public static func service(
        _ uri: String, schemaVersion: Int, applicationName: String = "alpha-ledger"
    ) -> PostgresConfiguration {
        var configuration = PostgresConfiguration(uri: uri, role: serviceRole, applicationName: applicationName)
        configuration.settings[SchemaVersion.setting] = "\(schemaVersion)"
        return configuration
    }
}
