import LedgerPostgres
import LedgerStore
import OptionTrades

extension Ledger {
    /// Lets a login read what auditors read in a database, as the URI's own user.
    package static func grantAuditor(_ login: String, _ uri: String) async throws {
        let connection = try await PostgresConnection.open(
            PostgresConfiguration(uri: uri, applicationName: "alpha-ledger grant-auditor"))
        do {
            try await connection.run { session in try AuditorLogin(login, TradeLedger.names).grant(session) }
            await connection.close()
        } catch {
            await connection.close()
            throw error
        }
    }
}
