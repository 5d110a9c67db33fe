import Foundation
import LedgerEvents
import LedgerRules
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// Stamps against pandas and numpy: `scripts/crosscheck/context` makes the cases, and runs this.
@Suite struct ContextCrosscheckTests {
    private static let path = ProcessInfo.processInfo.environment["ALPHA_LEDGER_CONTEXT_CASES"]

    @Test(.enabled(if: path != nil)) func `stamps are what pandas and numpy say`() throws {
        let path = try #require(Self.path)
        let text = String(decoding: try #require(FileManager.default.contents(atPath: path)), as: UTF8.self)
        let contexts = [
            "nearest": try ContextFixture(),
            "at_or_before": try ContextFixture([("join: nearest", "join: at_or_before")]),
        ]
        var context = try ContextFixture()
        var series = MarketSeries()
        var history: ContextHistory?
        var row = try context.row()
        var compared = 0
        var different: [String] = []
        var seen: [String: Int] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ").map(String.init)
            func integer(_ index: Int) throws -> Int64 { try #require(Int64(parts[index])) }
            func number(_ index: Int) throws -> FixedDecimal? {
                parts[index] == "-" ? nil : try FixedDecimal(parts[index])
            }
            func time(_ index: Int) throws -> Instant { try #require(Instant(microseconds: try integer(index))) }
            switch parts[0] {
            case "S":
                context = try #require(contexts[parts[1]])
                series = MarketSeries()
                history = nil
            case "G":
                series.gex.append(
                    GexPoint(
                        position: try integer(1), timestamp: try time(2), netGex: try number(3),
                        absGex: try number(4), gexImbalance: try number(5), spot: try number(6)))
            case "V":
                series.vol.append(
                    VolPoint(
                        position: try integer(1), timestamp: try time(2), dvol: try number(3),
                        vrp: try number(4), ivAtm7d: try number(5), ivAtm30d: try number(6), rv30d: try number(7),
                        spot: try number(8)))
            default:
                row.tradeDate = try time(1)
                let prepared = history ?? ContextHistory(series, rules: context.stamper.rules)
                history = prepared
                let stamp = context.stamper.stamp(row: row, history: prepared, observedThrough: 1).payload
                func position(_ field: String) -> String {
                    stamp.inputs.first { $0.field == field }.map { "\($0.positions[0])" } ?? "-"
                }
                func shown(_ value: FixedDecimal?) -> String { value.map { "\($0)" } ?? "-" }
                let ours = [
                    position("gex_hourly"), position("vol_metrics"), stamp.contextQuality,
                    shown(stamp.spotTimeDeltaMinutes), shown(stamp.dvolPercentile), shown(stamp.gexImbalance),
                    stamp.gammaRegime ?? "-", stamp.isMissing("gamma_regime_history") ? "0" : "1",
                    stamp.stationarityStatus ?? "-",
                ]
                compared += 1
                for name in [ours[2], ours[6], ours[8], ours[4] == "-" ? "no percentile" : "percentile"] {
                    seen[name, default: 0] += 1
                }
                if ours != Array(parts[2...]) { different.append("\(line)\n   ours \(ours.joined(separator: " "))") }
            }
        }
        let counts = seen.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        print("\(compared) trades compared, \(different.count) differ; \(counts)")
        #expect(different.isEmpty, "\(different.prefix(10).joined(separator: "\n"))")
        #expect(compared > 0)
    }
}
