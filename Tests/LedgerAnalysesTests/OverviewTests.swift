import LedgerJSON
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@Suite struct OverviewTests {
    private static let now = "2026-04-01T00:30:00Z"
    private static let latest = "2026-04-01T00:00:00Z"

    private func data(_ market: ObservedMarket, now: String = OverviewTests.now) throws -> JSONValue {
        try #require(try market.document(.overview, now: moment(now)).root["data"])
    }

    @Test func `the latest figures stand beside their changes against the nearest observation a day and a week before`() throws {
        var market = ObservedMarket()
        try market.add(
            .volMetrics, moment(Self.latest),
            ["dvol": decimal("55.5"), "rv_30d": decimal("40"), "iv_atm_7d": decimal("50"), "put_call_ratio": decimal("0.6")])
        // 91 minutes are too far, of two as near the earlier counts.
        try market.add(.volMetrics, moment(Self.latest, plusMinutes: -1440 - 90), ["dvol": decimal("50"), "rv_30d": decimal("41")])
        try market.add(.volMetrics, moment(Self.latest, plusMinutes: -1440 + 90), ["dvol": decimal("1"), "vrp": decimal("9")])
        try market.add(.volMetrics, moment(Self.latest, plusMinutes: -7 * 1440 - 91), ["dvol": decimal("2")])
        let data = try data(market)
        #expect(data["dvol"]?.sourceText == "55.5" && data["iv_atm_30d"]?.isNull == true && data["put_call_ratio"]?.sourceText == "0.6")
        #expect(data["vrp"]?.sourceText == "15.5" && data["vrp_source"]?.string == "derived")
        let day = try #require(data["changes"]?["24h"])
        #expect(day["dvol"]?.sourceText == "5.5" && day["rv_30d"]?.sourceText == "-1" && day["vrp"]?.sourceText == "6.5")
        #expect(day["timestamp"]?.string == "2026-03-30T22:30:00Z" && day["iv_atm_7d"]?.isNull == true)
        #expect(data["changes"]?["7d"]?.members.allSatisfy { $0.value.isNull } == true)
    }

    @Test func `dvol is ranked among the last values of at least sixty days before now`() throws {
        var market = ObservedMarket()
        // 1 … 60, of which today's last value before now is 30: 29 below and one equal make 49 1/6.
        for day in 0..<60 {
            let time = try moment(Self.latest, plusMinutes: -day * 1440)
            try market.add(.volMetrics, time, ["dvol": FixedDecimal(day == 0 ? 30 : day < 30 ? day : day + 1)])
            try market.add(.volMetrics, moment(Self.latest, plusMinutes: -day * 1440 - 1500), ["iv_atm_7d": decimal("500")])
        }
        #expect(try data(market)["dvol_percentile"]?.sourceText == "49.1666666667")
        // At the very moment of the observation it is not before now: 59 days are too few.
        #expect(try data(market, now: Self.latest)["dvol_percentile"]?.isNull == true)
    }

    @Test(arguments: [("50", "52", "2", "contango"), ("52", "50", "-2", "near_term_risk"), ("50", "51.9", "1.9", "flat")])
    func `the newest term structure has a slope and a state`(near: String, far: String, slope: String, state: String) throws {
        var market = ObservedMarket()
        for (dte, iv) in [("7", near), ("30", far)] {
            try market.add(.termStructure, moment(Self.latest), ["dte": decimal(dte), "iv": decimal(iv)])
        }
        try market.add(.termStructure, moment(Self.latest, plusMinutes: -1), ["dte": decimal("14"), "iv": decimal("99")])
        let term = try #require(try data(market)["term_structure"])
        #expect(term["slope"]?.sourceText == slope && term["state"]?.string == state && term["rows"]?.count == 2)
        #expect(term["timestamp"]?.string == Self.latest && term["rows"]?.elements.first { _ in true }?["dte"]?.sourceText == "7")
    }

    @Test func `a surface is of one moment, and a term structure without its two days has no state`() throws {
        var market = ObservedMarket()
        for (minutes, delta, iv) in [(0, "-25", "60"), (0, "25", "50"), (-60, "50", "40")] {
            try market.add(
                .ivSurface, moment(Self.latest, plusMinutes: minutes),
                ["dte": decimal("30"), "delta": decimal(delta), "iv": decimal(iv)])
        }
        try market.add(.termStructure, moment(Self.latest), ["dte": decimal("8"), "iv": decimal("50")])
        let data = try data(market)
        #expect(
            try data["surface"]?.sourceText
                == #"{"rows":[{"delta":-25,"dte":30,"iv":60},{"delta":25,"dte":30,"iv":50}],"timestamp":"2026-04-01T00:00:00Z"}"#)
        #expect(data["term_structure"]?["state"]?.isNull == true && data["term_structure"]?["slope"]?.isNull == true)
    }

    @Test func `implied and realized volatility stand by day, each from its last row with both`() throws {
        var market = ObservedMarket()
        for (minutes, implied, realized) in [(0, "50", nil), (-60, "49", "40"), (-120, "1", "1"), (-91 * 1440, "7", "7")]
            as [(Int, String, String?)]
        {
            var figures = ["iv_atm_30d": try decimal(implied)]
            if let realized { figures["rv_30d"] = try decimal(realized) }
            try market.add(.volMetrics, moment(Self.latest, plusMinutes: minutes), figures)
        }
        #expect(try data(market)["iv_rv"]?.sourceText == #"[{"date":"2026-03-31","iv_atm_30d":49,"rv_30d":40}]"#)
    }

    @Test func `a series that is too old takes its own figures along, and no other`() throws {
        var market = ObservedMarket()
        try market.add(.volMetrics, moment(Self.latest), ["dvol": decimal("55")])
        try market.add(.termStructure, moment(Self.now, plusMinutes: -1441), ["dte": decimal("7"), "iv": decimal("50")])
        let document = try market.document(.overview, now: moment(Self.now)).root
        #expect(document["status"]?.string == "unavailable" && document["as_of"]?.isNull == true)
        #expect(document["warnings"]?.elements.compactMap(\.string) == ["unavailable:iv_surface", "unavailable:term_structure"])
        #expect(document["data"]?["dvol"]?.sourceText == "55" && document["data"]?["term_structure"]?["rows"]?.isNull == true)
        #expect(document["data"]?["surface"]?["timestamp"]?.isNull == true)
    }
}
