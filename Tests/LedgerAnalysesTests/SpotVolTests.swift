import Foundation
import LedgerJSON
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@Suite struct SpotVolTests {
    private static let now = "2026-04-01T00:30:00Z"

    private func windows(_ market: ObservedMarket) throws -> [JSONValue] {
        try #require(try market.document(.spotVol, now: moment(Self.now)).root["data"]?["windows"]).elements.map { $0 }
    }

    /// Days of which the spot moves by turns, and dvol against it by a factor, with a second pattern on top.
    private func market(days: Int, factor: Double, noise: Double = 0, without gap: Int? = nil) throws -> ObservedMarket {
        var market = ObservedMarket()
        var (spot, dvol) = (60_000.0, 50.0)
        for day in (0..<days).reversed() where day != gap {
            let move = 0.01 * Double((day * 7) % 5 - 2)
            spot *= Foundation.exp(move)
            dvol += factor * move + noise * Double((day * 3) % 4 - 1)
            let time = try moment("2026-04-01T00:00:00Z", plusMinutes: -day * 1440)
            try market.add(
                .volMetrics, time, ["dvol": decimal(String(format: "%.10f", dvol)), "spot": decimal(String(format: "%.6f", spot))])
            // An earlier row of the day, and one without a spot, do not count.
            try market.add(.volMetrics, moment("2026-04-01T00:00:00Z", plusMinutes: -day * 1440 + 10), ["dvol": decimal("99")])
        }
        return market
    }

    @Test func `a dvol that moves against the spot has the slope as its beta and a correlation of minus one`() throws {
        let windows = try windows(market(days: 120, factor: -80))
        #expect(windows.compactMap { $0["observations"]?.integer } == [30, 90] && windows.compactMap { $0["n"]?.integer } == [30, 90])
        for window in windows {
            let beta = try #require(window["beta"]?.decimal.map { Double("\($0)") ?? 0 })
            #expect(abs(beta + 80) < 1e-5, "\(beta)")
            #expect(window["correlation"].flatMap { $0.decimal }.map { abs((Double("\($0)") ?? 0) + 1) < 1e-9 } == true)
            #expect(window["date"]?.string == "2026-04-01" && window["series"]?.count == 119)
        }
    }

    @Test func `the figures of a noisy sample are those of its moments`() throws {
        let market = try market(days: 31, factor: -30, noise: 0.7)
        let window = try #require(try windows(market).first)
        // The same by another path: sums of raw products.
        var points: [(Double, Double)] = []
        var (spot, dvol) = (60_000.0, 50.0)
        for day in (0..<31).reversed() {
            let move = 0.01 * Double((day * 7) % 5 - 2)
            spot *= Foundation.exp(move)
            let change = -30 * move + 0.7 * Double((day * 3) % 4 - 1)
            dvol += change
            if day < 30 { points.append((move, change)) }
        }
        let n = Double(points.count)
        let (sx, sy) = (points.map(\.0).reduce(0, +), points.map(\.1).reduce(0, +))
        let sxy = points.map { $0.0 * $0.1 }.reduce(0, +) - sx * sy / n
        let sxx = points.map { $0.0 * $0.0 }.reduce(0, +) - sx * sx / n
        let syy = points.map { $0.1 * $0.1 }.reduce(0, +) - sy * sy / n
        let beta = try #require(window["beta"]?.decimal.flatMap { Double("\($0)") })
        let correlation = try #require(window["correlation"]?.decimal.flatMap { Double("\($0)") })
        #expect(abs(beta - sxy / sxx) < 1e-5 && abs(correlation - sxy / (sxx * syy).squareRoot()) < 1e-7)
    }

    @Test func `only neighbouring days are paired, and fewer than twenty pairs have no figures`() throws {
        let window = try #require(try windows(market(days: 21, factor: -80, without: 10)).first)
        #expect(window["n"]?.integer == 18 && window["beta"]?.isNull == true && window["correlation"]?.isNull == true)
        let enough = try #require(try windows(market(days: 21, factor: -80)).first)
        #expect(enough["n"]?.integer == 20 && enough["beta"]?.isNull == false)
        #expect(enough["series"]?.elements.first { _ in true }?["beta"]?.isNull == true)
    }

    @Test func `a spot that stands still has neither beta nor correlation`() throws {
        var market = ObservedMarket()
        for day in 0..<40 {
            let time = try moment("2026-04-01T00:00:00Z", plusMinutes: -day * 1440)
            try market.add(.volMetrics, time, ["dvol": FixedDecimal(50 + day % 3), "spot": decimal("60000")])
        }
        let window = try #require(try windows(market).first)
        #expect(window["n"]?.integer == 30 && window["beta"]?.isNull == true && window["correlation"]?.isNull == true)
    }
}
