import API
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
            full-scope sync, five intents through the bundled broker, an import of sample market observations, all backfills, a \
            capture of their last two hours, of chains and of bars, and the projections, then serves them until a signal comes. A \
            second run appends nothing but how its sync ended. Configured upstreams are not asked.

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
        try settings.loadKeys { readFile($0) }
        let address = host ?? settings.host
        if !once {
            try LedgerService.check(host: address, settings)
            try LedgerService.checkFree(host: address, port: port ?? settings.port)
        }
        // The demo contacts only its own servers, regardless of the configuration.
        let samples = try await Samples.start()
        for (name, value) in samples.servers.flatMap(\.settings) { settings.values[name] = value }
        let chosen = settings
        let result: Result<Void, any Error>
        do {
            result = .success(
                try await options.withLedger(chosen, migration: .always) { ledger in
                    try await show(
                        ledger, try samples.sources.map { try $0.open(chosen.values, SourceRequest()) }, samples.quotes,
                        samples.setNow)
                    if !once {
                        try await serve(ledger, host: address, port: port ?? chosen.port, runsProjectors: true)
                    }
                })
        } catch {
            result = .failure(error)
        }
        for server in samples.servers { await server.stop() }
        try result.get()
    }

    /// Runs a real full-scope sync of each sample, enriches and projects it, and prints the result.
    private func show(
        _ ledger: Ledger, _ sources: [any ExecutionSource], _ choice: QuoteChoice, _ setNow: [@Sendable (Instant) -> Void]
    ) async throws {
        var runs: [DemoReport.Run] = []
        for source in sources {
            let run = try await runSync(ledger, source, SyncOptions(apply: true, fullScope: true))
            runs.append((source.scope.source, run.summary))
        }
        let dispatched = try await DemoBroker.run(ledger)
        let observations = try await importSample(ledger, SampleMarketData.lines())
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
        let captured = try await capture(ledger)
        var chains = try await DemoChains.capture(ledger, setNow)
        try await ledger.bringUpToDate(ledger.registry.names)
        try await chains.recordFlow(ledger)
        try await ledger.bringUpToDate(ledger.registry.names)
        try await chains.readFeatures(ledger, position: try await ledger.head().head.position)
        let report = try await DemoReport.read(ledger, runs, dispatched, observations, series, captured, chains, backfills)
        if json { Output.bytes(report.node.httpBytes() + [UInt8(ascii: "\n")]) } else { report.show() }
        Output.flush()
    }

    /// Captures the sample's last two hours from its server, which has what was imported.
    private func capture(_ ledger: Ledger) async throws -> CaptureSummary {
        let series: [CaptureSeries] = [
            .ivSurface, .termStructure, .oi, .funding, .basis, .liquidations, .putCall, .volume, .prints,
        ]
        let midnight = CalendarDate(year: 2026, month: 2, day: 6).flatMap { Instant(startOf: $0) } ?? .maximum
        func captured(_ series: [CaptureSeries], hours: Int64) async throws -> CaptureSummary {
            try await ledger.capture(
                CaptureOptions(
                    series: series, currencies: ["BTC"], from: midnight.advanced(byMicroseconds: -hours * 3_600_000_000), to: midnight,
                    apply: true), from: try ledger.seriesSource(isOwnServer: true))
        }
        var summary = try await captured(series.filter { !$0.isDaily }, hours: 2)
        let daily = try await captured(series.filter(\.isDaily), hours: 24)
        summary.outcomes += daily.outcomes
        summary.calls += daily.calls
        return summary
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

/// The sample servers of all sources and of the first vendor that has one.
private struct Samples {
    private(set) var servers: [SampleServer] = []
    private(set) var sources: [ExecutionSourceDefinition] = []
    private(set) var quotes = QuoteChoice.log
    /// What sets the moment of the servers' chains.
    private(set) var setNow: [@Sendable (Instant) -> Void] = []

    static func start() async throws -> Samples {
        var samples = Samples()
        for source in Ingestion.executions.all {
            guard let start = source.sample else { continue }
            samples.servers.append(try await start())
            samples.sources.append(source)
        }
        if let start = Ingestion.quotes.lazy.compactMap(\.sample).first {
            let (server, source) = try await start()
            samples.servers.append(server)
            samples.quotes = .vendor(source)
        }
        for start in Ingestion.symbols.compactMap(\.sample) {
            let (server, setNow) = try await start()
            samples.servers.append(server)
            samples.setNow.append(setNow)
        }
        return samples
    }
}

/// The demo's output: the runs, the log, and each projection.
private struct DemoReport {
    typealias Run = (source: String, summary: RunSummary)

    /// A run of each source.
    let runs: [Run]
    let head: LogHead
    let root: Digest32
    let projections: [ProjectionVerifier.Verification]
    let dispatched: DemoBroker
    let observations: ImportSummary
    /// The observations that no backfill reads.
    let series: ImportSummary
    let captured: CaptureSummary
    let chains: DemoChains
    let backfills: [BackfillSummary]
    let views: [ViewCounts]
    /// The rows of `sync_state`.
    let scopes: [JSONDocument]

    static func read(
        _ ledger: Ledger, _ runs: [Run], _ dispatched: DemoBroker, _ observations: ImportSummary, _ series: ImportSummary,
        _ captured: CaptureSummary, _ chains: DemoChains, _ backfills: [BackfillSummary]
    ) async throws -> DemoReport {
        var views: [ViewCounts] = []
        for (view, columns) in ViewCounts.counted { views.append(try await ViewCounts(ledger, view, columns)) }
        let scopes = try await ViewReader(ledger, isBounded: false).page(.syncState, ViewRequest())
        let (head, root) = try await ledger.head()
        return DemoReport(
            runs: runs, head: head, root: root, projections: try await ledger.verifyProjections(),
            dispatched: dispatched, observations: observations, series: series, captured: captured, chains: chains,
            backfills: backfills, views: views,
            scopes: try scopes.rows.map { try JSONDocument(parsing: $0) })
    }

    var node: JSONNode {
        // The first source's run is called `sync`, that of another one `sync_<source>`.
        let syncs = runs.enumerated().map { ($0.offset == 0 ? "sync" : "sync_\($0.element.source)", $0.element.summary.node) }
        return .object(
            syncs + [
                (
                    "ledger",
                    .object([
                        ("ledger_id", .string(head.ledgerID.description)), ("position", .integer(head.position)),
                        ("root_hash", .string(root.description)),
                    ])
                ),
                ("projections", .array(projections.map(\.node))),
                ("orders", dispatched.node), ("observations", observations.node), ("series", series.node), ("capture", captured.node),
                ("chains", chains.node),
                ("backfills", .array(backfills.map(\.node))),
                ("views", .object(views.map { ($0.view.name, $0.node) })),
            ])
    }

    func show() {
        for run in runs {
            alpha_ledger.show(run.summary)
            Output.line("")
        }
        dispatched.show()
        Output.line("")
        for backfill in backfills {
            alpha_ledger.show(backfill)
            Output.line("")
        }
        let hours = captured.outcomes.reduce(0) { $0 + $1.captured }
        Output.line("captured \(hours) snapshots of \(captured.outcomes.count) series in \(captured.calls) calls")
        Output.line("")
        chains.show()
        Output.line("")
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
