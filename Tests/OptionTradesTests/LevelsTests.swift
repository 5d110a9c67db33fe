import LedgerJSON
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@Suite struct LevelsTests {
    private let rules: LevelsRules
    private static let today = CalendarDate("2026-01-30") ?? .minimum

    init() throws {
        rules = try LevelsRules(version: 1) { path in
            projectText(path.hasPrefix("analyses/") ? path : "projections/\(path)").map { Array($0.utf8) }
        }
    }

    private func decimal(_ text: String?) throws -> FixedDecimal? { try text.map { try FixedDecimal($0) } }

    private func minute(
        _ time: String, open: String? = nil, high: String? = nil, low: String? = nil, close: String? = nil, volume: String? = nil,
        vwap: String? = nil
    ) throws -> Bar {
        Bar(
            timestamp: try instant(time), open: try decimal(open), high: try decimal(high), low: try decimal(low),
            close: try decimal(close), volume: try decimal(volume), vwap: try decimal(vwap))
    }

    /// A daily bar so many days before the date.
    private func day(_ back: Int, close: String?, high: String? = nil, low: String? = nil) throws -> Bar {
        let date = try #require(Self.today.advanced(byDays: -back))
        return Bar(
            timestamp: try #require(Instant(startOf: date)), high: try decimal(high), low: try decimal(low), close: try decimal(close))
    }

    private func read(
        _ minutes: [Bar] = [], days: [Bar] = [], benchmark: [Bar] = [], anchors: [String] = ["session_open"], isMixed: Bool = false
    ) throws -> JSONValue {
        let levels = Levels(
            of: "MSTR", on: Self.today, benchmark: "SPY", anchors: try anchors.map { ($0, try #require(LevelsAnchor($0))) },
            minutes: PricedBars(minutes), days: PricedBars(days), benchmarkDays: PricedBars(benchmark), isMixed: isMixed, rules)
        return try JSONDocument(parsing: JSONWriter.bytes(reservingCapacity: 1024) { levels.write(to: &$0) }).root
    }

    private func warnings(_ document: JSONValue) -> [String] { document["warnings"]?.elements.compactMap(\.string) ?? [] }

    @Test func `the summary follows from the day's bars and those before`() throws {
        let document = try read(
            [
                minute("2026-01-30T14:29:00Z", open: "98", close: "99"), minute("2026-01-30T14:30:00Z", open: "102", close: "103"),
                minute("2026-01-31T04:59:00Z", close: "104.5"), minute("2026-01-31T05:00:00Z", close: "1"),
            ],
            days: (1...20).map { try day($0, close: "100", high: "\(100 + $0)", low: $0 == 3 ? nil : "\(90 - $0)") } + [
                day(0, close: "105"), day(-1, close: "7"),
            ])
        let summary = try #require(document["summary"])
        #expect(
            summary.sourceText
                == #"{"beta_20d":null,"corr_20d":null,"gap_pct":0.02,"prev_close":100,"prior_high":101,"prior_low":89,"#
                + #""rolling_high":120,"rolling_low":70,"rs_ratio":null,"session_open":102,"spot":104.5}"#)
        #expect(warnings(document).contains("short_history") && !warnings(document).contains("missing_spot"))
    }

    @Test func `without bars every figure is null`() throws {
        let none = try read(anchors: ["session_open", "breakout_day"])
        #expect(
            warnings(none) == [
                "missing_prev_close", "missing_session_open", "missing_spot", "no_bars", "no_breakout_day", "short_history",
                "zero_volume:session_open", "zero_volume:volume_profile",
            ])
        #expect(none["volume_profile"]?.count == 0 && none["anchored_vwaps"]?.count == 2)
        let mixed = try read([minute("2026-01-30T15:00:00Z", close: "99", volume: "1")], days: [day(1, close: "1")], isMixed: true)
        #expect(warnings(mixed) == ["mixed_adjustment"])
        #expect(mixed["summary"]?.members.allSatisfy { $0.value.isNull } == true && mixed["volume_profile"]?.count == 0)
    }

    @Test func `beta and correlation are of the last twenty returns on common dates`() throws {
        // The benchmark gains and loses a tenth in turn; the symbol twice that, or against it.
        func closes(_ up: String, _ down: String, _ count: Int) throws -> [Bar] {
            try (0..<count).map { try day($0, close: $0 % 2 == 0 ? up : down) }
        }
        let same = try read(days: try closes("110", "100", 21), benchmark: try closes("220", "200", 21))["summary"]
        #expect(same?["beta_20d"]?.sourceText == "1" && same?["corr_20d"]?.sourceText == "1" && same?["rs_ratio"]?.sourceText == "0.5")
        let against = try read(days: try closes("100", "110", 21), benchmark: try closes("110", "100", 21))["summary"]
        // Returns 1/10 and −1/11 in turn against −1/11 and 1/10: alike but for the sign, about the same mean.
        #expect(against?["beta_20d"]?.sourceText == "-1" && against?["corr_20d"]?.sourceText == "-1")
        let few = try read(days: try closes("110", "100", 21), benchmark: try closes("220", "200", 20))
        #expect(few["summary"]?["beta_20d"]?.isNull == true && warnings(few).contains("short_history"))
        let flat = try read(days: try closes("110", "100", 21), benchmark: try closes("200", "200", 21))
        #expect(flat["summary"]?["beta_20d"]?.isNull == true && flat["summary"]?["corr_20d"]?.isNull == true)
        #expect(warnings(flat).contains("zero_variance"))
    }

    @Test func `an anchored price is weighted by volume from the anchor to the end of the date`() throws {
        let bars = [
            try minute("2026-01-29T15:00:00Z", volume: "100", vwap: "50"), try minute("2026-01-30T14:30:00Z", volume: "5"),
            try minute("2026-01-30T14:31:00Z", volume: "10", vwap: "100"),
            try minute("2026-01-30T14:32:00Z", high: "112", low: "107", close: "111", volume: "30", vwap: "0"),
        ]
        let document = try read(bars, anchors: ["session_open", "date:2026-01-29", "timestamp:2026-01-30T14:32:00Z", "date:2026-02-02"])
        let found = document["anchored_vwaps"]?.elements.map { $0 } ?? []
        // (10 × 100 + 30 × 110) ÷ 40; the bar without a price is skipped. Spot is 111.
        #expect(
            found[0].sourceText
                == #"{"anchor_id":"session_open","anchor_price":100,"anchor_ts_utc":"2026-01-30T14:31:00Z","anchor_type":"session_open","#
                + #""anchored_vwap":107.5,"distance_from_spot_pct":0.0325581395}"#)
        #expect(found[1]["anchored_vwap"]?.sourceText == "66.4285714286" && found[1]["anchor_type"]?.string == "date")
        #expect(found[2]["anchored_vwap"]?.sourceText == "110" && found[2]["anchor_price"]?.sourceText == "110")
        #expect(found[3]["anchored_vwap"]?.isNull == true && warnings(document).contains("zero_volume:date:2026-02-02"))
    }

    @Test func `a breakout is the latest close above the highest high of the twenty bars before`() throws {
        let days = try (0...40).map { back in
            try day(back, close: back == 5 ? "121" : back == 10 ? "120.5" : "100", high: back == 30 ? nil : "120")
        }
        let daily = try read(days: days, anchors: ["breakout_day"])["anchored_vwaps"]?.elements.first { _ in true }
        // Of 121 and 120.5 the later; without minute bars its daily bar.
        #expect(daily?["anchor_ts_utc"]?.string == "2026-01-25T00:00:00Z" && daily?["anchor_price"]?.sourceText == "121")
        let minutes = [
            try minute("2026-01-25T20:00:00Z", volume: "2", vwap: "118"), try minute("2026-01-30T15:00:00Z", volume: "2", vwap: "120"),
        ]
        let found = try read(minutes, days: days, anchors: ["breakout_day"])["anchored_vwaps"]?.elements.first { _ in true }
        #expect(found?["anchor_ts_utc"]?.string == "2026-01-25T20:00:00Z" && found?["anchored_vwap"]?.sourceText == "119")
        #expect(
            warnings(try read(days: try (0...40).map { try day($0, close: "1", high: "1") }, anchors: ["breakout_day"])).contains(
                "no_breakout_day"))
    }

    @Test func `the volume profile has twenty bins, the top edge in the last`() throws {
        let document = try read([
            minute("2026-01-30T15:00:00Z", volume: "10", vwap: "100"), minute("2026-01-30T15:01:00Z", volume: "30", vwap: "101"),
            minute("2026-01-30T15:02:00Z", volume: "20", vwap: "120"), minute("2026-01-30T15:03:00Z", volume: "30", vwap: "119"),
            minute("2026-01-30T15:04:00Z", vwap: "110"),
        ])
        let bins = document["volume_profile"]?.elements.map { $0 } ?? []
        #expect(bins.count == 20 && bins[0]["price_bin_low"]?.sourceText == "100" && bins[19]["price_bin_high"]?.sourceText == "120")
        #expect(bins.map { $0["volume"]?.sourceText } == ["10", "30"] + Array(repeating: "0", count: 17) + ["50"])
        // Of 10, 30 and 50: the 80th percentile is 42, the 20th 18.
        #expect(bins.map { $0["is_hvn"]?.bool } == Array(repeating: false, count: 19) + [true])
        #expect(bins.indices.filter { bins[$0]["is_lvn"]?.bool == true } == [0] && bins[19]["is_poc"]?.bool == true)
        #expect(bins[1]["volume_pct"]?.sourceText == "0.3333333333")
        let one = try read([
            minute("2026-01-30T15:00:00Z", volume: "10", vwap: "100"), minute("2026-01-30T15:01:00Z", volume: "1", vwap: "100"),
        ])
        #expect(
            one["volume_profile"]?.sourceText
                == #"[{"is_hvn":true,"is_lvn":true,"is_poc":true,"price_bin_high":100,"price_bin_low":100,"volume":11,"volume_pct":1}]"#)
    }
}
