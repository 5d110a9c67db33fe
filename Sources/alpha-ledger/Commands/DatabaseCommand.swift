import ArgumentParser
import EmbeddedPostgres
import LedgerEvents
import LedgerJSON
import LedgerStore
import LedgerValues
import Logging
import Operations
import OptionTrades

struct DatabaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "db", abstract: "The database: migrations, status, partitions and auditors.",
        subcommands: [Migrate.self, Status.self, Partition.self, GrantAuditor.self])

    struct Migrate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Apply missing migrations.",
            discussion: """
                The connection's user needs CREATEROLE and the right to create schemas. Forward only; safe to repeat. An \
                embedded server is migrated by every command.

                Example:
                  DATABASE_URL=postgresql://owner@db/ledger alpha-ledger db migrate
                """)

        @OptionGroup var options: SettingsOptions
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let settings = try options.settings()
            let migrator = Migrator(try SettingsOptions.resources().files.migrations(), TradeLedger.names)
            let (uri, embedded) = try await Ledger.server(settings, Logger(label: "alpha-ledger"))
            let applied: [Int]
            do {
                applied = try await Ledger.migrate(uri, migrator, Logger(label: "alpha-ledger"))
                await embedded?.stop()
            } catch {
                await embedded?.stop()
                throw error
            }
            if json {
                let body = JSONNode.object([
                    ("applied", .array(applied.map { .integer(Int64($0)) })),
                    ("schema_version", .integer(Int64(migrator.latest))),
                ])
                Output.bytes(body.httpBytes() + [UInt8(ascii: "\n")])
            } else {
                Output.line(
                    applied.isEmpty
                        ? "schema version \(migrator.latest): nothing to do"
                        : "schema version \(migrator.latest): applied \(applied.map(String.init).joined(separator: ", "))")
            }
        }
    }

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the schema version, the head, what a commit is worth and how psql gets in.",
            discussion: """
                An embedded server runs for as long as a program uses it: psql needs `serve` or `demo` beside it.

                Examples:
                  alpha-ledger db status
                  alpha-ledger db status --json
                """)

        @OptionGroup var options: SettingsOptions
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let settings = try options.settings()
            let migrator = Migrator(try SettingsOptions.resources().files.migrations(), TradeLedger.names)
            let (uri, embedded) = try await Ledger.server(settings, Logger(label: "alpha-ledger"))
            let status: DatabaseStatus
            do {
                status = try await DatabaseStatus.read(uri, migrator)
                await embedded?.stop()
            } catch {
                await embedded?.stop()
                throw error
            }
            if json {
                Output.bytes(status.node.httpBytes() + [UInt8(ascii: "\n")])
                return
            }
            Output.line("schema version  \(status.schemaVersion) of \(migrator.latest)")
            if let head = status.head {
                Output.line("ledger          \(head.ledgerID)")
                Output.line("head            \(head.position)\(head.recordedAt.map { ", recorded at \($0)" } ?? "")")
            }
            let durability = status.durability
            Output.line(
                "durability      fsync \(durability.fsync ? "on" : "off"), full_page_writes \(durability.fullPageWrites ? "on" : "off"), synchronous_commit \(durability.synchronousCommit)"
            )
            if !durability.synchronousStandbyNames.isEmpty {
                Output.line("waits for       \(durability.synchronousStandbyNames)")
            }
            for standby in durability.standbys {
                let words = [standby.name, standby.state, standby.syncState].map { $0 ?? "unknown" }
                Output.line("standby         \(words.joined(separator: ", "))")
            }
            for problem in durability.problems { Output.line("problem         \(problem)") }
            for partition in status.partitions {
                let place = partition.isDetached ? ", payloads in archives" : ""
                Output.line("partition       ledger.\(partition.table): positions \(partition.first) to \(partition.last)\(place)")
            }
            let words = status.connection.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: " ")
            Output.line("psql            '\(words)'")
        }
    }
}
