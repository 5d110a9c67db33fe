import ArgumentParser
import LedgerJSON
import LedgerNotes
import LedgerStore
import Operations

struct ArchiveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "archive", abstract: "Copies of closed partitions of the log that can be verified by themselves.",
        subcommands: [Create.self, Verify.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write closed partitions as bundles of entries, each range with a signed manifest.",
            discussion: """
                A partition is written if it ends at or before --until and before the newest published checkpoint. Each becomes a \
                directory <first>-<last> with the bundles of C2SP tlog-tiles, the checkpoint with its signatures, and a manifest, \
                which comes last. A range that has its manifest is left as it is. Nothing in the database changes: this is a copy.

                The manifest is signed by a key of its own, which lies beside the signing key and is made when it is first needed. \
                Keep both printed keys: `archive verify` on another machine needs them.

                Example:
                  alpha-ledger archive create --until 16777216 --out /srv/archive
                """)

        @OptionGroup var options: SettingsOptions
        @Option(parsing: .unconditional, help: "The last position that may be written.", transform: Arguments.position)
        var until: Int64
        @Option(help: "The directory; it is made if it is absent.") var out: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await options.withLedger { ledger in
                let progress = ProgressLine()
                let created = try await auditing {
                    try await ledger.createArchive(until: until, directory: out) { progress.show("up to position \($0)") }
                }
                progress.end()
                if json {
                    let body = JSONNode.object([
                        ("directory", .string(out)), ("written", .array(created.written.map(\.node))),
                        ("kept", .array(created.kept.map(\.node))), ("log_key", .string(created.logKey.vkey)),
                        ("archive_key", .string(created.archiveKey.vkey)),
                    ])
                    Output.bytes(body.httpBytes() + [UInt8(ascii: "\n")])
                } else {
                    for range in created.kept { Output.line("kept         positions \(range.first) to \(range.last)") }
                    for range in created.written { Output.line("written      positions \(range.first) to \(range.last)") }
                    Output.line("log key      \(created.logKey.vkey)")
                    Output.line("archive key  \(created.archiveKey.vkey)")
                }
            }
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read every byte of an archive again, and compare it with the signed checkpoints in it.",
            discussion: """
                No database is asked. The leaves are hashed, and must be part of the tree whose signed checkpoint lies beside them. \
                Exits 1 where a range is wrong or there is none, and 4 where the directory can't be read.

                Example:
                  alpha-ledger archive verify /srv/archive --log-key VKEY --archive-key VKEY
                """)

        @Argument(help: "The directory.") var directory: String
        @Option(help: "The log's public key, as `archive create` prints it.") var logKey: String
        @Option(help: "The public key of the manifests, as `archive create` prints it.") var archiveKey: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let verifier = ArchiveVerifier(
                archiveKey: try Self.key(archiveKey, "--archive-key"), logKey: try Self.key(logKey, "--log-key"))
            let progress = ProgressLine()
            let report: ArchiveReport
            do {
                report = try verifier.verify(directory: directory) { progress.show("up to position \($0)") }
                progress.end()
            } catch {
                progress.end()
                throw Failure(code: 4, "\(error)")
            }
            if json {
                Output.bytes(report.node.httpBytes() + [UInt8(ascii: "\n")])
            } else {
                for range in report.verified {
                    Output.line("verified  positions \(range.first) to \(range.last), by the checkpoint of size \(range.checkpointSize)")
                }
            }
            if let fault = report.faults.first {
                let others = report.faults.count - 1
                throw Failure(code: 1, others == 0 ? fault : "\(fault) (and \(others) more)")
            }
        }

        private static func key(_ text: String, _ option: String) throws -> NoteVerifier {
            do { return try NoteVerifier(vkey: text) } catch { throw Failure(code: 2, "\(option): \(error)") }
        }
    }
}
