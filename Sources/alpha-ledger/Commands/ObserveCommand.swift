import ArgumentParser
import LedgerEvents
import LedgerJSON
import MarketData
import Operations
import OptionTrades

struct ObserveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "observe", abstract: "Market observations.", subcommands: [ObserveImportCommand.self])
}

struct ObserveImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Bring files of market observations into the log; a dry run unless --apply.",
        discussion: """
            NDJSON with one object a line, or CSV (RFC 4180) with a header, named as the fields are: kind, then \
            those of the kind. Decimals are numbers or strings, timestamps have an offset, volatilities are vol points \
            (58.3 means 58.3 %) unless the line's unit or --unit says fraction. Kinds: \
            \(MarketKind.allCases.map(\.rawValue).joined(separator: ", ")).

            A bad line is left out and reported, the rest goes on, and the exit code is 1; --strict stores nothing \
            then. A run that dies is simply run again.

            Examples:
              alpha-ledger observe import btc.ndjson
              alpha-ledger observe import --apply --strict quotes.csv
              zcat btc.ndjson.gz | alpha-ledger observe import --apply -
            """)

    @OptionGroup var options: SettingsOptions
    @Argument(help: "Files; - is standard input.") var files: [String]
    @Flag(help: "Append; without it nothing is written.") var apply = false
    @Flag(help: "Store nothing where any line is bad.") var strict = false
    @Option(help: "ndjson or csv; by default csv for names that end in .csv, else ndjson.") var format: ImportFormat?
    @Option(help: "What volatilities are in lines without a unit: vol_points or fraction.")
    var unit: VolatilityUnit = .points
    @Option(help: "The kind of lines without a kind.") var kind: MarketKind?
    @Option(help: "Show at most this many bad lines.") var show = 20
    @Flag(help: "Print the summary as JSON.") var json = false

    func validate() throws {
        guard (0...1_000_000).contains(show) else { throw ValidationError("--show is a number from 0 to 1000000") }
        if files.isEmpty { throw ValidationError("name at least one file, or - for standard input") }
        if files.filter({ $0 == "-" }).count > 1 { throw ValidationError("standard input can be read once only") }
    }

    func run() async throws {
        let summary: ImportSummary
        do {
            summary = try await options.withLedger(writes: apply) { ledger in
                try await importObservations(
                    ledger, files,
                    ObservationImportOptions(
                        apply: apply, strict: strict, format: format, unit: unit, kind: kind, shownFaults: show))
            }
        } catch let error as ObservationImportError {
            switch error {
            case .unreadable(let problem): throw Failure(code: 2, problem)
            case .alreadyRunning: throw Failure(code: 3, "\(error)")
            }
        }
        if json {
            Output.bytes(summary.node.httpBytes() + [UInt8(ascii: "\n")])
        } else {
            Self.show(summary)
        }
        if summary.rejected > 0 { throw ExitCode(1) }
    }

    /// Prints the summary as text. Bad lines go to standard error.
    private static func show(_ summary: ImportSummary) {
        for fault in summary.faults {
            Output.errorText(Output.escaped("\(fault.file):\(fault.line): \(fault.reason)"))
        }
        let hidden = summary.rejected - summary.faults.count
        if hidden > 0 { Output.errorText("and \(hidden) more bad lines") }
        Output.line("\(summary.dryRun ? "dry run" : "run") \(summary.runID)")
        Output.line(
            "read \(summary.lines) lines: accepted \(summary.lines - summary.rejected), rejected \(summary.rejected)")
        if summary.isRefused && !summary.dryRun {
            Output.line("nothing was stored: --strict, and a line is bad")
            return
        }
        let rows = MarketKind.allCases.compactMap { kind in
            summary.byKind[kind].map { [kind.rawValue, "\($0.inserted)", "\($0.superseding)", "\($0.unchanged)"] }
        }
        if !rows.isEmpty { Output.table(["kind", "new", "superseding", "unchanged"], rows, rightAligned: [1, 2, 3]) }
        if summary.dryRun { Output.line("nothing was written; --apply appends") }
    }
}

/// Runs an import with progress on a terminal.
func importObservations(
    _ ledger: Ledger, _ files: [String], _ options: ObservationImportOptions
) async throws -> ImportSummary {
    let progress = ProgressLine()
    let operation = ObservationImport(
        pool: ledger.pool, log: ledger.log, configuration: ledger.serviceConfiguration,
        temporaryDirectory: ledger.temporaryDirectory
    ) { step in
        let share = step.totalBytes > 0 ? step.bytes * 100 / step.totalBytes : 100
        let verb = step.phase == .checking ? "checked" : options.apply ? "imported" : "compared"
        progress.show("\(verb) \(step.lines) lines, \(share) %")
    }
    defer { progress.end() }
    return try await operation.run(files, options)
}

extension ImportFormat: ExpressibleByArgument {}
extension VolatilityUnit: ExpressibleByArgument {}
extension MarketKind: ExpressibleByArgument {}
