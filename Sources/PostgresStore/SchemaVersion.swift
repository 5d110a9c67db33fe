public import Postgres

/// Which schema version a session writes, and whether that is the ledger's.
///
/// Each session of the service says with which schema version its program was made. What it appends, and what it writes of
/// projections, the database takes only as long as that is the ledger's own: a program from before a migration fails, one
/// that has no word of this among them.
enum SchemaVersion {
    /// The session's setting.
    static let setting = "alpha_ledger.schema_version"
    /// In SQL: what the session says, null where it says nothing.
    static let ofSession = "current_setting('\(setting)', true)"

    static func require(ledger: Int32, session: String?) throws(LedgerError) {
        guard session.flatMap({ Int32($0) }) == ledger else {
            throw .schemaChanged(ledger: Int(ledger), program: session.flatMap { Int($0) })
        }
    }
}

extension PostgresConfiguration {
    /// The service's role.
    public static let serviceRole = "alpha_ledger_service"

    /// Sessions that append, and write projections.
    ///
    /// - Parameter schemaVersion: the newest that the program's migrations make.
    public static func service(
        _ uri: String, schemaVersion: Int, applicationName: String = "alpha-ledger"
    ) -> PostgresConfiguration {
        var configuration = PostgresConfiguration(uri: uri, role: serviceRole, applicationName: applicationName)
        configuration.settings[SchemaVersion.setting] = "\(schemaVersion)"
        return configuration
    }
}
