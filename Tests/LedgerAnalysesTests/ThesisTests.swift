import LedgerJSON
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@Suite struct ThesisTests {
    private static let now = "2026-04-01T00:30:00Z"
    private static let latest = "2026-04-01T00:00:00Z"

    private func document(_ figures: [String: String], imbalance: String?, days: Int = 0) throws -> JSONValue {
        var market = ObservedMarket()
        for day in 1..<max(days, 1) {
            try market.add(.volMetrics, moment(Self.latest, plusMinutes: -day * 1440), ["dvol": FixedDecimal(50 + day % 3)])
        }
        try market.add(.volMetrics, moment(Self.latest), try figures.mapValues { try decimal($0) })
        if let imbalance { try market.add(.gexHourly, moment(Self.latest), ["gex_imbalance": decimal(imbalance)]) }
        return try market.document(.thesis, now: moment(Self.now)).root
    }

    @Test func `impacts of the signals add up to a score, and what agrees and is covered to a confidence`() throws {
        // vrp −5: 15 × clamp((2.5 + 5) ÷ 7.5, −1, 1) = 15; short gamma 6; near term risk 6; in all 77.
        let root = try document(["vrp": "-5", "iv_atm_7d": "60", "iv_atm_30d": "50"], imbalance: "-0.5")
        let data = try #require(root["data"])
        #expect(data["score"]?.sourceText == "77" && data["headline"]?.string == "favor_long_vol" && data["agreement"]?.sourceText == "1")
        #expect(
            data["signals"]?.sourceText
                == #"[{"impact":6,"signal":"gamma_regime","value":"short_gamma"},{"impact":6,"signal":"term_structure","value":"near_term_risk"},{"impact":15,"signal":"vrp","value":-5}]"#
        )
        #expect(data["missing_signals"]?.elements.compactMap(\.string) == ["dvol_percentile", "smile"])
        // Stationarity is insufficient: 0.75 × (0.5 + 0.5 × 3 ÷ 6).
        #expect(data["confidence"]?.sourceText == "0.5625")
        #expect(
            data["gates"]?.elements.compactMap(\.string) == ["stationarity:insufficient", "gex_strike:unavailable"])
    }

    @Test(arguments: [("10", "-3", "favor_short_vol", "32"), ("2.5", "0.5", "neutral", "47"), ("-2", "-0.5", "favor_long_vol", "65")])
    func `the headline goes by the score`(vrp: String, imbalance: String, headline: String, score: String) throws {
        // 15 × (2.5 − vrp) ÷ 7.5, and −3 or 6 for gamma.
        let data = try #require(try document(["vrp": vrp], imbalance: imbalance == "-3" ? "0.5" : imbalance)["data"])
        #expect(data["headline"]?.string == headline && data["score"]?.sourceText == score)
    }

    @Test func `a critical alert of the market or the ledger closes a gate while it is raised, from the second rules on`() throws {
        var market = ObservedMarket()
        try market.add(.volMetrics, moment(Self.latest), ["vrp": decimal("-5"), "dvol": decimal("50")])
        for (id, currency, severity) in [
            ("a", "BTC", "critical"), ("b", "-", "critical"), ("c", "ETH", "critical"), ("d", "BTC", "warning"), ("e", "BTC", "critical"),
        ] { market.add(AlertChange.raised(sampleRaise(id, currency, minute: 0, severity: severity)).event(previousVersion: 0)) }
        market.add(AlertChange.cleared(sampleClear("e", "BTC", minute: 1)).event(previousVersion: 1))
        let gates = try market.document(.thesis, now: moment(Self.now)).root["data"]?["gates"]?.elements.compactMap(\.string) ?? []
        #expect(gates.filter { $0.hasPrefix("alert:") } == ["alert:a", "alert:b"])
    }

    @Test func `one signal makes no score, and nothing is made up`() throws {
        let data = try #require(try document(["dvol": "50"], imbalance: "0.5")["data"])
        for name in ["score", "headline", "agreement", "confidence"] { #expect(data[name]?.isNull == true, "\(name)") }
        #expect(data["signals"]?.count == 1)
    }

    @Test func `signals against each other agree little, and a stable past is trusted`() throws {
        let data = try #require(try document(["dvol": "51", "vrp": "-5"], imbalance: "0.5", days: 89)["data"])
        // 15 − 3, and the rank of 51 among 29 days of 50, 31 of 51 and 29 of 52: 50, so 0.
        #expect(data["score"]?.sourceText == "62" && data["agreement"]?.sourceText == "0.6666666667")
        // 0.5 + 0.5 × 4 ÷ 6.
        #expect(data["confidence"]?.sourceText == "0.8333")
        #expect(data["gates"]?.elements.compactMap(\.string) == ["gex_strike:unavailable"])
        let groups = try #require(data["tree"]).elements.compactMap { $0["title"]?.string }
        #expect(groups == ["Decision Summary", "Market Setup", "Model Trust", "Probability Outcomes", "Alpha Measurement"])
    }

    @Test func `candidates of yields need a chain, and the basis of the shortest tenor stands beside`() throws {
        var market = ObservedMarket()
        for tenor in [30, 7] {
            try market.add(
                .futuresBasis,
                [
                    "currency": .text("BTC"), "venue": .text("okx"), "instrument": .text("CM"), "tenor_days": .integer(Int64(tenor)),
                    "timestamp": .instant(try moment(Self.latest)), "apr": .decimal(try decimal("0.05")),
                ])
        }
        let root = try market.document(.yields, now: moment(Self.now)).root
        #expect(root["status"]?.string == "unavailable" && root["warnings"]?.elements.compactMap(\.string) == ["unavailable:option_chain"])
        #expect(root["data"]?["candidates"]?.isNull == true)
        #expect(root["data"]?["basis"]?.elements.compactMap { $0["tenor_days"]?.integer } == [7])
    }
}
