import ArgumentParser
import EmbeddedPostgres
import LedgerJSON
import LedgerStore
import Logging
import Operations
import OptionTrades

extension DatabaseCommand {
    struct GrantAuditor: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "grant-auditor", abstract: "Let a login read what auditors read, and nothing else.",
            discussion: """
                The login becomes a member of alpha_ledger_auditor: it may read the schema audit and the views of the schema \
                projection. In this database its transactions are read-only and a statement ends after 60 seconds. PUBLIC loses \
                the right to make temporary tables in the database. A superuser, a member of the service's roles, and a login \
                that could write or read more are refused, and nothing is changed.

                The connection's user needs CREATEROLE and must own the database. The login must exist.

                Example:
                  DATABASE_URL=postgresql://owner@db/ledger alpha-ledger db grant-auditor alice
                """)

        @OptionGroup var options: SettingsOptions
        @Argument(help: "The role that logs in.") var login: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let settings = try options.settings()
            let (uri, embedded) = try await Ledger.server(settings, Logger(label: "alpha-ledger"))
            do {
                try await Ledger.grantAuditor(login, uri)
                await embedded?.stop()
            } catch {
                await embedded?.stop()
                throw error
            }
            if json {
                let body = JSONNode.object([
                    ("login", .string(login)), ("role", .string(TradeLedger.names.auditorRole)),
                    ("statement_timeout_s", .integer(Int64(AuditorLogin.timeoutSeconds))),
                ])
                Output.bytes(body.httpBytes() + [UInt8(ascii: "\n")])
            } else {
                Output.line("\(login) may read the schema audit and the views of the schema projection")
            }
        }
    }
}
