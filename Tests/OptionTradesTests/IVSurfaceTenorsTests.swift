import LedgerJSON
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@Suite struct IVSurfaceTenorsTests {
    private let rules: IVSurfaceRules

    init() throws { rules = try IVSurfaceRules(version: 1, read: projectRuleFile) }

    /// A stored row with one IV, in its first bucket of calls too.
    private func row(_ date: String, dte: Int, iv: String?, isComplete: Bool = true) throws -> JSONDocument {
        let day = try #require(CalendarDate(date))
        let expiry = try #require(day.advanced(byDays: dte))
        let value = iv.map { "\"\($0)\"" } ?? "null"
        return try JSONDocument(
            parsing: Array(
                """
                {"atm_iv":\(value),"delta_buckets":[{"avg_iv":\(value),"delta_bucket":"d00_20","median_iv":null,"n_contracts":1,\
                "option_type":"call"}],"dte":\(dte),"expected_move_pct":"0.1","expiry":"\(expiry)","market_date":"\(date)",\
                "skew_25d_pp":null,"spot":"100","timestamp":\(isComplete ? "\"\(date)T15:00:00Z\"" : "null"),"warnings":["no_mark:1C"]}
                """.utf8))
    }

    private func read(_ dates: [String], _ rows: [JSONDocument], tenors: [Int] = [30], warnings: [String] = []) throws -> [JSONValue] {
        let days = try dates.map { IVSurfaceTenors.MarketDay(date: try #require(CalendarDate($0)), warnings: warnings) }
        let tenors = IVSurfaceTenors(of: "MSTR", from: nil, to: nil, tenors: tenors, dates: days, rows: rows, rules)
        let bytes = JSONWriter.bytes(reservingCapacity: 1024) { tenors.write(to: &$0) }
        return try JSONDocument(parsing: bytes).root["rows"]?.elements.map { $0 } ?? []
    }

    private func warnings(_ row: JSONValue) -> [String] { row["warnings"]?.elements.compactMap(\.string) ?? [] }

    @Test func `a tenor is the expiry with the least distance, ties to the earlier, and far beyond half the target`() throws {
        let rows = try [15, 25, 35, 90].map { try row("2026-01-30", dte: $0, iv: "\($0)") }
        let found = try read(["2026-01-30"], rows, tenors: [7, 30, 180, 60], warnings: ["incomplete_chain:2026-03-20"])
        #expect(found.map { $0["dte"]?.integer } == [15, 25, 90, 35] && found.map { $0["tenor_gap_dte"]?.integer } == [8, -5, -90, -25])
        // 8 is more than 3.5; 90 is exactly the half, and not more.
        #expect(found.map { warnings($0).contains("tenor_far") } == [true, false, false, false])
        #expect(warnings(found[1]) == ["incomplete_chain:2026-03-20", "no_mark:1C", "short_history"])
        #expect(found[1]["atm_iv"]?.sourceText == "25" && found[1]["tenor_target_dte"]?.integer == 30)
    }

    @Test func `changes are against the latest earlier date with rows, which may lie before the dates that were asked for`() throws {
        let rows = try [
            row("2025-10-01", dte: 30, iv: "40"), row("2026-01-29", dte: 30, iv: nil, isComplete: false),
            row("2026-01-30", dte: 30, iv: "43.5"), row("2026-01-31", dte: 30, iv: nil),
        ]
        let found = try read(["2026-01-30", "2026-01-31"], rows)
        let first = try #require(found[0]["changes"])
        #expect(first["previous_market_date"]?.string == "2025-10-01" && first["atm_iv"]?.sourceText == "3.5")
        #expect(first["skew_25d_pp"]?.isNull == true && first["expected_move_pct"]?.sourceText == "0")
        #expect(first["delta_buckets"]?.count == 10 && first["delta_buckets"]?.elements.first { _ in true }?["avg_iv"]?.sourceText == "3.5")
        #expect(found[1]["changes"]?["previous_market_date"]?.string == "2026-01-30" && found[1]["changes"]?["atm_iv"]?.isNull == true)
        let alone = try read(["2025-10-01"], rows)[0]["changes"]
        #expect(alone?["previous_market_date"]?.isNull == true && alone?["atm_iv"]?.isNull == true && alone?["delta_buckets"]?.count == 10)
    }

    @Test func `a percentile counts those below and half of those equal, among sixty or more of the year before`() throws {
        let today = try #require(CalendarDate("2026-01-30"))
        func rows(_ count: Int, _ value: (Int) -> String?) throws -> [JSONDocument] {
            try (1...count).reversed().map { back in
                try row((try #require(today.advanced(byDays: -back))).description, dte: 30, iv: value(back))
            } + [try row("2026-01-30", dte: 30, iv: "50")]
        }
        // Of 60 values 15 are below and 30 equal: 100 × (15 + 15) ÷ 60.
        let known = try read(["2026-01-30"], try rows(60) { $0 <= 15 ? "40" : $0 <= 45 ? "50" : "60" })[0]
        #expect(known["atm_iv_percentile"]?.sourceText == "50" && !warnings(known).contains("short_history"))
        let few = try read(["2026-01-30"], try rows(60) { $0 == 1 ? nil : "40" })[0]
        #expect(few["atm_iv_percentile"]?.isNull == true && warnings(few).contains("short_history"))
        // The day 365 days before counts, the one before it does not.
        let year = try read(["2026-01-30"], try rows(366) { $0 == 366 ? "1" : $0 > 306 ? "60" : nil })[0]
        #expect(year["atm_iv_percentile"]?.isNull == true)
        let whole = try read(["2026-01-30"], try rows(365) { $0 > 305 ? "60" : nil })[0]
        #expect(whole["atm_iv_percentile"]?.sourceText == "0")
    }

    @Test func `a date whose chains all end that day has rows without an expiry`() throws {
        let found = try read(["2026-01-30"], [])[0]
        #expect(warnings(found) == ["no_expiry"] && found["changes"]?.isNull == true && found["delta_buckets"]?.isNull == true)
        #expect(found["market_date"]?.string == "2026-01-30" && found["dte"]?.isNull == true)
    }
}
