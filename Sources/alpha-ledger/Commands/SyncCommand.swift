import ArgumentParser
import LedgerEvents
import LedgerJSON
import LedgerValues
import Operations
import OptionTrades

struct SyncCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync", abstract: "Bring the Alpha feed's rows into the log; a dry run unless --apply.",
        discussion: """
            All pages are fetched and checked before the first row is stored. A run that dies is simply run again.
            Needs ALPHA_TRADE_FEED_URL, ALPHA_TRADE_FEED_API_KEY and ALPHA_TRADE_FEED_PORTFOLIOS.

            Examples:
              alpha-ledger sync --full-scope
              alpha-ledger sync --apply
            """)

    @OptionGroup var options: SettingsOptions
    @Option(
        help: "The source to ask, one of \(Ingestion.executions.names); the first where left out.",
        completion: .list(Ingestion.executions.all.map(\.name)), transform: Arguments.source)
    var source: ExecutionSourceDefinition?
    @Option(name: .customLong("feed-url"), help: "The feed's export URL; goes over ALPHA_TRADE_FEED_URL.")
    var feedURL: String?
    @Option(help: "Comma-separated portfolios; goes over ALPHA_TRADE_FEED_PORTFOLIOS.") var portfolios: String?
    @Flag(help: "Append; without it nothing is written.") var apply = false
    @Flag(help: "Fetch the whole scope and compare it with the ledger.") var fullScope = false
    @Flag(help: "Ask for pending rows too.") var includePending = false
    @Flag(help: "Accept a watermark below the stored one; needs --full-scope.") var resetWatermark = false
    @Flag(help: "Name every row that is inserted, updated or rejected, not the first 100 of each.") var allRows = false
    @Flag(help: "Print the summary as JSON.") var json = false

    func validate() throws {
        if let problem = asked.problem { throw ValidationError("--reset-watermark needs --full-scope: \(problem)") }
    }

    private var asked: SyncOptions {
        SyncOptions(
            apply: apply, fullScope: fullScope, resetWatermark: resetWatermark, namedRows: allRows ? .max : RunRows.shown,
            actor: RunActor.commandLine)
    }

    func run() async throws {
        let settings = try options.settings()
        let request = SourceRequest(
            address: feedURL, portfolios: portfolios.map(SettingValues.list), includePending: includePending ? true : nil)
        let source = try (source ?? Ingestion.executions.standard).open(settings.values, request)
        let run = try await options.withLedger(settings, writes: apply) { ledger in
            try await runSync(ledger, source, asked)
        }
        if json {
            Output.bytes(run.node.httpBytes() + [UInt8(ascii: "\n")])
        } else {
            show(run.summary, run.rows, namesAllRows: allRows)
        }
    }
}

/// Runs a sync with progress on a terminal.
func runSync(_ ledger: Ledger, _ source: any ExecutionSource, _ options: SyncOptions) async throws -> SyncRun {
    let progress = ProgressLine()
    let operation = SyncOperation(ledger: ledger, source: source) { step in
        switch step {
        case .fetching(let pages, let rows): progress.show("fetched \(rows) rows in \(pages) pages")
        case .applying(let done, let total): progress.show("\(options.apply ? "stored" : "compared") \(done) of \(total) rows")
        }
    }
    defer { progress.end() }
    return try await operation.run(options)
}

/// Prints the run's summary as text.
///
/// - Parameter rows: the rows to name, if any
func show(_ summary: RunSummary, _ rows: RunRows? = nil, namesAllRows: Bool = false) {
    func counts(_ values: [ByteKey: Int]) -> String {
        values.sorted { $0.key < $1.key }.map { "\(Output.escaped($0.key.text)) \($0.value)" }.joined(separator: ", ")
    }
    Output.line("\(summary.dryRun ? "dry run" : "run") \(summary.runID), \(summary.scopeKey)\(summary.fullScope ? ", full scope" : "")")
    Output.line(
        "fetched \(summary.fetched) rows in \(summary.pages) pages: normalized \(summary.normalized), rejected \(summary.rejected)")
    Output.line(
        "inserted \(summary.inserted), updated \(summary.updated), unchanged \(summary.unchanged), stale \(summary.staleIgnored), duplicates \(summary.duplicates), missing \(summary.missing), reappeared \(summary.reappeared)"
    )
    if !summary.rejectedByReason.isEmpty { Output.line("rejected by reason: \(counts(summary.rejectedByReason))") }
    if let rows {
        showIDs("inserted", rows.inserted, of: summary.inserted)
        showIDs("updated", rows.updated, of: summary.updated)
        if !rows.rejected.isEmpty {
            Output.table(
                ["rejected", "reasons"], rows.rejected.map { [$0.sourceTradeID ?? "(no id)", $0.reasons.joined(separator: ", ")] })
            if summary.rejected > rows.rejected.count {
                Output.line("and \(summary.rejected - rows.rejected.count) more rejected rows: --all-rows names them")
            }
        }
    }
    if !summary.changedFields.isEmpty { Output.line("changed fields: \(counts(summary.changedFields))") }
    if !summary.unknownKeys.isEmpty { Output.line("unknown keys: \(counts(summary.unknownKeys))") }
    if summary.aheadOfWatermark > 0 { Output.line("ahead of the watermark: \(summary.aheadOfWatermark)") }
    if let comparison = summary.comparison {
        func ids(_ values: [String]) -> String {
            if values.isEmpty { return "none" }
            let shown = values.prefix(namesAllRows ? values.count : 10).map(Output.escaped).joined(separator: ", ")
            return values.count > 10 && !namesAllRows ? "\(shown) and \(values.count - 10) more (--all-rows)" : shown
        }
        Output.table(
            ["", "source", "local", "delta"],
            [
                ["rows", "\(comparison.sourceRows)", "\(comparison.localRows)", "\(comparison.sourceRows - comparison.localRows)"],
                ["quantity", "\(comparison.sourceQuantity)", "\(comparison.localQuantity)", "\(comparison.quantityDelta)"],
                ["premium USD"]
                    + [comparison.sourcePremiumUSD, comparison.localPremiumUSD, comparison.premiumDeltaUSD].map { Money.amount("\($0)") },
            ], rightAligned: [1, 2, 3])
        Output.line("unmatched source ids: \(ids(comparison.unmatchedSourceTradeIDs))")
        Output.line("unmatched local ids: \(ids(comparison.unmatchedLocalTradeIDs))")
    }
    Output.line("next watermark: \(summary.nextWatermark.map(\.description) ?? "none")")
    if summary.dryRun { Output.line("nothing was written; --apply appends") }
}

private func showIDs(_ verb: String, _ ids: [String], of count: Int) {
    if ids.isEmpty { return }
    let rest = count > ids.count ? " and \(count - ids.count) more (--all-rows)" : ""
    Output.line("\(verb) ids: \(ids.map(Output.escaped).joined(separator: ", "))\(rest)")
}
