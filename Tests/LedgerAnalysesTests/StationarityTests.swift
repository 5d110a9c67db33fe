import LedgerAnalyses
import LedgerJSON
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// Hand-worked cases of the four figures: one value a day at noon, sixty days before the last thirty.
@Suite struct StationarityTests {
    private static let now = "2026-04-01T00:00:00Z"

    /// The values of the last days and of those before: `rv_30d` is 10 points below, so that `vrp` is 10, and the imbalance a hundredth.
    private func document(recent: [String], older: [String], minutesToNow: Int = 0) throws -> JSONValue {
        var market = ObservedMarket()
        let now = try moment(Self.now)
        for (values, first) in [(recent, 0), (older, 30)] {
            for (day, text) in values.enumerated() {
                let value = try decimal(text)
                let time = try moment(Self.now, plusMinutes: -(first + day) * 1440 - 720)
                try market.add(.volMetrics, time, ["dvol": value, "rv_30d": value - FixedDecimal(10)])
                try market.add(.gexHourly, time, ["net_gex": value, "abs_gex": FixedDecimal(100)])
            }
        }
        let later = try #require(now.advanced(byMicroseconds: Int64(minutesToNow) * 60_000_000))
        return try market.document(.stationarity, now: later).root
    }

    /// That many values around a middle, as far from it by turns.
    private func around(_ middle: Int, _ distance: Int, count: Int) -> [String] {
        (0..<count).map { "\(middle + ($0 % 2 == 0 ? distance : -distance))" }
    }

    private func figure(_ document: JSONValue, _ name: String) throws -> JSONValue { try #require(document["data"]?[name]) }

    @Test func `the same mean and spread are stable, with means and sample variances to ten digits`() throws {
        let document = try document(recent: around(50, 1, count: 20), older: around(50, 1, count: 40))
        // 20 ÷ 19 and 40 ÷ 39; of the imbalance a ten-thousandth of them.
        for (name, mean, recent, older) in [
            ("dvol", "50", "1.0526315789", "1.0256410256"), ("rv_30d", "40", "1.0526315789", "1.0256410256"),
            ("vrp", "10", "0", "0"), ("gex_imbalance", "0.5", "0.0001052632", "0.0001025641"),
        ] {
            let figure = try figure(document, name)
            #expect(
                try figure.sourceText
                    == "{\"blend_weight\":1,\"mean_older\":\(mean),\"mean_recent\":\(mean),\"n_older\":40,\"n_recent\":20,\"status\":\"stable\",\"variance_older\":\(older),\"variance_recent\":\(recent)}",
                "\(name)")
        }
        #expect(document["status"]?.string == "stale" && document["age_minutes"]?.sourceText == "720")
        #expect(document["as_of"]?.string == "2026-03-31T12:00:00Z" && document["warnings"]?.count == 0)
    }

    @Test(arguments: [
        // (3)² = 9 is more than the pooled variance, about 1.
        ("another mean", 53, 1, 50, 1, "unstable"), ("a mean at the edge", 51, 1, 50, 1, "stable"),
        // v₁ ÷ v₂ is about 25, and about 1 ÷ 25.
        ("more spread", 50, 5, 50, 1, "unstable"), ("less spread", 50, 1, 50, 5, "unstable"),
        // Twice the spread is inside, only more is outside: 2 × 40/39 is less than 4 × 20/19.
        ("no spread on either side", 50, 0, 50, 0, "stable"), ("no spread, another mean", 51, 0, 50, 0, "unstable"),
        ("no spread only in the recent days", 50, 0, 50, 1, "unstable"), ("no spread only in the older days", 50, 1, 50, 0, "unstable"),
    ])
    func `mean and spread decide`(name: String, m1: Int, s1: Int, m2: Int, s2: Int, expected: String) throws {
        let document = try document(recent: around(m1, s1, count: 20), older: around(m2, s2, count: 40))
        for figure in ["dvol", "rv_30d", "gex_imbalance"] {
            let found = try self.figure(document, figure)
            #expect(found["status"]?.string == expected, "\(name): \(figure) \(found.sourceText)")
            #expect(found["blend_weight"]?.sourceText == (expected == "stable" ? "1" : "0.25"))
        }
        // Always 10.
        #expect(try figure(document, "vrp")["status"]?.string == "stable")
    }

