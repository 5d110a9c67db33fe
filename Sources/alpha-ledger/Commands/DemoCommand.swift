import API
import Amberdata
import ArgumentParser
import Glibc
import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerStore
import LedgerValues
import Operations
import OptionTrades
import SampleScope

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Sync the bundled sample scope over real HTTP, enrich it, project it, show it, serve it.",
        discussion: """
            Starts an embedded Postgres (or uses DATABASE_URL), a sample feed and sample quotes on loopback, a real \
            full-scope sync, an import of sample market observations, all backfills and the projections, then serves them \
            until a signal comes. A second run appends nothing but how its sync ended. Configured upstreams are not asked.

            Examples:
              alpha-ledger demo --once
              alpha-ledger demo --once --json
              alpha-ledger demo --port 9000
            """)

    @OptionGroup var options: SettingsOptions
    @Flag(help: "Stop after the summary.") var once = false
    @Flag(help: "Print the summary as JSON.") var json = false
    @Option(help: "Address to serve on.") var host: String?
    @Option(help: "Port to serve on, 0 for any free one.") var port: Int?

    func validate() throws {
        if let port, !(0...65535 ~= port) { throw ValidationError("--port: expected 0 to 65535") }
    }

    func run() async throws {
        var settings = try options.settings()
        let address = host ?? settings.host
        if !once {
            try LedgerService.check(host: address, settings)
            try LedgerService.checkFree(host: address, port: port ?? settings.port)
        }
        // The demo contacts only its own servers, regardless of the configuration.
        var generator = SystemRandomNumberGenerator()
        let key = UniqueID(random: &generator).description
        let feed = try await SampleFeedServer.start(feed: .sample, apiKey: key)
        let quotes = try await SampleQuoteServer.start(apiKey: key)
        settings.values["ALPHA_TRADE_FEED_URL"] = feed.url
        settings.values["ALPHA_TRADE_FEED_API_KEY"] = key
        settings.values["ALPHA_TRADE_FEED_PORTFOLIOS"] = SampleScope.portfolios.joined(separator: ",")
        settings.values["ALPHA_TRADE_FEED_INCLUDE_PENDING"] = nil
        settings.values["AMBERDATA_BASE_URL"] = quotes.baseURL
        settings.values["AMBERDATA_API_KEY"] = key
        let chosen = settings
        let result: Result<Void, any Error>
        do {
            result = .success(
                try await options.withLedger(chosen, migration: .always) { ledger in
                    try await show(
                        ledger, try Ingestion.standard.open(chosen.values, SourceRequest()),
                        // A server of our own need not be spared.
                        AmberdataQuotes(
                            AmberdataConfiguration(baseURL: quotes.baseURL, apiKey: key, maximumRequestsPerSecond: 10_000)))
                    if !once {
                        try await serve(ledger, host: address, port: port ?? chosen.port, runsProjectors: true)
                    }
                })
        } catch {
            result = .failure(error)
        }
        await feed.stop()
        await quotes.stop()
        try result.get()
    }

    /// Runs a real full-scope sync of the sample, enriches and projects it, and prints the result.
    private func show(
        _ ledger: Ledger, _ source: any ExecutionSource, _ quotes: any QuoteSource
    ) async throws {
        let summary = try await runSync(ledger, source, SyncOptions(apply: true, fullScope: true)).summary
        let observations = try await importSample(ledger, SampleMarketData.lines())
        let choice = QuoteChoice.vendor(quotes)
        let progress = ProgressLine()
        let backfills = [
            try await ContextBackfill(ledger: ledger).run(ContextBackfillOptions(apply: true)),
            try await BenchmarksBackfill(ledger: ledger, quotes: choice) { progress.show("benchmarks: \($0.done) of \($0.of)") }
                .run(BenchmarksBackfillOptions(apply: true)),
            try await MarksBackfill(ledger: ledger, quotes: choice) { progress.show("marks: \($0.done) of \($0.of)") }
                .run(MarksBackfillOptions(apply: true)),
        ]
        progress.end()
        let series = try await importSample(ledger, SampleMarketSeries.lines())
        try await ledger.bringUpToDate(ledger.registry.names)
        let report = try await DemoReport.read(ledger, summary, observations, series, backfills)
        if json { Output.bytes(report.node.httpBytes() + [UInt8(ascii: "\n")]) } else { report.show() }
        Output.flush()
    }

    /// Imports observations of the sample from a file, in the way of a user.
    private func importSample(_ ledger: Ledger, _ lines: [UInt8]) async throws -> ImportSummary {
        let file = "\(ledger.temporaryDirectory)/alpha-ledger-observations-\(ledger.newID()).ndjson"
        defer { unlink(file) }
        guard let handle = fopen(file, "w") else {
            throw Failure(code: 1, "the sample's observations can't be written to \(file)")
        }
        let written = fwrite(lines, 1, lines.count, handle)
        guard fclose(handle) == 0, written == lines.count else {
            throw Failure(code: 1, "the sample's observations can't be written to \(file)")
        }
        return try await importObservations(ledger, [file], ObservationImportOptions(apply: true))
    }
}

/// The demo's output: the run, the log, and each projection.
private struct DemoReport {
    let summary: RunSummary
    let head: LogHead
    let root: Digest32
    let projections: [ProjectionVerifier.Verification]
    let observations: ImportSummary
    /// The observations that no backfill reads.
    let series: ImportSummary
    let backfills: [BackfillSummary]
    let views: [ViewCounts]
    /// The rows of `sync_state`.
    let scopes: [JSONDocument]

    static func read(
        _ ledger: Ledger, _ summary: RunSummary, _ observations: ImportSummary, _ series: ImportSummary, _ backfills: [BackfillSummary]
    ) async throws -> DemoReport {
        var views: [ViewCounts] = []
        for (view, columns) in ViewCounts.counted { views.append(try await ViewCounts(ledger, view, columns)) }
        let scopes = try await ViewReader(ledger, isBounded: false).page(.syncState, ViewRequest())
        let (head, root) = try await ledger.head()
        return DemoReport(
            summary: summary, head: head, root: root, projections: try await ledger.verifyProjections(),
            observations: observations, series: series, backfills: backfills, views: views,
            scopes: try scopes.rows.map { try JSONDocument(parsing: $0) })
    }

    var node: JSONNode {
        .object([
            ("sync", summary.node),
            (
                "ledger",
                .object([
                    ("ledger_id", .string(head.ledgerID.description)), ("position", .integer(head.position)),
                    ("root_hash", .string(root.description)),
                ])
            ),
            ("projections", .array(projections.map(\.node))),
            ("observations", observations.node), ("series", series.node),
            ("backfills", .array(backfills.map(\.node))),
            ("views", .object(views.map { ($0.view.name, $0.node) })),
        ])
    }

    func show() {
        alpha_ledger.show(summary)
        Output.line("")
        for backfill in backfills {
            alpha_ledger.show(backfill)
            Output.line("")
        }
        for counts in views { counts.show() }
        showSyncState(scopes)
        Output.line("")
        Output.table(
            ["projection", "version", "position", "rows", "digest", "verified"],
            projections.map {
                [$0.name, $0.version, "\($0.position)", "\($0.rows)", String($0.storedDigest.prefix(16)) + "…", $0.matches ? "yes" : "NO"]
            }, rightAligned: [2, 3])
        Output.line("log: \(head.position) events, root \(root)")
    }
}
