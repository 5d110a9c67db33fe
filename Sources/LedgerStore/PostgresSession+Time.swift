package import LedgerPostgres
package import LedgerValues

extension PostgresSession {
    /// The database's clock; nil if it shows an instant outside the years 1970…2199.
    package func clock() throws -> Instant? {
        Instant(microseconds: try execute("SELECT clock_timestamp()")[0].timestamptz(0))
    }

    /// Cancels every later statement of the open transaction that takes longer.
    package func limitStatements(milliseconds: Int) throws {
        _ = try execute("SELECT set_config('statement_timeout', $1, true)", [.text("\(milliseconds)")])
    }
}
