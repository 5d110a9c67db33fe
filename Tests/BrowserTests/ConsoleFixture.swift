import API
import AlphaFeed
import Amberdata
import BrowserSupport
import Foundation
import LedgerJSON
import LedgerValues
import Logging
import Operations
import OptionTrades
import SampleScope
import Synchronization
import TestSupport
import Testing

/// A console over the sample scope: synced, enriched, folded, served with keys, and a browser to look at it.
struct RunningConsole: Sendable {
    @TaskLocal static var current: RunningConsole?

    let port: Int
    let feed: SampleFeedServer
    let browser: Browser

    var origin: String { "http://127.0.0.1:\(port)" }

    /// A page that has signed in by typing the key.
    func signedIn(_ key: String = "admin-key-of-tests") async throws -> BrowserPage {
        let page = try await browser.newPage()
        try await page.go("\(origin)/sign-in")
        try await page.type(key)
        try await page.leave { try await page.press("Enter") }
        return page
    }
}

/// Runs the tests of a suite over one console.
struct WithConsole: SuiteTrait, TestScoping {
    func provideScope(for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void) async throws {
        let feed = try await SampleFeedServer.start(feed: .sample, apiKey: "feed")
        let quotes = try await SampleQuoteServer.start(apiKey: "quotes")
        let result: Result<Void, any Error>
        do {
            result = .success(try await serve(feed, quotes, function))
        } catch {
            result = .failure(error)
        }
        await feed.stop()
        await quotes.stop()
        try result.get()
    }

    private func serve(
        _ feed: SampleFeedServer, _ quotes: SampleQuoteServer, _ function: @Sendable () async throws -> Void
    ) async throws {
        var quiet = Logger(label: "test")
        quiet.logLevel = .critical
        let logger = quiet
        // With a second version of the alignment rules, which nobody has built yet.
        let home = try projectWithSecondAlignment()
        defer { try? FileManager.default.removeItem(atPath: home) }
        try await withDatabase { uri in
            let settings = try Settings(
                environment: ledgerEnvironment(
                    uri,
                    [
                        "ALPHA_LEDGER_READ_KEY": "reader-key-of-tests", "ALPHA_LEDGER_ADMIN_KEY": "admin-key-of-tests",
                        "ALPHA_TRADE_FEED_URL": feed.url, "ALPHA_TRADE_FEED_API_KEY": "feed",
                        "ALPHA_TRADE_FEED_PORTFOLIOS": "ICOI,IMST",
                    ]))
            let ledger = try await Ledger.open(settings, Resources(root: home), migration: .always, logger: logger)
            let result: Result<Void, any Error>
            do {
                try await fill(ledger, feed, quotes)
                // A build for debugging on a busy machine takes its time for sums over everything.
                var limits = ServiceLimits()
                limits.readDeadline = .seconds(90)
                let service = try LedgerService(
                    ledger, host: "127.0.0.1", port: 0, runsProjectors: true, limits: limits, logger: logger)
                result = .success(try await run(service, feed, function))
            } catch {
                result = .failure(error)
            }
            await ledger.close()
            try result.get()
        }
    }

    private func fill(_ ledger: Ledger, _ feed: SampleFeedServer, _ quotes: SampleQuoteServer) async throws {
        let client = AlphaFeedClient(AlphaFeedConfiguration(url: feed.url, apiKey: "feed"))
        let source = AlphaSource(client, scope: try ExecutionScope(portfolios: SampleScope.portfolios))
        _ = try await SyncOperation(ledger: ledger, source: source).run(SyncOptions(apply: true, fullScope: true))
        let file = FileManager.default.temporaryDirectory.appending(path: "observations-\(UUID().uuidString).ndjson")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(SampleMarketData.lines()).write(to: file)
        _ = try await ObservationImport(
            pool: ledger.pool, log: ledger.log, configuration: ledger.serviceConfiguration, temporaryDirectory: ledger.temporaryDirectory
        ).run([file.path], ObservationImportOptions(apply: true))
        let choice = QuoteChoice.vendor(
            AmberdataQuotes(AmberdataConfiguration(baseURL: quotes.baseURL, apiKey: "quotes", maximumRequestsPerSecond: 10_000)))
        _ = try await ContextBackfill(ledger: ledger).run(ContextBackfillOptions(apply: true))
        _ = try await BenchmarksBackfill(ledger: ledger, quotes: choice).run(BenchmarksBackfillOptions(apply: true, limit: 120))
        _ = try await MarksBackfill(ledger: ledger, quotes: choice).run(MarksBackfillOptions(apply: true, limit: 120))
        // Chains and bars, after all that other pages show.
        try Data(try SampleResearch.lines()).write(to: file)
        _ = try await ObservationImport(
            pool: ledger.pool, log: ledger.log, configuration: ledger.serviceConfiguration, temporaryDirectory: ledger.temporaryDirectory
        ).run([file.path], ObservationImportOptions(apply: true, strict: true))
        try await trade(ledger)
        try await ledger.bringUpToDate(ledger.registry.names)
    }

    /// Two intents through the bundled broker, on a day of its own: one comes to an order, one fails a gate.
    private func trade(_ ledger: Ledger) async throws {
        let desk = BrokerDesk(ledger, source: .sampleBroker)
        for (id, ticker) in [("I-1", "SPY"), ("I-2", "IWM")] {
            let text =
                #"{"intent_id":"\#(id)","ticker":"\#(ticker)","instrument_type":"CALL","action":"BUY","strategy":"day_trade","#
                + #""expires_at":"2099-12-31T00:00:00Z"}"#
            _ = try await desk.intend(try JSONDocument(parsing: Array(text.utf8)).root, requestedBy: "a test")
        }
        let clock = BrokerClock(try instant("2026-02-05T15:00:00Z"))
        let server = try await SampleBrokerServer.start(SampleBroker { clock.now })
        let result: Result<Void, any Error>
        do {
            let runner = try await DispatchRunner(ledger, BrokerConnection(server: server) { clock.now })
            for _ in 0..<20 {
                _ = try await runner.once()
                if try await desk.book().states.allSatisfy({ !$0.isPending && !$0.isUnresolved && !$0.isOpenOrder }) { break }
                clock.move()
            }
            await runner.end()
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await server.stop()
        try result.get()
    }

    private func run(_ service: LedgerService, _ feed: SampleFeedServer, _ function: @Sendable () async throws -> Void) async throws {
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        let (stops, stop) = AsyncStream.makeStream(of: Void.self)
        let running = Task {
            defer { port.finish() }
            try await service.run(until: { for await _ in stops {} }) { bound in port.yield(bound) }
        }
        for await bound in ports {
            let browser = try Browser.start()
            let console = RunningConsole(port: bound, feed: feed, browser: browser)
            let result: Result<Void, any Error>
            do {
                result = .success(try await RunningConsole.$current.withValue(console) { try await function() })
            } catch {
                result = .failure(error)
            }
            browser.stop()
            stop.finish()
            try await running.value
            return try result.get()
        }
        try await running.value
    }
}

/// A clock of a day that is over.
private final class BrokerClock: Sendable {
    private let instant: Mutex<Instant>

    init(_ instant: Instant) { self.instant = Mutex(instant) }

    var now: Instant { instant.withLock { $0 } }

    /// Moves on by five seconds.
    func move() { instant.withLock { $0 = $0.advanced(byMicroseconds: 5_000_000) ?? $0 } }
}
