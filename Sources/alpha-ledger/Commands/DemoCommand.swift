import API
import AlphaFeed
import ArgumentParser
import Events
import JSON
import Operations
import Postgres
import PostgresStore
import Projections
import SampleScope
import Values

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Sync the bundled sample scope over real HTTP, project it, show it, serve it.",
        discussion: """
            Starts an embedded Postgres (or uses DATABASE_URL), a sample feed on loopback, a real full-scope sync, and the \
            projections, then serves them until a signal comes. A second run inserts and updates nothing. A configured \
            feed is not asked.

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
        if !once { try LedgerService.check(host: address, settings) }
        // The demo's own feed is the only one that it asks, whatever is configured.
        var generator = SystemRandomNumberGenerator()
        let key = UniqueID(random: &generator).description
        let feed = try await SampleFeedServer.start(feed: .sample, apiKey: key)
        settings.feedURL = feed.url
        settings.feedKey = key
        settings.portfolios = SampleScope.portfolios
        settings.includePending = false
        let chosen = settings
        let result: Result<Void, any Error>
        do {
            result = .success(
                try await options.withLedger(chosen, migration: .always) { ledger in
                    try await show(ledger, AlphaFeedConfiguration(url: feed.url, apiKey: key))
                    if !once {
                        try await serve(ledger, host: address, port: port ?? chosen.port, runsProjectors: true)
                    }
                })
        } catch {
            result = .failure(error)
        }
        await feed.stop()
        try result.get()
    }

    /// A real full-scope sync of the sample, projected and printed.
    private func show(_ ledger: Ledger, _ feed: AlphaFeedConfiguration) async throws {
        let scope = try FeedScope(portfolios: SampleScope.portfolios)
        let summary = try await runSync(
            ledger, AlphaFeedClient(feed), scope, SyncOptions(apply: true, fullScope: true))
        try await ledger.bringUpToDate(ledger.registry.names)
        let report = try await DemoReport.read(ledger, summary)
        if json { Output.bytes(report.node.httpBytes() + [UInt8(ascii: "\n")]) } else { report.show() }
        Output.flush()
    }
}

/// What the demo shows: the run, the log, and each projection.
private struct DemoReport {
    let summary: RunSummary
    let head: LogHead
    let root: Digest32
    let projections: [ProjectionVerifier.Verification]
    let byStatus: [ByteKey: Int]
    let byFlag: [ByteKey: Int]
    let trades: Int
    /// The rows of `sync_state`.
    let scopes: [JSONDocument]

    static func read(_ ledger: Ledger, _ summary: RunSummary) async throws -> DemoReport {
        var byStatus: [ByteKey: Int] = [:]
        var byFlag: [ByteKey: Int] = [:]
        var trades = 0
        var request = ViewRequest()
        request.limit = ViewReader.maximumLimit
        repeat {
            let page = try await ViewReader(ledger).page(.trades, request)
            for row in page.rows {
                let root = try JSONDocument(parsing: row).root
                trades += 1
                byStatus[ByteKey(root["trade_status"]?.string ?? "?"), default: 0] += 1
                for flag in root["flags"]?.elements.compactMap(\.string) ?? [] { byFlag[ByteKey(flag), default: 0] += 1 }
            }
            request.cursor = page.nextCursor
        } while request.cursor != nil
        let scopes = try await ViewReader(ledger).page(.syncState, ViewRequest())
        let (head, root) = try await ledger.pool.run { session in
            let head = try LogReader().head(session)
            return (head, try LogReader().root(at: head.position, session))
        }
        return DemoReport(
            summary: summary, head: head, root: root, projections: try await ledger.verifyProjections(),
            byStatus: byStatus, byFlag: byFlag, trades: trades,
            scopes: try scopes.rows.map { try JSONDocument(parsing: $0) })
    }

    private static func counts(_ values: [ByteKey: Int]) -> JSONNode {
        .object(values.sorted { $0.key < $1.key }.map { ($0.key.text, .integer(Int64($0.value))) })
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
            (
                "trades",
                .object([
                    ("rows", .integer(Int64(trades))), ("by_status", Self.counts(byStatus)), ("by_flag", Self.counts(byFlag)),
                ])
            ),
        ])
    }

    func show() {
        alpha_ledger.show(summary)
        Output.line("")
        Output.line("trades: \(trades) rows")
        for (name, values) in [("status", byStatus), ("flag", byFlag)] {
            Output.table(
                [name, "trades"], values.sorted { $0.key < $1.key }.map { [$0.key.text, "\($0.value)"] }, rightAligned: [1])
        }
        Output.line("")
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
