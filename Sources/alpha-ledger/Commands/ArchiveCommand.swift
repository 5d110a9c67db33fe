import ArgumentParser
import LedgerJSON
import LedgerNotes
import LedgerStore
import Operations

struct ArchiveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "archive", abstract: "Copies of closed partitions of the log that can be verified by themselves.",
        subcommands: [Create.self, Verify.self, Detach.self, Attach.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write closed partitions as bundles of entries and as Parquet, each range with a signed manifest.",
            discussion: """
                A partition is written if it ends at or before --until and before the newest published checkpoint. Each becomes a \
                directory <first>-<last> with the bundles of C2SP tlog-tiles, the same events as Parquet, the checkpoint with its \
                signatures, and a manifest, which comes last. A range that has its manifest is left as it is. Nothing in the database \
                changes: this is a copy.

                --out is a directory, or s3://bucket/prefix with the settings of `export parquet`. An object is never replaced: a run \
                that was interrupted goes on where it was. What a range has as Parquet lies in $TMPDIR before it is sent.

                The manifest is signed by a key of its own, which lies beside the signing key and is made when it is first needed. \
                Keep both printed keys: `archive verify` on another machine needs them.

                Example:
                  alpha-ledger archive create --until 16777216 --out /srv/archive
                  alpha-ledger archive create --until 16777216 --out s3://bucket/ledger
                """)

        @OptionGroup var options: SettingsOptions
        @Option(parsing: .unconditional, help: "The last position that may be written.", transform: Arguments.position)
        var until: Int64
        @Option(help: "The directory, which is made if it is absent, or s3://bucket/prefix.") var out: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await options.withLedger { ledger in
                let progress = ProgressLine()
                let created = try await archiving(progress) {
                    try await ledger.createArchive(until: until, in: out, program: AlphaLedger.program) {
                        progress.show("up to position \($0)")
                    }
                }
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
                No database is asked. The leaves are hashed, and must be part of the tree whose signed checkpoint lies beside them. The \
                Parquet files must have the same events. Exits 1 where a range is wrong or there is none, and 4 where the place can't \
                be read. The Parquet files of a range in S3 lie in $TMPDIR while they are read.

                Example:
                  alpha-ledger archive verify /srv/archive --log-key VKEY --archive-key VKEY
                  alpha-ledger archive verify s3://bucket/ledger --log-key VKEY --archive-key VKEY
                """)

        @OptionGroup var options: SettingsOptions
        @Argument(help: "The directory, or s3://bucket/prefix.") var place: String
        @Option(help: "The log's public key, as `archive create` prints it.") var logKey: String
        @Option(help: "The public key of the manifests, as `archive create` prints it.") var archiveKey: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let verifier = ArchiveVerifier(
                archiveKey: try Self.key(archiveKey, "--archive-key"), logKey: try Self.key(logKey, "--log-key"))
            let (place, settings) = (place, try options.settings())
            let progress = ProgressLine()
            let report = try await archiving(progress) {
                try await verifier.verify(place, settings) { progress.show("up to position \($0)") }
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

    struct Detach: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take the payloads of a closed partition out of the log's table: they are read from its archives from then on.",
            discussion: """
                Needs two copies that `archive create` wrote, on different devices or in different buckets. Every byte of both is read \
                and compared with signed checkpoints first, and the partition's events are hashed anew and compared with them. The \
                places are recorded: every program that reads the ledger must be able to read them there, a bucket with credentials \
                of its own environment.

                The table of the partition becomes ledger.detached_<first position> and stays; nothing is dropped. A table of headers \
                takes its place. Reads of payloads of the range are slower from then on, and fail with archive_unreachable (exit 4) \
                while neither copy can be read. The connection's user is the one of `db migrate`. `archive attach` is the way back.

                Example:
                  alpha-ledger archive detach --range 1-16777216 --copy /srv/archive --copy s3://bucket/ledger --yes
                """)

        @OptionGroup var options: SettingsOptions
        @Option(help: "The positions of the partition, FIRST-LAST.", transform: Arguments.range) var range: ClosedRange<Int64>
        @Option(name: .customLong("copy"), help: "The directory of a copy, or s3://bucket/prefix; twice.") var copies: [String] = []
        @Flag(help: "The payloads are to leave the log's table.") var yes = false
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            guard yes else {
                throw Failure(
                    code: 2, "--yes: expected, because from then on the payloads of the range are read from its archives alone")
            }
            try await options.withLedger { ledger in
                let progress = ProgressLine()
                let detached = try await archiving(progress) {
                    try await ledger.detachArchive(range.lowerBound, range.upperBound, copies: copies) {
                        progress.show("up to position \($0)")
                    }
                }
                if json {
                    let body = JSONNode.object([
                        ("first_position", .integer(detached.first)), ("last_position", .integer(detached.last)),
                        ("copies", .array(detached.copies.map(JSONNode.string))),
                    ])
                    Output.bytes(body.httpBytes() + [UInt8(ascii: "\n")])
                } else {
                    Output.line("detached  positions \(detached.first) to \(detached.last)")
                    for copy in detached.copies { Output.line("copy      \(copy)") }
                    Output.line("kept      ledger.detached_\(detached.first)")
                }
            }
        }
    }

    struct Attach: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Bring the payloads of a detached range back into the log's table.",
            discussion: """
                The table that was detached comes back. If it is gone, one is made from the copies. Either way every event is hashed anew, \
                and the range must be part of the newest published checkpoint. The connection's user is the one of `db migrate`.

                Example:
                  alpha-ledger archive attach --range 1-16777216
                """)

        @OptionGroup var options: SettingsOptions
        @Option(help: "The positions of the range, FIRST-LAST.", transform: Arguments.range) var range: ClosedRange<Int64>
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await options.withLedger { ledger in
                let progress = ProgressLine()
                let isMade = try await archiving(progress) {
                    try await ledger.attachArchive(range.lowerBound, range.upperBound) { progress.show("up to position \($0)") }
                }
                if json {
                    let body = JSONNode.object([
                        ("first_position", .integer(range.lowerBound)), ("last_position", .integer(range.upperBound)),
                        ("from", .string(isMade ? "archive" : "table")),
                    ])
                    Output.bytes(body.httpBytes() + [UInt8(ascii: "\n")])
                } else {
                    let source = isMade ? "from an archive" : "the table that was detached"
                    Output.line("attached  positions \(range.lowerBound) to \(range.upperBound), \(source)")
                }
            }
        }
    }
}

/// Ends the progress line, and gives an archive that can't be read its exit code.
private func archiving<T>(_ progress: ProgressLine, _ body: () async throws -> T) async throws -> T {
    do {
        let value = try await auditing(body)
        progress.end()
        return value
    } catch {
        progress.end()
        if error is ArchiveSourceError { throw Failure(code: 4, "\(error)") }
        throw error
    }
}
