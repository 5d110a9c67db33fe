import ArgumentParser
import EmbeddedPostgres
import LedgerJSON
import LedgerPostgres
import LedgerStore
import Logging
import Operations
import OptionTrades

extension DatabaseCommand {
    struct Partition: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Divide the log's table into partitions by position.",
            discussion: """
                Others go on reading and appending. Safe to repeat: a run that was stopped is continued by the next one, and a log \
                that is partitioned stays as it is. There is no way back. From then on event ids and streams are kept unique by two \
                tables of their own, which makes an append in large batches dearer; the next partition is made by whoever appends, \
                when a tenth of the last one is left.

                Views over ledger.events are made again. Anything else that depends on the table is named, and nothing is changed \
                (exit 3). The connection's user is the one of `db migrate`.

                Example:
                  DATABASE_URL=postgresql://owner@db/ledger alpha-ledger db partition
                """)

        @OptionGroup var options: SettingsOptions
        @Option(help: "The number of positions of a partition, a multiple of 65536.") var size: Int64 = LogPartition.standardSize
        @Flag(help: "Print JSON.") var json = false

        func validate() throws {
            guard size >= LogPartition.unit, size % LogPartition.unit == 0 else {
                throw ValidationError("--size: expected a multiple of \(LogPartition.unit), found \(size)")
            }
        }

        func run() async throws {
            let settings = try options.settings()
            let migrator = Migrator(try SettingsOptions.resources().files.migrations(), TradeLedger.names)
            let (uri, embedded) = try await Ledger.server(settings, Logger(label: "alpha-ledger"))
            let partitions: [LogPartition]
            let progress = ProgressLine()
            do {
                partitions = try await Ledger.partition(uri, migrator, size: size) { done, all in
                    progress.show("\(done) of \(all) identities")
                }
                progress.end()
                await embedded?.stop()
            } catch {
                progress.end()
                await embedded?.stop()
                throw error
            }
            if json {
                let body = JSONNode.object([("partitions", .array(partitions.map(\.node)))])
                Output.bytes(body.httpBytes() + [UInt8(ascii: "\n")])
            } else {
                for partition in partitions {
                    Output.line("ledger.\(partition.table): positions \(partition.first) to \(partition.last)")
                }
            }
        }
    }
}
