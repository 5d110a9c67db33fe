import ArgumentParser
import LedgerJSON
import LedgerNotes
import LedgerValues
import Operations

extension AuditCommand {
    struct Tiles: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write the log as plain files that any web server can publish.",
            discussion: """
                The files are those of C2SP tlog-tiles, byte for byte what the service answers below /tlog/. Signs the head, unless \
                --until is given. A later run adds what is new; the checkpoint takes its place when all else is on disk. Exits 1, \
                with nothing written, where the directory holds another log or a larger one.

                Content: checkpoint is the signed head alone, hashes has the tiles of the tree, and all has the events too. Hashes \
                are no anonymity: whoever holds one event can confirm guesses on its neighbours.

                Examples:
                  alpha-ledger audit tiles --out log --content all
                  alpha-ledger audit tiles --out /srv/www/log --content hashes --public --json
                """)

        @OptionGroup var options: SettingsOptions
        @Option(help: "The directory; it is made if it is absent.") var out: String
        @Option(help: "What to write.") var content: TileContent
        @Option(
            parsing: .unconditional, help: "Write the newest published checkpoint of at most this size; nothing is signed.",
            transform: Arguments.position)
        var until: Int64?
        @Flag(help: "Let everybody on this machine read the files: modes 0644 and 0755 instead of 0600 and 0700.") var `public` = false
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await options.withLedger { ledger in
                let progress = ProgressLine()
                let exported = try await auditing {
                    try await ledger.exportTiles(
                        TileExport(directory: out, content: content, until: until, isPublic: `public`)
                    ) { done, size in progress.show("\(done) of \(size) leaves") }
                }
                progress.end()
                let checkpoint = exported.checkpoint
                if json {
                    let body = JSONNode.object([
                        ("directory", .string(out)), ("content", .string(content.rawValue)), ("origin", .string(checkpoint.origin)),
                        ("size", .integer(checkpoint.size)), ("root_hash", .string(checkpoint.root.description)),
                        ("files_written", .integer(Int64(exported.written))),
                        ("faults", .array(exported.faults.map { .string("\($0)") })),
                    ])
                    Output.bytes(body.httpBytes() + [UInt8(ascii: "\n")])
                } else {
                    Output.line("origin  \(checkpoint.origin)")
                    Output.line("size    \(checkpoint.size)")
                    Output.line("root    \(checkpoint.root)")
                    Output.line("files   \(exported.written) written")
                }
                if let fault = exported.faults.first {
                    let others = exported.faults.count - 1
                    throw Failure(code: 1, others == 0 ? "\(fault)" : "\(fault) (and \(others) more)")
                }
            }
        }
    }
}

extension TileContent: ExpressibleByArgument {}
