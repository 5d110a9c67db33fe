import Foundation
import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@Suite struct AlignmentPropertyTests {
    static let seeds: Range<UInt64> = 0..<600

    @Test func `rows equal a second, independent computation, and a missing signal adds nothing`() throws {
        let projection = try alignmentProjection()
        let columns = try alignmentColumns()
        var labels: [String: Int] = [:]
        for seed in Self.seeds {
            var random = RandomEnrichment(seed: seed)
            var log = TradeEventLog()
            for index in 0..<3 { try random.events(of: "T-\(index)", into: &log) }
            let rows = try log.rows(projection)
            for index in 0..<3 {
                var row: ExecutionRow?
                var stamps: [String: (Int, ContextStampedPayload)] = [:]
                for (position, entry) in log.entries.enumerated() {
                    guard entry.payload.subjectKey?.parts[1].text == "T-\(index)" else { continue }
                    row = entry.payload.payload(as: ExecutionPayload.self)?.row ?? row
                    if let stamp = entry.payload.payload(as: ContextStampedPayload.self) {
                        stamps[stamp.contextKey] = (position, stamp)
                    }
                }
                let found = rows.first { $0.key.parts[1].text == "T-\(index)" }
                guard let row, row.tradeStatus != .busted else {
                    #expect(found == nil, "seed \(seed)")
                    continue
                }
                let stamp = stamps.values.filter { $0.1.basis == Basis(of: row) }.max { $0.0 < $1.0 }?.1
                let document = try #require(found, "seed \(seed)")
                try expectColumns(document, columns)
                let root = try document.root()
                for (name, value) in AlignmentOracle(row: row, stamp: stamp).columns() {
                    #expect(root.text(name) == value, "seed \(seed), \(name)")
                }
                labels[root.text("alignment_label") ?? "", default: 0] += 1
            }
        }
        for label in ["aligned", "partially_aligned", "mixed", "weak_alignment", "misaligned", "insufficient_data"] {
            #expect((labels[label] ?? 0) > 20, "\(label): \(labels[label] ?? 0)")
        }
    }

    @Test func `the order in which unrelated events arrive, and restarts, change no digested column`() throws {
        let projection = try alignmentProjection()
        let columns = try alignmentColumns()
        for seed in Self.seeds {
            var random = RandomEnrichment(seed: seed)
            var log = TradeEventLog()
            for index in 0..<4 { try random.events(of: "T-\(index)", into: &log) }
            let rows = try log.rows(projection)
            let lines = try rows.map { try $0.digested(columns) }
            let other = log.interleaved(using: &random.random)
            #expect(try other.rows(projection).map { try $0.digested(columns) } == lines, "seed \(seed)")
            #expect(
                try other.rows(projection, restarts: true).map { try $0.digested(columns) } == lines, "seed \(seed)")
            #expect(try log.rows(projection, restarts: true).map(\.document) == rows.map(\.document), "seed \(seed)")
        }
    }

    @Test func `aggregates equal what a reader adds up from the published rows, in any order`() throws {
        let projection = try alignmentProjection()
        let columns = try alignmentColumns()
        for seed in Self.seeds {
            var random = RandomEnrichment(seed: seed)
            var log = TradeEventLog()
            for index in 0..<Int.random(in: 0...12, using: &random.random) {
                try random.events(of: "T-\(index)", into: &log)
            }
            var shown = try log.rows(projection).map { row in
                try JSONDocument(parsing: projection.present(try JSONDocument(parsing: row.document), now: .maximum))
            }
            var aggregates = AlignmentAggregates()
            for row in shown { aggregates.add(row.root) }
            let node = aggregates.node()
            shown.shuffle(using: &random.random)
            var again = AlignmentAggregates()
            for row in shown { again.add(row.root) }
            #expect(again.node() == node, "seed \(seed)")
            // As a reader has them: over HTTP.
            let published = try shown.map { row in
                var bytes: [UInt8] = []
                columns.appendPublished(row, to: &bytes)
                return try JSONDocument(parsing: bytes).root
            }
            #expect(String(decoding: node.httpBytes(), as: UTF8.self) == Self.summed(published), "seed \(seed)")
        }
    }

    /// The aggregates' JSON, added up by the platform's decimals.
    private static func summed(_ rows: [JSONValue]) -> String {
        func decimal(_ row: JSONValue, _ name: String) -> Decimal? { row.text(name).flatMap { Decimal(string: $0) } }
        func mean(_ values: [Decimal]) -> String {
            values.isEmpty ? "null" : PlatformDecimal.text(values.reduce(0, +) / Decimal(values.count), places: 4)
        }
        let labels = ["aligned", "partially_aligned", "mixed", "weak_alignment", "misaligned", "insufficient_data"]
        func entry(_ key: String?, _ rows: [JSONValue]) -> String {
            let scored = rows.filter { $0.text("alignment_score") != nil }
            let counts = labels.map { label in "\"\(label)\":\(rows.count { $0.text("alignment_label") == label })" }
            return "{\"key\":\(key.map { "\"\($0)\"" } ?? "null"),\"count\":\(rows.count),\"scored\":\(scored.count),"
                + "\"mean_alignment_score\":\(mean(scored.compactMap { decimal($0, "alignment_score") })),"
                + "\"mean_confidence\":\(mean(scored.compactMap { decimal($0, "confidence") })),"
                + "\"labels\":{\(counts.joined(separator: ","))}}"
        }
        let groupings: [(String, (JSONValue) -> String?)] = [
            ("by_portfolio", { $0.text("source_portfolio") }), ("by_underlying", { $0.text("underlying_symbol") }),
            ("by_regime", { $0.text("gamma_regime") }),
            ("by_month", { $0.text("trade_date").map { String($0.prefix(7)) } }),
        ]
        let groups = groupings.map { name, key in
            "\"\(name)\":[" + groupedByKey(rows, key).map { entry($0, $1) }.joined(separator: ",") + "]"
        }
        let scored = rows.filter { $0.text("alignment_score") != nil }
        let signals = ["dvol_percentile", "gamma_regime", "smile", "stationarity", "term_structure", "vrp"].map {
            signal in
            func has(_ row: JSONValue, _ list: String) -> Bool {
                row[list]?.elements.contains { $0["signal"]?.string == signal } ?? false
            }
            let drivers = scored.count { has($0, "drivers") }
            let detractors = scored.count { has($0, "detractors") }
            let missing = scored.count { row in
                row["missing_signals"]?.elements.contains { $0.string == signal } ?? false
            }
            return "{\"key\":\"\(signal)\",\"drivers\":\(drivers),\"detractors\":\(detractors),"
                + "\"neutral\":\(scored.count - drivers - detractors - missing),\"missing\":\(missing)}"
        }
        return "{" + groups.joined(separator: ",") + ",\"by_signal\":[" + signals.joined(separator: ",") + "]}"
    }
}
