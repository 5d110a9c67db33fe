import Foundation
import LedgerEvents
import LedgerPostgres
import LedgerStore
import LedgerValues
import MarketData
import Operations

/// `observe import` of a generated file (NDJSON, hourly GEX, volatility and option quotes in turn), for the first and
/// for the second time. The baseline is a bare binary COPY of exactly the resulting rows into a table with the same
/// indexes. Use `--events 1000000` to measure the memory for a million lines.
enum ImportBenchmark {
    static func run(_ bench: Bench) async throws {
        let path = NSTemporaryDirectory() + "alpha-ledger-import-\(UUID().uuidString.prefix(8)).ndjson"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try write(bench.events, to: path)
        var imports: [Double] = []
        var copies: [Double] = []
        var repeats: [Double] = []
        for _ in 0..<bench.rounds {
            try await bench.withLedger { ledger in
                let operation = ObservationImport(
                    pool: ledger.pool, log: ledger.log, configuration: ledger.serviceConfiguration)
                imports.append(
                    try await Bench.seconds {
                        let summary = try await operation.run([path], ObservationImportOptions(apply: true))
                        if summary.total.inserted != bench.events { throw BenchmarkError("inserted \(summary.total)") }
                    })
                Bench.text("largest resident set so far: \(try peakMebibytes()) MiB")
                repeats.append(
                    try await Bench.seconds {
                        let summary = try await operation.run([path], ObservationImportOptions(apply: true))
                        if summary.total.unchanged != bench.events {
                            throw BenchmarkError("unchanged \(summary.total)")
                        }
                    })
                copies.append(try await copy(ledger))
            }
        }
        Bench.line("import", count: bench.events, seconds: imports)
        Bench.line("the same file again, nothing to do", count: bench.events, seconds: repeats)
        Bench.line("bare COPY", count: bench.events, seconds: copies)
        Bench.ratio("import ÷ bare COPY", Bench.median(copies) / Bench.median(imports))
    }

    /// The line of the generated file with that index.
    static func line(_ index: Int) -> String {
        let instant = Instant(microseconds: 1_600_000_000_000_000 + Int64(index / 3) * 60_000_000) ?? .minimum
        let cents = index * 7919 % 9_999_991
        let price = "\(cents / 100).\(cents % 100 / 10)\(cents % 10)"
        switch index % 3 {
        case 0:
            return
                #"{"kind":"gex_hourly","currency":"BTC","timestamp":"\#(instant)","net_gex":-\#(price),"abs_gex":\#(price),"gex_imbalance":-0.25,"net_gamma":12.5,"spot":91\#(price),"instruments":912}"#
        case 1:
            return
                #"{"kind":"vol_metrics","currency":"BTC","timestamp":"\#(instant)","dvol":58.3,"vrp":null,"iv_atm_7d":55.1,"iv_atm_30d":57,"rv_7d":41,"rv_30d":44,"vol_of_vol":null,"skew_25d":-3.5,"put_call_ratio":0.62,"total_oi":\#(price),"spot":91\#(price)}"#
        default:
            return
                #"{"kind":"option_quote","underlying":"MSTR","expiry":"2026-01-30","strike":350,"option_type":"call","timestamp":"\#(instant)","bid":\#(price),"ask":1\#(price),"bid_size":10,"ask_size":12,"mark":\#(price),"mark_iv":61.2,"underlying_price":341.7,"volume_24h":null,"open_interest":null}"#
        }
    }

    private static func write(_ count: Int, to path: String) throws {
        guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path)
        else { throw BenchmarkError("\(path) can't be written") }
        for start in stride(from: 0, to: count, by: 10_000) {
            let lines = (start..<min(start + 10_000, count)).map { line($0) + "\n" }
            try file.write(contentsOf: Data(lines.joined().utf8))
        }
        try file.close()
    }

    /// Copies the rows of the log into a table with the same indexes and checks, 20,000 at a time.
    private static func copy(_ ledger: Ledger) async throws -> Double {
        let connection = try await PostgresConnection.open(PostgresConfiguration(uri: ledger.serviceConfiguration.uri))
        try await connection.run { session in
            try CopiedEvents.makeTable(session)
        }
        let head = try await connection.run { session in try LogReader().head(session).position }
        var seconds = 0.0
        for start in stride(from: Int64(0), to: head, by: 20_000) {
            let rows = try await connection.run { session in
                try LogReader().events(after: start, limit: 20_000, session)
            }
            seconds += try await Bench.seconds {
                try await connection.run { session in try CopiedEvents.copy(rows, session) }
            }
        }
        await connection.close()
        return seconds
    }

    private static func peakMebibytes() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return (line?.split(separator: " ").compactMap { Int($0) }.first ?? 0) / 1024
    }
}
