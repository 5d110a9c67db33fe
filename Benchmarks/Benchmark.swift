import EmbeddedPostgres
import Foundation
import LedgerPostgres
import LedgerStore
import Logging
import Operations

/// Runs the benchmarks, each beside its baseline in the same run, and prints rates and ratios.
///
/// Machines are noisy: quote a ratio within one run, not a rate.
@main
struct Benchmark {
    static let all: [(name: String, about: String, run: @Sendable (Bench) async throws -> Void)] = [
        ("append", "batched append beside a bare binary COPY of the same finished rows", AppendBenchmark.run),
        ("concurrent", "64 concurrent one-event appends beside one-row INSERT commits", ConcurrentAppendBenchmark.run),
        ("audit", "audit verify of the log beside reading and SHA-256 alone, and the time of a proof", AuditBenchmark.run),
        ("heads", "a signed head beside 1,000 others and beside as many as --events says", HeadsBenchmark.run),
        ("projection", "live projection of trades beside a bare COPY OUT of the same events", ProjectionBenchmark.run),
        ("rebuild", "all projections from zero beside COPY OUT, COPY IN of their rows and indexes", RebuildBenchmark.run),
        ("asof", "pages of 50 rows as of a position, in a small ledger and in a large one", AsOfBenchmark.run),
        ("sums", "sums and totals of whole views after 100 events beside a pass over all rows", SumsBenchmark.run),
        ("http", "the trades list of 50 rows over HTTP", HTTPBenchmark.run),
        ("chains", "live projections of hourly option chains beside a bare decode of the same events", ChainsBenchmark.run),
        ("tenors", "a surface of 250 dates × 6 tenors beside a bare SELECT of the same rows", TenorsBenchmark.run),
        ("dispatch", "from an intent to its order beside fetching the same chain", DispatchBenchmark.run),
        ("pages", "pages of the market and of research, and their JSON, over HTTP", PagesBenchmark.run),
        ("report-pack", "a report pack of three underlyings beside the answers that it is made of", ReportPackBenchmark.run),
        ("latency", "from an append to all views, at 1,000 events a second", LatencyBenchmark.run),
        ("import", "observe import beside a bare COPY of the same rows", ImportBenchmark.run),
        ("matching", "FIFO matching in the pure function beside one pass over the same executions", MatchingBenchmark.run),
        ("verify", "the fold of all seven projections beside a bare COPY OUT, and its stages", VerifyBenchmark.run),
        (
            "since", "a whole audit, and one --since nine tenths of the log, beside a fold with the digests of current rows",
            VerifyBenchmark.audits
        ),
        ("sync", "a full-scope sync over HTTP, and the memory it takes", SyncBenchmark.run),
    ]

    static func main() async {
        let arguments = CommandLine.arguments.dropFirst()
        if arguments.contains("--help") {
            print("usage: ledger-benchmarks [NAME…] [--events N] [--rounds N]\n")
            for benchmark in all { print("  \(benchmark.name)\t\(benchmark.about)") }
            return
        }
        func option(_ name: String) -> Int? {
            guard let index = arguments.firstIndex(of: "--\(name)"), index + 1 < arguments.endIndex else { return nil }
            return Int(arguments[index + 1])
        }
        var names: [String] = []
        var rest = arguments
        while let next = rest.popFirst() {
            // Every option has a value.
            if next.hasPrefix("--") { _ = rest.popFirst() } else { names.append(next) }
        }
        if let unknown = names.first(where: { name in !all.contains { $0.name == name } }) {
            FileHandle.standardError.write(Data("error: no benchmark is called \(unknown); see --help\n".utf8))
            exit(2)
        }
        do {
            let bench = try await Bench(askedEvents: option("events"), rounds: option("rounds") ?? 3)
            for benchmark in all where names.isEmpty || names.contains(benchmark.name) {
                Bench.say("\(benchmark.name): \(benchmark.about)")
                try await benchmark.run(bench)
            }
            await bench.close()
        } catch {
            FileHandle.standardError.write(Data("error: \(error)\n".utf8))
            exit(1)
        }
    }
}

/// The resources shared by the benchmarks: a private server, with the settings of the service.
final class Bench: Sendable {
    /// How many events were asked for; nil leaves it to the benchmark.
    let askedEvents: Int?
    var events: Int { askedEvents ?? 200_000 }
    let rounds: Int
    let resources: Resources
    private let server: EmbeddedPostgresHandle
    private let directory: String

