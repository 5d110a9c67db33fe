import AlphaFeed
import LedgerEvents
import Operations
import OptionTrades
import SampleScope

/// A real full-scope sync over real HTTP from a feed that generates its rows. It measures the time and the process's
/// largest resident set, which includes the feed's server. Use `--events 1000000` for the goal of 512 MiB.
enum SyncBenchmark {
    static func run(_ bench: Bench) async throws {
        try await bench.withLedger { ledger in
            let server = try await SampleFeedServer.start(feed: .generated(count: bench.events), apiKey: "k")
            let operation = SyncOperation(
                ledger: ledger,
                source: AlphaSource(
                    AlphaFeedClient(AlphaFeedConfiguration(url: server.url, apiKey: "k")),
                    scope: try ExecutionScope(portfolios: ["IMST", "ICOI"])))
            let first = try await Bench.seconds {
                let summary = try await operation.run(SyncOptions(apply: true, fullScope: true)).summary
                if summary.inserted != bench.events { throw BenchmarkError("inserted \(summary.inserted)") }
            }
            let again = try await Bench.seconds {
                let summary = try await operation.run(SyncOptions(apply: true, fullScope: true)).summary
                if summary.unchanged != bench.events { throw BenchmarkError("unchanged \(summary.unchanged)") }
            }
            await server.stop()
            Bench.line("first full-scope sync", count: bench.events, seconds: [first])
            Bench.line("second, nothing to do", count: bench.events, seconds: [again])
            print("  largest resident set so far: \(try Bench.peakMebibytes()) MiB (goal < 512)")
        }
    }
}
