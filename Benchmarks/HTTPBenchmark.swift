import API
import Curl
import Foundation
import Operations
import Synchronization

/// The trades list of 50 rows over HTTP on one connection: the median and the 99th percentile of a request.
enum HTTPBenchmark {
    static func run(_ bench: Bench) async throws {
        try await bench.withLedger { ledger in
            try await AppendBenchmark.append((0..<bench.events).map { GeneratedExecutions.payload($0) }, to: ledger)
            try await ledger.bringUpToDate(["trades"])
            let service = try LedgerService(
                ledger, host: "127.0.0.1", port: 0, runsProjectors: false, logger: ledger.logger)
            let (ports, found) = AsyncStream.makeStream(of: Int.self)
            let (stops, stop) = AsyncStream.makeStream(of: Void.self)
            let running = Task {
                try await service.run(until: { for await _ in stops {} }, onRunning: { port in found.yield(port) })
            }
            var milliseconds: [Double] = []
            for await port in ports {
                let transport = CurlTransport()
                let request = HTTPRequestSpec(url: "http://127.0.0.1:\(port)/api/internal/trades?limit=50")
                for _ in 0..<2_100 {
                    let seconds = try await Bench.seconds {
                        if try await transport.get(request).status != 200 { throw BenchmarkError("the list failed") }
                    }
                    milliseconds.append(seconds * 1000)
                }
                break
            }
            stop.finish()
            try await running.value
            // The first hundred warm plans and connections.
            let sorted = milliseconds.dropFirst(100).sorted()
            func at(_ share: Double) -> String { String(format: "%.2f", sorted[Int(Double(sorted.count - 1) * share)]) }
            print("  list of 50 among \(bench.events) trades: p50 \(at(0.5)) ms, p99 \(at(0.99)) ms")
        }
    }
}