    init(askedEvents: Int?, rounds: Int) async throws {
        self.askedEvents = askedEvents
        self.rounds = rounds
        resources = try Resources.find(
            home: ProcessInfo.processInfo.environment["ALPHA_LEDGER_HOME"], executable: Resources.executablePath())
        directory = NSTemporaryDirectory() + "alpha-ledger-bench-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o711])
        server = try await EmbeddedPostgres.start(.init(dataDirectory: directory))
    }

    func close() async {
        await server.stop()
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Calls `body` with a fresh ledger in a database of its own.
    func withLedger<T>(_ body: (Ledger) async throws -> T) async throws -> T {
        let name = "bench_\(UUID().uuidString.prefix(8).lowercased())"
        try await admin("CREATE DATABASE \(name)")
        var settings = try Settings(environment: [:])
        guard var parts = URLComponents(string: server.uri) else { throw BenchmarkError("the server's URI is odd") }
        parts.path = "/\(name)"
        settings.databaseURL = parts.string
        var logger = Logger(label: "benchmark")
        logger.logLevel = .warning
        let ledger = try await Ledger.open(settings, resources, migration: .always, logger: logger)
        let result: Result<T, any Error>
        do { result = .success(try await body(ledger)) } catch { result = .failure(error) }
        await ledger.close()
        try await admin("DROP DATABASE \(name) WITH (FORCE)")
        return try result.get()
    }

    private func admin(_ sql: String) async throws {
        let connection = try await PostgresConnection.open(PostgresConfiguration(uri: server.uri))
        try await connection.run { session in try session.executeScript(sql) }
        await connection.close()
    }

    /// Autovacuum would do this within minutes, but at a time of its own.
    static func vacuum(_ ledger: Ledger) async throws {
        let connection = try await PostgresConnection.open(PostgresConfiguration(uri: ledger.serviceConfiguration.uri))
        try await connection.run { try $0.executeScript("VACUUM ANALYZE") }
        try await connection.run { try $0.executeScript("CHECKPOINT") }
        await connection.close()
    }

    /// Fills the machine's free memory with cached pages of an empty file, as on a machine that has been running for
    /// long. The kernel reclaims the pages as it needs them. The host of a virtual machine takes several times as long
    /// to provide unused memory as writing to it takes, and the benchmark that writes most would pay for that.
    func fillPageCache() throws {
        let path = directory + "/page-cache-\(UUID().uuidString)"
        guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forUpdatingAtPath: path) else {
            throw BenchmarkError("can't write \(path)")
        }
        try file.truncate(atOffset: UInt64(try Self.mebibytes("MemTotal:", of: "/proc/meminfo")) << 20)
        while try Self.mebibytes("MemFree:", of: "/proc/meminfo") > 512 {
            for _ in 0..<64 where try file.read(upToCount: 1 << 20)?.isEmpty ?? true { return }
        }
    }

    static func seconds(_ body: () async throws -> Void) async rethrows -> Double {
        let start = ContinuousClock.now
        try await body()
        let duration = ContinuousClock.now - start
        return Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }

    /// The largest resident set of the process so far, in MiB.
    static func peakMebibytes() throws -> Int { try mebibytes("VmHWM:", of: "/proc/self/status") }

    /// The current resident set of the process, in MiB.
    static func residentMebibytes() throws -> Int { try mebibytes("VmRSS:", of: "/proc/self/status") }

    private static func mebibytes(_ name: String, of path: String) throws -> Int {
        let line = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").first { $0.hasPrefix(name) }
        return (line?.split(separator: " ").compactMap { Int($0) }.first ?? 0) / 1024
    }

    static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

    /// Prints the middle and the 99th of a hundred of some seconds, and returns the middle.
    @discardableResult
    static func percentiles(_ name: String, seconds: [Double]) -> Double {
        let sorted = seconds.sorted()
        let middle = sorted[sorted.count / 2]
        text("\(name): p50 \(fixed(middle * 1000)) ms, p99 \(fixed(sorted[sorted.count * 99 / 100] * 1000)) ms")
        return middle
    }

    static func line(_ name: String, count: Int, seconds: [Double]) {
        let middle = median(seconds)
        let rate = Double(count) / middle
        say("  \(name): \(Int(rate)) /s (median of \(seconds.count), \(String(format: "%.2f", middle * 1e6 / Double(count))) µs each)")
    }

    /// Prints a line and flushes it, so that it shows at once in a file or through a pipe too.
    static func say(_ line: String) {
        print(line)
        fflush(nil)
    }

    static func text(_ text: String) { say("  \(text)") }

    static func fixed(_ value: Double) -> String { String(format: "%.1f", value) }

    static func ratio(_ name: String, _ value: Double) { say("  \(name): \(String(format: "%.2f", value))") }
}

struct BenchmarkError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
