import Foundation
import LedgerJSON
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@Suite struct GammaTests {
    private static let now = "2026-04-01T00:00:00Z"

    private func add(_ hoursBefore: Int, _ imbalance: FixedDecimal?, spot: Double? = nil, to market: inout ObservedMarket) throws {
        var figures: [String: FixedDecimal] = [:]
        if let imbalance { figures["gex_imbalance"] = imbalance }
        if let spot { figures["spot"] = try decimal(String(format: "%.8f", spot)) }
        try market.add(.gexHourly, moment(Self.now, plusMinutes: -60 * hoursBefore), figures)
    }

    private func document(_ market: ObservedMarket, hoursBefore: Int = 0) throws -> JSONValue {
        try #require(try market.document(.gamma, now: moment(Self.now, plusMinutes: -60 * hoursBefore)).root["data"])
    }

    /// A number that jumps about, the same for each seed.
    private func noise(_ seed: Int) -> Int {
        var state = UInt64(seed) &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        state ^= state >> 33
        state = state &* 0xff51_afd7_ed55_8ccd
        return Int(state >> 40) % 2001 - 1000
    }

    @Test(arguments: [("0.10", "long_gamma"), ("0.0999999999", "neutral"), ("-0.10", "short_gamma"), ("-0.0999999999", "neutral")])
    func `with too few hours the fixed thresholds name a regime, inclusive`(imbalance: String, regime: String) throws {
        var market = ObservedMarket()
        for hour in 1..<240 { try add(hour, FixedDecimal(0), to: &market) }
        try add(0, decimal(imbalance), to: &market)
        let data = try document(market)
        #expect(data["regime"]?.string == regime && data["fixed_thresholds"]?.sourceText == "true")
        #expect(data["days_in_regime"]?.sourceText == (regime == "neutral" ? "9.9583333333" : "0"))
    }

    @Test(arguments: [("0.168", "long_gamma"), ("0.1672", "neutral"), ("0.0717", "short_gamma"), ("0.0718", "neutral")])
    func `with enough of them the percentiles of the ninety days before the hour do`(imbalance: String, regime: String) throws {
        var market = ObservedMarket()
        // 0.000 … 0.239: the 30th percentile is 0.0717, the 70th 0.1673. What is older than 90 days does not count.
        for hour in 1...240 { try add(hour, decimal(String(format: "%.3f", Double(hour - 1) / 1000)), to: &market) }
        try add(90 * 24 + 1, FixedDecimal(1), to: &market)
        try add(0, decimal(imbalance), to: &market)
        let data = try document(market)
        #expect(data["regime"]?.string == regime && data["fixed_thresholds"]?.sourceText == "false")
        #expect(data["timestamp"]?.string == Self.now)
    }

    @Test func `the regime of an hour is the same whatever came after it`() throws {
        var market = ObservedMarket()
        for hour in (0..<700).reversed() where hour % 13 != 5 {
            try add(hour, decimal(String(format: "%.4f", Double(noise(hour)) / 1000)), spot: 60_000 + Double(noise(hour * 3)), to: &market)
        }
        let whole = try #require(try document(market)["hours"])
        // Day by day the regimes of the hours until then add up to what the last document counts.
        var counted: [String: Int64] = [:]
        for hour in (0..<700).reversed() where hour % 13 != 5 {
            guard hour < 40 || hour % 97 == 0 || hour == 699 else { continue }
            let data = try document(market, hoursBefore: hour)
            let sum = data["hours"]?.members.reduce(Int64(0)) { $0 + ($1.value.integer ?? 0) }
            let expected = (hour..<700).count { $0 % 13 != 5 }
            #expect(sum == Int64(expected))
            // Never fewer than before: no hour changes its regime.
            for (name, count) in data["hours"]?.members.map({ ($0.key, $0.value.integer ?? 0) }) ?? [] {
                #expect(count >= counted[name, default: 0], "\(name) \(hour)")
                counted[name] = count
            }
            if hour < 39, hour % 13 != 5, (hour + 1) % 13 != 5 {
                // One more hour is one more of its own regime alone.
                let before = try document(market, hoursBefore: hour + 1)
                for name in ["long_gamma", "neutral", "short_gamma"] {
                    let more = (data["hours"]?[name]?.integer ?? 0) - (before["hours"]?[name]?.integer ?? 0)
                    #expect(more == (data["regime"]?.string == name ? 1 : 0))
                }
            }
        }
        #expect(whole.members.allSatisfy { $0.value.integer == counted[$0.key] })
    }

    @Test func `returns follow an hour over its horizon, and a sample that is too small has no figures`() throws {
        var market = ObservedMarket()
        // 61 hours of neutral gamma: the spot rises by 1% and falls by half a percent by turns.
        var spot = 60_000.0
        for hour in (0..<61).reversed() {
            try add(hour, FixedDecimal(0), spot: spot, to: &market)
            spot *= Foundation.exp(hour % 2 == 0 ? 0.01 : -0.005)
        }
        let rows = try #require(try document(market)["conditional"]?.elements.map { $0 })
        #expect(rows.count == 9)
        let hourly = try #require(rows.first { $0["regime"]?.string == "neutral" && $0["horizon_hours"]?.integer == 1 })
        #expect(hourly["n"]?.integer == 60 && hourly["n_independent"]?.sourceText == "60" && hourly["status"]?.string == "ok")
        func figure(_ name: String) -> Double { hourly[name]?.decimal.flatMap { Double("\($0)") } ?? .nan }
        #expect(abs(figure("mean") - 0.0025) < 1e-9 && abs(figure("sd") - 0.0075 * (60.0 / 59).squareRoot()) < 1e-9)
        #expect(figure("share_positive") == 0.5 && abs(figure("p5") + 0.005) < 1e-9 && abs(figure("p50") - 0.0025) < 1e-9)
        #expect(abs(figure("p95") - 0.01) < 1e-9 && hourly["missing_hours"]?.integer == 0)
        let daily = try #require(rows.first { $0["regime"]?.string == "neutral" && $0["horizon_hours"]?.integer == 24 })
        #expect(daily["n"]?.integer == 37 && daily["n_independent"]?.sourceText == "1.5416666667")
        #expect(daily["status"]?.string == "insufficient" && daily["mean"]?.isNull == true && daily["p50"]?.isNull == true)
        // 30 × 24 hours are needed.
        #expect(daily["missing_hours"]?.integer == 683)
    }
}
