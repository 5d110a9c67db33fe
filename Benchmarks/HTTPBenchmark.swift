import API
import Foundation
import LedgerEvents
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
import Operations

/// The service under wrk on loopback, with all figures from one run: a list of 50 trades, positions, a list with
/// aggregates, and an immutable as-of page. If `BENCH_UVICORN` names a uvicorn (scripts/bench-fastapi), the same list
/// from the same rows by FastAPI and asyncpg is measured too.
enum HTTPBenchmark {
    private static let connections = 32
    private static let seconds = 4

    private struct Load {
        let requestsPerSecond: Double
        let p50: String
        let p99: String
    }

    static func run(_ bench: Bench) async throws {
        try await bench.withLedger { ledger in
            Bench.text("appending and folding \(bench.events) events …")
            try await GeneratedLog.append(0..<bench.events, to: ledger)
            try await ledger.bringUpToDate(ledger.registry.names)
            try await withService(ledger) { port in
                let head = try await ledger.pool.run { session in try LogReader().head(session) }
                let served = try await ledger.state().served["trades"]
                let list = "http://127.0.0.1:\(port)/api/internal/trades"
                let pinned =
                    "as_of_position=\(head.position)&as_of=\(head.recordedAt?.description ?? "")"
                    + "&rules=trades@\(served?.version ?? "")/c\(served?.codeVersion ?? 0)"
                let ours = try await show("list of 50 trades", "\(list)?limit=50", bench)
                _ = try await show("list of 50 trades, gzip", "\(list)?limit=50", bench, header: "Accept-Encoding: gzip")
                _ = try await show("50 positions", "\(list)/positions?limit=50", bench)
                _ = try await show("50 executions with aggregates", "\(list)/execution-quality?limit=50", bench)
                _ = try await show("an immutable as-of page of 50", "\(list)?limit=50&\(pinned)", bench)
                if let uvicorn = ProcessInfo.processInfo.environment["BENCH_UVICORN"] {
                    try await compare(ours, uvicorn, ledger, bench)
                }
                try await StreamBenchmark.run(ledger, port: port)
                try await SlowClientsBenchmark.run(port: port)
            }
        }
    }

    /// The same list by FastAPI, from a plain typed table of the same rows.
    private static func compare(_ ours: [Double], _ uvicorn: String, _ ledger: Ledger, _ bench: Bench) async throws {
        let owner = try await PostgresConnection.open(PostgresConfiguration(uri: ledger.serviceConfiguration.uri))
        try await owner.run { session in
            try session.executeScript(
                """
                CREATE SCHEMA bench;
                CREATE TABLE bench.trades AS SELECT * FROM projection.trades;
                ALTER TABLE bench.trades ADD PRIMARY KEY (source, source_trade_id);
                ANALYZE bench.trades;
                """)
        }
        await owner.close()
        let port = 18_231
        let server = Process()
        server.executableURL = URL(filePath: uvicorn)
        server.arguments = [
            "fastapi_trades:app", "--app-dir", "scripts", "--port", "\(port)", "--workers", "2", "--no-access-log", "--log-level",
            "warning",
        ]
        server.environment = ProcessInfo.processInfo.environment.merging(
            ["BENCH_DATABASE": ledger.serviceConfiguration.uri]) { $1 }
        try server.run()
        defer { server.terminate() }
        try await waitUntilOpen(port)
        let theirs = try await show(
            "FastAPI + asyncpg, 2 workers: the same list", "http://127.0.0.1:\(port)/api/internal/trades?limit=50", bench)
        let tuned = try await show(
            "the same with the JSON made by Postgres", "http://127.0.0.1:\(port)/tuned/trades?limit=50", bench)
        Bench.ratio("this service's rate ÷ FastAPI's", Bench.median(ours) / Bench.median(theirs))
        Bench.ratio("this service's rate ÷ the tuned one's", Bench.median(ours) / Bench.median(tuned))
    }

    /// Waits until somebody listens on a port, for a minute at most.
    private static func waitUntilOpen(_ port: Int) async throws {
        for _ in 0..<120 {
            if let descriptor = try? StreamReaders.connection(to: port) {
                close(descriptor)
                return
            }
            try await Task.sleep(for: .milliseconds(500))
        }
        throw BenchmarkError("nobody listens on port \(port)")
    }

    /// The requests per second of every round.
    private static func show(_ name: String, _ url: String, _ bench: Bench, header: String? = nil) async throws -> [Double] {
        _ = try await wrk(url, seconds: 1, header)
        var loads: [Load] = []
        for _ in 0..<bench.rounds { loads.append(try await wrk(url, seconds: seconds, header)) }
        let middle = loads.sorted { $0.requestsPerSecond < $1.requestsPerSecond }[loads.count / 2]
        Bench.text("\(name): \(Int(middle.requestsPerSecond)) requests/s (median of \(loads.count)), p50 \(middle.p50), p99 \(middle.p99)")
        return loads.map(\.requestsPerSecond)
    }

    private static func wrk(_ url: String, seconds: Int, _ header: String?) async throws -> Load {
        let arguments = ["wrk", "-t1", "-c\(connections)", "-d\(seconds)s", "--latency"] + (header.map { ["-H", $0] } ?? []) + [url]
        let output: String = try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    with: Result {
                        let process = Process()
                        process.executableURL = URL(filePath: "/usr/bin/env")
                        process.arguments = arguments
                        let pipe = Pipe()
                        process.standardOutput = pipe
                        try process.run()
                        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
                        process.waitUntilExit()
                        guard process.terminationStatus == 0 else { throw BenchmarkError("wrk failed; Debian's package `wrk` has it") }
                        return String(decoding: data, as: UTF8.self)
                    })
            }
        }
        func word(after name: String) -> String? {
            output.split(separator: "\n").first { $0.drop { $0 == " " }.hasPrefix(name) }?.split(separator: " ").last.map(String.init)
        }
        guard let rate = word(after: "Requests/sec:").flatMap(Double.init), let p50 = word(after: "50%"), let p99 = word(after: "99%"),
            !output.contains("Non-2xx")
        else { throw BenchmarkError("wrk on \(url): \(output)") }
        return Load(requestsPerSecond: rate, p50: p50, p99: p99)
    }

    /// Calls `body` with the port of a service of a ledger, without projectors.
    static func withService(_ ledger: Ledger, _ body: (Int) async throws -> Void) async throws {
        let service = try LedgerService(ledger, host: "127.0.0.1", port: 0, runsProjectors: false, logger: ledger.logger)
        let (ports, found) = AsyncStream.makeStream(of: Int.self)
        let (stops, stop) = AsyncStream.makeStream(of: Void.self)
        let running = Task {
            defer { found.finish() }
            try await service.run(until: { for await _ in stops {} }, onRunning: { port in found.yield(port) })
        }
        let result: Result<Void, any Error>
        do {
            for await port in ports {
                try await body(port)
                break
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        stop.finish()
        try await running.value
        try result.get()
    }
}
