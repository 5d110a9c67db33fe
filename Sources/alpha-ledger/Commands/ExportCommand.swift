import ArgumentParser
import LedgerJSON
import LedgerValues
import Operations
import OptionTrades

struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write views, events and observations as files that other programs read.",
        subcommands: [Parquet.self, Verify.self])

    struct Parquet: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a view, the events or the observations as of a position as Parquet files.",
            discussion: """
                The directory takes its name when all of it is on disk; _manifest.json names the files, their digests and the digest of \
                the rows. The same position, program and options give the same bytes. `export verify` checks them without a ledger.

                A decimal that came from outside is a DECIMAL(28,10), a figure that was worked out a DECIMAL(38,10). A value that does not \
                fit ends the command, and names its row and column. Lists and objects are JSON texts.

                A destination s3://bucket/prefix is a bucket at AWS or at another store that speaks its protocol. The files are written on \
                this machine first, sent, and read back; an object is never replaced. The credentials are AWS_ACCESS_KEY_ID and \
                AWS_SECRET_ACCESS_KEY, or a file that its owner alone can read (AWS_SHARED_CREDENTIALS_FILE).

                --partition-by writes a directory for each value of a filter, of a column, or of a column's year, month or day (UTC), as in \
                trade_month.

                Examples:
                  alpha-ledger export parquet trades --as-of-position 40 --out trades
                  alpha-ledger export parquet outcomes --as-of-position 40 --partition-by trade_month --out outcomes --json
                  alpha-ledger export parquet events --as-of-position 40 --out events
                """)

        @OptionGroup var options: SettingsOptions
        @Argument(help: "A view, `events` or `observations`.", transform: Self.table) var table: ExportTable
        @Option(parsing: .unconditional, help: "What the ledger knew after this event.", transform: Arguments.position)
        var asOfPosition: Int64
        @Option(help: "The directory: a new name, or an empty directory. Or s3://bucket/prefix.") var out: String
        @Option(help: "Divide the rows by a filter, a column or a part of its dates.") var partitionBy: String?
        @Option(help: "Rows of a row group, as in 5000 or 128k; 128k (131072) where left out.", transform: Self.rowGroup)
        var rowGroup: Int?
        @Option(help: "v<N> or v<N>/c<M>, after <projection>@ or not: under that version's rules; as_served: under those promoted then.")
        var rules: String?
        @Option(help: "Days, or `expiry`, comma-separated, for outcomes.") var horizons: String?
        @OptionGroup(title: "Filters") var filters: Filters
        @Flag(help: "Print JSON: the manifest.") var json = false

        /// The filters of all tables. A table refuses those that it does not have.
        struct Filters: ParsableArguments {
            @Option(help: "Views of trades: the source.") var source: String?
            @Option(help: "Views of trades: the portfolio.") var portfolio: String?
            @Option(help: "Views of trades: the traded underlying.") var underlying: String?
            @Option(help: "The view's state.") var state: String?
            @Option(help: "The view's quality.") var quality: String?
            @Option(help: "Alignment and outcomes: the label.") var label: String?
            @Option(help: "Observations: the market.") var currency: String?
            @Option(help: "observations: the kind.") var kind: String?
            @Option(help: "events: the type.") var type: String?
            @Option(help: "events: the stream.") var stream: String?
            @Option(help: "From (inclusive): an instant, or a date at UTC midnight. For events, when they were recorded.") var from: String?
            @Option(help: "To (exclusive).") var to: String?

            var given: [(name: String, value: String)] {
                let all: [(String, String?)] = [
                    ("source", source), ("portfolio", portfolio), ("underlying", underlying), ("state", state), ("quality", quality),
                    ("label", label), ("currency", currency), ("kind", kind), ("type", type), ("stream", stream), ("from", from),
                    ("to", to),
                ]
                return all.compactMap { name, value in value.map { (name, $0) } }
            }
        }

        private static func table(_ text: String) throws -> ExportTable {
            guard let table = ExportTable.named(text) else {
                let names = ["events", "observations"] + View.all.map(\.name)
                throw ValidationError("expected one of \(names.joined(separator: ", "))\(Suggestion.question(text, among: names))")
            }
            return table
        }

        private static func rowGroup(_ text: String) throws -> Int {
            let folded = text.asciiFolded
            let unit = folded.hasSuffix("k") ? 1 << 10 : folded.hasSuffix("m") ? 1 << 20 : 1
            let digits = unit == 1 ? folded : String(folded.dropLast())
            guard let count = Int(digits), 1...1 << 24 ~= count, count * unit <= 1 << 24, !digits.hasPrefix("+") else {
                throw ValidationError("expected 1 to 16m rows, as in 5000 or 128k")
            }
            return count * unit
        }

        func run() async throws {
            let settings = try options.settings()
            let bucket = try ExportedObjects(out, settings)
            let staging = try bucket.map { _ in try StagingDirectory() }
            defer { staging?.remove() }
            var request = ParquetExport(
                table: table, asOfPosition: asOfPosition, directory: staging?.path("export") ?? out,
                program: AlphaLedger.program)
            request.filters = filters.given
            request.partitionBy = partitionBy
            request.horizons = horizons
            if let rowGroup { request.rowGroup = rowGroup }
            if let rules {
                guard case .view(let view) = table else {
                    throw Failure(code: 2, "--rules: expected a view, and \(table.name) have no rules")
                }
                request.rules = try RulesChoice(parsing: rules, projection: view.projection)
            }
            let settled = request
            try await options.withLedger(settings) { ledger in
                let progress = ProgressLine()
                let manifest = try await exporting {
                    let manifest = try await ledger.exportParquet(settled) { progress.show("\($0) rows") }
                    try await bucket?.send(manifest, in: settled.directory) { progress.show("\($0) of \(manifest.files.count) files sent") }
                    return manifest
                }
                progress.end()
                if json { return Output.bytes(manifest.encode()) }
                Output.line("directory  \(out)")
                Output.line("position   \(manifest.basis.position)")
                Output.line("root       \(manifest.basis.root)")
                Output.line("rows       \(manifest.rows)")
                Output.line("files      \(manifest.files.count), \(manifest.files.reduce(0) { $0 + $1.bytes }) bytes")
                Output.line("digest     \(manifest.digest)")
            }
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Verify exported files, without a ledger.",
            discussion: """
                Give a directory, or all files of an export. Every byte is checked: pages, footers, the manifest. The rows of all files are \
                merged by key: a row that is missing, or there twice, is refused. The digest of the rows, and for the events the root of \
                the log, are worked out anew; compare them with a receipt or a signed head. Exits 1 and names the file at fault.

                Examples:
                  alpha-ledger export verify trades
                  alpha-ledger export verify events --json
                """)

        @OptionGroup var options: SettingsOptions
        @Argument(help: "Files, directories with them, or one s3://bucket/prefix.") var files: [String]
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let progress = ProgressLine()
            let settings = try options.settings()
            var files = files
            var staging: StagingDirectory?
            defer { staging?.remove() }
            if let bucket = try files.first.flatMap({ try ExportedObjects($0, settings) }) {
                guard files.count == 1 else { throw Failure(code: 2, "expected one s3://bucket/prefix and nothing else") }
                let directory = try StagingDirectory()
                staging = directory
                try await exporting { try await bucket.fetch(into: directory.path("export")) { progress.show("\($0) files read") } }
                files = [directory.path("export")]
            }
            let report: ExportReport
            do {
                report = try ExportVerifier.verify(files) { progress.show("\($0) rows") }
            } catch {
                throw Failure(code: 2, "\(error)")
            }
            progress.end()
            if json {
                Output.bytes(report.node.httpBytes() + [UInt8(ascii: "\n")])
            } else {
                if let basis = report.basis {
                    Output.line("ledger    \(basis.ledgerID)")
                    Output.line("table     \(basis.table)\(basis.version.map { " \($0)" } ?? "")\(basis.isComplete ? "" : ", filtered")")
                    Output.line("position  \(basis.position)")
                }
                Output.line("files     \(report.files)")
                Output.line("rows      \(report.rows)")
                report.digest.map { Output.line("digest    \($0)") }
                report.root.map { Output.line("root      \($0)") }
                if report.isVerified { Output.line("verified") }
            }
            if report.isVerified { return }
            throw Failure(code: 1, report.faults.map(\.description).joined(separator: "; "))
        }
    }
}

/// Gives errors of exporting their exit codes.
private func exporting<T>(_ body: () async throws -> T) async throws -> T {
    do {
        return try await body()
    } catch let error as ExportError {
        throw Failure(code: error.exitCode, "\(error)")
    } catch let error as BundleError {
        throw Failure(code: error.exitCode, "\(error)")
    }
}

extension ExportReport {
    fileprivate var node: JSONNode {
        func text(_ value: String?) -> JSONNode { value.map(JSONNode.string) ?? .null }
        return .object([
            ("verified", .bool(isVerified)), ("table", text(basis?.table)), ("ledger_id", text(basis?.ledgerID)),
            ("position", basis.map { .integer($0.position) } ?? .null), ("complete", basis.map { .bool($0.isComplete) } ?? .null),
            ("files", .integer(Int64(files))), ("rows", .integer(rows)), ("digest", text(digest)), ("root_hash", text(root)),
            ("manifest", .bool(hasManifest)),
            (
                "faults",
                .array(faults.map { .object([("file", text($0.file)), ("problem", .string($0.problem))]) })
            ),
        ])
    }
}
