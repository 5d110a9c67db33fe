import Foundation
import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@Suite struct ExecutionQualityPropertyTests {
    static let seeds: Range<UInt64> = 0..<600

    @Test func `rows equal a second, independent computation, and no missing input shows as a figure`() throws {
        let projection = try executionQualityProjection()
        let columns = try executionQualityColumns()
        var qualities: [String: Int] = [:]
        for seed in Self.seeds {
            var random = RandomEnrichment(seed: seed)
            var log = TradeEventLog()
            for index in 0..<3 { try random.events(of: "T-\(index)", into: &log) }
            let rows = try log.rows(projection)
            var expectedRows = 0
            for index in 0..<3 {
                var (row, benchmark): (ExecutionRow?, ExecutionBenchmarkPayload?)
                for entry in log.entries {
                    guard entry.payload.subjectKey?.parts[1].text == "T-\(index)" else { continue }
                    row = entry.payload.payload(as: ExecutionPayload.self)?.row ?? row
                    benchmark = entry.payload.payload(as: ExecutionBenchmarkPayload.self) ?? benchmark
                }
                guard let row, row.tradeStatus != .busted else { continue }
                expectedRows += 1
                let found = try #require(rows.first { $0.key.parts[1].text == "T-\(index)" }, "seed \(seed)")
                try expectColumns(found, columns)
                let root = try found.root()
                for (name, value) in ExecutionQualityOracle(row: row, benchmark: benchmark).columns() {
                    #expect(root.text(name) == value, "seed \(seed), \(name)")
                }
                let quality = root.text("benchmark_quality") ?? ""
                qualities[quality, default: 0] += 1
                // A model's mark is never a bid, an ask or a mid, and no quote's figure outlives its quality.
                if quality != "quoted" {
                    for name in [
                        "benchmark_bid", "benchmark_ask", "benchmark_mid", "benchmark_bid_size", "benchmark_ask_size",
                        "contract_volume_24h", "contract_open_interest", "fill_vs_mid", "fill_vs_mid_usd",
                        "fill_vs_mid_bps", "spread_capture",
                    ] { #expect(root.text(name) == nil, "seed \(seed), \(name)") }
                }
                if row.price == nil || row.direction == nil || row.priceCurrency != "USD" {
                    for name in [
                        "fill_vs_mid", "fill_vs_mid_usd", "fill_vs_mid_bps", "fill_vs_surface_mark", "spread_capture",
                    ] {
                        #expect(root.text(name) == nil, "seed \(seed), \(name)")
                    }
                }
                for (name, isMissing) in [
                    ("fill_price", row.price == nil), ("quantity", row.quantity == nil), ("strike", row.strike == nil),
                    ("contract_multiplier", row.contractMultiplier == nil),
                    ("fill_vs_mid_usd", row.quantity == nil || row.contractMultiplier == nil),
                ] where isMissing { #expect(root.text(name) == nil, "seed \(seed), \(name)") }
            }
            #expect(rows.count == expectedRows, "seed \(seed)")
        }
        // Every state came up often enough to mean something.
        for quality in ["quoted", "stale", "estimated", "unavailable"] { #expect((qualities[quality] ?? 0) > 50) }
    }

    @Test func `the order in which unrelated events arrive, and restarts, change no digested column`() throws {
        let projection = try executionQualityProjection()
        let columns = try executionQualityColumns()
        for seed in Self.seeds {
            var random = RandomEnrichment(seed: seed)
            var log = TradeEventLog()
            for index in 0..<4 { try random.events(of: "T-\(index)", into: &log) }
            let lines = try log.rows(projection).map { try $0.digested(columns) }
            let other = log.interleaved(using: &random.random)
            #expect(try other.rows(projection).map { try $0.digested(columns) } == lines, "seed \(seed)")
            #expect(
                try other.rows(projection, restarts: true).map { try $0.digested(columns) } == lines, "seed \(seed)")
            let rows = try log.rows(projection)
            #expect(try log.rows(projection, restarts: true).map(\.document) == rows.map(\.document), "seed \(seed)")
        }
    }

    @Test func `aggregates equal what a reader adds up from the published rows, in any order`() throws {
        let projection = try executionQualityProjection()
        for seed in Self.seeds {
            var random = RandomEnrichment(seed: seed)
            var log = TradeEventLog()
            for index in 0..<Int.random(in: 0...12, using: &random.random) {
                try random.events(of: "T-\(index)", into: &log)
            }
            var rows = try log.rows(projection).map { try $0.root() }
            var aggregates = ExecutionQualityAggregates(.complete)
            for row in rows { aggregates.add(row) }
            let node = aggregates.node()
            rows.shuffle(using: &random.random)
            var again = ExecutionQualityAggregates(.complete)
            for row in rows { again.add(row) }
            #expect(again.node() == node, "seed \(seed)")
            #expect(String(decoding: node.httpBytes(), as: UTF8.self) == Self.summed(rows), "seed \(seed)")
        }
    }

    /// The aggregates' JSON, added up by the platform's decimals.
    private static func summed(_ rows: [JSONValue]) -> String {
        func decimal(_ row: JSONValue, _ name: String) -> Decimal? { row.text(name).flatMap { Decimal(string: $0) } }
        func entry(_ key: String?, _ rows: [JSONValue]) -> String {
            func count(_ quality: String) -> Int { rows.count { $0.text("benchmark_quality") == quality } }
            let weighted = rows.compactMap { row in
                decimal(row, "fill_vs_mid_bps").flatMap { bps in decimal(row, "quantity").map { (bps, $0) } }
            }
            let mean =
                weighted.isEmpty ? nil : weighted.reduce(0) { $0 + $1.0 * $1.1 } / weighted.reduce(0) { $0 + $1.1 }
            let usd = rows.compactMap { decimal($0, "fill_vs_mid_usd") }
            let sum = usd.isEmpty ? nil : usd.reduce(0, +)
            let share = Decimal(count("quoted")) / Decimal(rows.count)
            return
                "{\"key\":\(key.map { "\"\($0)\"" } ?? "null"),\"count\":\(rows.count),\"quoted\":\(count("quoted")),"
                + "\"stale\":\(count("stale")),\"estimated\":\(count("estimated")),\"unavailable\":\(count("unavailable")),"
                + "\"mean_fill_vs_mid_bps\":\(mean.map { PlatformDecimal.text($0) } ?? "null"),"
                + "\"sum_fill_vs_mid_usd\":\(sum.map { PlatformDecimal.text($0) } ?? "null"),"
                + "\"covered_share\":\(PlatformDecimal.text(share)),"
                + "\"with_fill_vs_mid_bps\":\(weighted.count),\"with_fill_vs_mid_usd\":\(usd.count)}"
        }
        let groupings: [(String, (JSONValue) -> String?)] = [
            ("by_portfolio", { $0.text("source_portfolio") }), ("by_underlying", { $0.text("underlying_symbol") }),
            ("by_direction", { $0.text("direction") }),
            ("by_month", { $0.text("trade_date").map { String($0.prefix(7)) } }),
        ]
        return "{"
            + groupings.map { name, key in
                "\"\(name)\":[" + groupedByKey(rows, key).map { entry($0, $1) }.joined(separator: ",") + "]"
            }.joined(separator: ",") + "}"
    }
}

/// Rows by key, bytewise sorted, null last.
func groupedByKey(_ rows: [JSONValue], _ key: (JSONValue) -> String?) -> [(String?, [JSONValue])] {
    let named = Dictionary(grouping: rows.filter { key($0) != nil }) { Array((key($0) ?? "").utf8) }
    let sorted = named.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    let without = rows.filter { key($0) == nil }
    return sorted.map { (String(decoding: $0.key, as: UTF8.self), $0.value) }
        + (without.isEmpty ? [] : [(nil, without)])
}
