public import LedgerPostgres
public import LedgerProjections

/// The schema version that a session writes, and the check that it is the ledger's.
///
/// Each session of the service names the schema version that its program was made for. The database accepts its appends
/// and its writes of projections only while that is the ledger's own version. A program from before a migration
/// therefore fails, even one that does not know this setting.
enum SchemaVersion {
    /// The SQL expression of the session's schema version; null if the session does not name one.
    static func ofSession(_ names: LedgerNames) -> String { "current_setting('\(names.schemaVersionSetting)', true)" }

    static func require(ledger: Int32, session: String?) throws(LedgerError) {
        guard session.flatMap({ Int32($0) }) == ledger else {
            throw .schemaChanged(ledger: Int(ledger), program: session.flatMap { Int($0) })
        }
    }
}

extension PostgresConfiguration {
    /// The configuration of sessions that append and write projections.
    ///
    /// - Parameters:
    ///   - uri: a libpq connection URI.
    ///   - names: the names of the program; `pg_stat_activity` shows the program's name.
    ///   - schemaVersion: the newest version that the program's migrations make.
    public static func service(_ uri: String, _ names: LedgerNames, schemaVersion: Int) -> PostgresConfiguration {
        var configuration = PostgresConfiguration(uri: uri, role: names.serviceRole, applicationName: names.program)
        configuration.settings[names.schemaVersionSetting] = "\(schemaVersion)"
        return configuration.withoutCompilation()
    }

    /// The same configuration, with just-in-time compilation off whatever the server says.
    ///
    /// The planner overrates the short statements of an append on a log that is small or was never analyzed, and compiling
    /// one takes a hundred times as long as running it.
    package func withoutCompilation() -> PostgresConfiguration {
        var configuration = self
        configuration.settings["jit"] = "off"
        return configuration
    }
}