    @Test(arguments: [(19, 40), (20, 39), (0, 0), (1, 0)])
    func `too few days are insufficient, and what can be worked out is shown`(recent: Int, older: Int) throws {
        let document = try document(recent: around(50, 1, count: recent), older: around(50, 1, count: older), minutesToNow: -700)
        if recent == 0 { return #expect(try figure(document, "dvol")["status"]?.isNull == true) }
        let figure = try figure(document, "dvol")
        #expect(figure["status"]?.string == "insufficient" && figure["blend_weight"]?.sourceText == "0")
        #expect(figure["n_recent"]?.integer == Int64(recent) && figure["n_older"]?.integer == Int64(older))
        #expect(figure["mean_recent"]?.isNull == false && figure["variance_recent"]?.isNull == (recent < 2))
        #expect(figure["mean_older"]?.isNull == (older == 0))
    }

    @Test func `the last value of a UTC day before now counts, in the window of its own time`() throws {
        var market = ObservedMarket()
        let now = "2026-04-01T12:00:00Z"
        // Of today 11:00 counts: noon itself is not before now, though the series is as of then.
        for (time, dvol) in [("2026-04-01T10:00:00Z", "40"), ("2026-04-01T11:00:00Z", "41"), ("2026-04-01T12:00:00Z", "99")] {
            try market.add(.volMetrics, moment(time), ["dvol": decimal(dvol)])
        }
        // The recent window begins on 2 March at noon: of that day the last value is inside, whatever came before it.
        for (time, dvol) in [("2026-03-02T11:00:00Z", "10"), ("2026-03-02T13:00:00Z", "43"), ("2026-03-01T13:00:00Z", "7")] {
            try market.add(.volMetrics, moment(time), ["dvol": decimal(dvol)])
        }
        let document = try market.document(.stationarity, now: moment(now)).root
        let figure = try figure(document, "dvol")
        #expect(figure["n_recent"]?.integer == 2 && figure["mean_recent"]?.sourceText == "42")
        #expect(figure["n_older"]?.integer == 1 && figure["mean_older"]?.sourceText == "7")
        let quality = try #require(document["source_quality"]?.elements.map { $0 }.last)
        #expect(quality["as_of"]?.string == now && quality["status"]?.string == "live" && quality["rows"]?.integer == 1)
    }

    @Test func `an observed vrp and imbalance go before derived ones, and nulls are passed over`() throws {
        var market = ObservedMarket()
        try market.add(.volMetrics, moment("2026-03-31T20:00:00Z"), ["dvol": decimal("50"), "rv_30d": decimal("45"), "vrp": decimal("3")])
        try market.add(.volMetrics, moment("2026-03-31T22:00:00Z"), ["dvol": decimal("52")])
        try market.add(
            .gexHourly, moment("2026-03-31T23:00:00Z"), ["net_gex": decimal("1"), "abs_gex": decimal("3"), "gex_imbalance": decimal("0.5")])
        try market.add(.gexHourly, moment("2026-03-30T23:00:00Z"), ["net_gex": decimal("1"), "abs_gex": decimal("3")])
        try market.add(.gexHourly, moment("2026-03-29T23:00:00Z"), ["net_gex": decimal("1"), "abs_gex": decimal("0")])
        let document = try market.document(.stationarity, now: moment(Self.now)).root
        #expect(try figure(document, "vrp")["mean_recent"]?.sourceText == "3")
        #expect(try figure(document, "dvol")["mean_recent"]?.sourceText == "52")
        // (1/2 + 1/3) ÷ 2 = 5/12; abs_gex 0 has no imbalance.
        #expect(try figure(document, "gex_imbalance")["mean_recent"]?.sourceText == "0.4166666667")
        #expect(try figure(document, "gex_imbalance")["n_recent"]?.integer == 2)
    }

    @Test(arguments: [(90, "live"), (91, "stale"), (1440, "stale"), (1441, "unavailable")])
    func `a series is as good as its newest observation is young`(age: Int, expected: String) throws {
        var market = ObservedMarket()
        let now = try moment(Self.now)
        try market.add(.volMetrics, moment(Self.now), ["dvol": decimal("50")])
        try market.add(.gexHourly, moment(Self.now, plusMinutes: -age), ["gex_imbalance": decimal("0.25")])
        let document = try market.document(.stationarity, now: now).root
        #expect(document["status"]?.string == expected && document["age_minutes"]?.integer == Int64(age))
        let isUnavailable = expected == "unavailable"
        #expect(document["warnings"]?.elements.compactMap(\.string) == (isUnavailable ? ["unavailable:gex_hourly"] : []))
        #expect(
            try figure(document, "gex_imbalance").members.allSatisfy {
                $0.value.isNull == isUnavailable || $0.key.hasSuffix("older") || $0.key == "variance_recent"
            })
        #expect(try figure(document, "dvol")["n_recent"]?.integer == 0)
    }

    @Test func `a market without observations has nulls and a warning for each series`() throws {
        let document = try ObservedMarket().document(.stationarity, now: moment(Self.now), currency: "SOL").root
        #expect(document["status"]?.string == "unavailable" && document["as_of"]?.isNull == true)
        #expect(
            document["warnings"]?.elements.compactMap(\.string) == ["unavailable:gex_hourly", "unavailable:vol_metrics"])
        let data = try #require(document["data"])
        #expect(data.members.map(\.key) == ["dvol", "gex_imbalance", "rv_30d", "vrp"])
        #expect(data.members.allSatisfy { $0.value.members.allSatisfy { $0.value.isNull } })
    }

    @Test func `later observations, and those of other markets, never change an earlier answer`() throws {
        var market = ObservedMarket()
        for day in 0..<80 {
            let time = try moment(Self.now, plusMinutes: -day * 1440 - 60)
            try market.add(.volMetrics, time, ["dvol": FixedDecimal(40 + day % 7)])
            try market.add(.gexHourly, time, ["net_gex": FixedDecimal(day), "abs_gex": FixedDecimal(97)])
        }
        let now = try moment(Self.now)
        let before = try market.document(.stationarity, now: now).bytes
        for hour in 1...50 {
            try market.add(.volMetrics, moment(Self.now, plusMinutes: hour * 60), ["dvol": FixedDecimal(500)])
            try market.add(.gexHourly, moment(Self.now, plusMinutes: -hour * 60), ["gex_imbalance": FixedDecimal(1)], currency: "ETH")
        }
        #expect(try market.document(.stationarity, now: now).bytes == before)
    }
}
