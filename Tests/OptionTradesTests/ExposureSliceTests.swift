import LedgerJSON
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@Suite struct ExposureSliceTests {
    private let rules: ExposureRules

    init() throws { rules = try ExposureRules(version: 1, read: projectRuleFile) }

    private func date(_ text: String) throws -> CalendarDate { try #require(CalendarDate(text)) }

    private func chain(
        _ expiry: String, at time: String = "2026-01-30T15:00:00Z", spot: String? = "100", forward: String? = nil, _ rows: [ChainRow],
        underlying: String = "MSTR"
    ) throws -> CountedChain {
        let chain = OptionChain(
            timestamp: try instant(time), source: "alpaca", spot: try spot.map { try FixedDecimal($0) },
            forward: try forward.map { try FixedDecimal($0) }, multiplier: FixedDecimal(100), rows: rows)
        return CountedChain(
            underlying: underlying, marketDate: try date("2026-01-30"), expiry: try date(expiry), chain: chain, isIncomplete: false,
            latest: chain.timestamp)
    }

    /// A contract whose gex is 100 × gamma × interest at a spot of 100 and a multiplier of 100: 10,000 × gamma × interest.
    private func row(_ strike: Int, _ type: OptionType, _ gamma: String, _ interest: Int, iv: Int? = 50) throws -> ChainRow {
        ChainRow(
            strike: FixedDecimal(strike), type, iv: iv.map { FixedDecimal($0) }, gamma: try FixedDecimal(gamma),
            openInterest: FixedDecimal(interest))
    }

    private func read(
        _ chains: [CountedChain], _ choice: ExposureSlice.Choice = .all, warnings: [String] = []
    ) throws -> JSONValue {
        let slice = ExposureSlice(
            of: "MSTR", on: try date("2026-01-30"), choice, chains, dateWarnings: warnings, rules)
        let bytes = JSONWriter.bytes(reservingCapacity: 1024) { slice.write(to: &$0) }
        return try JSONDocument(parsing: bytes).root
    }

    private func warnings(_ document: JSONValue) -> [String] { document["warnings"]?.elements.compactMap(\.string) ?? [] }

    @Test func `strikes add up over expiries, and the flip is where the running sum changes its sign`() throws {
        let near = try chain("2026-02-06", [row(90, .put, "0.01", 30), row(100, .call, "0.01", 20), row(110, .call, "0.01", 40)])
        let far = try chain(
            "2026-02-20", at: "2026-01-30T15:00:01Z", spot: "200", [row(90, .put, "0.01", 5), row(105, .call, "0.01", 1)])
        let document = try read([near, far])
        // near: −3000, 2000, 4000. far at twice the spot: −2000 and 400. Running: −5000, −3000, −2600, 1400.
        #expect(
            document["strikes"]?.elements.map { "\($0["strike"]?.sourceText ?? "") \($0["net_gex"]?.sourceText ?? "")" }
                == ["90 -5000", "100 2000", "105 400", "110 4000"])
        #expect(document["flip_strike"]?.decimal == FixedDecimal(110) && document["spot"]?.decimal == FixedDecimal(200))
        #expect(document["total_put_gex"]?.sourceText == "-5000" && document["total_net_gex"]?.sourceText == "1400")
        #expect(document["top_levels"]?.elements.map { $0["strike"]?.sourceText } == ["90", "110", "100", "105"])
        #expect(document["expiries"]?.elements.map(\.string) == ["2026-02-06", "2026-02-20"] && document["dte"]?.integer == 21)
        #expect(document["strikes"]?.elements.first { _ in true }?["put_oi"]?.sourceText == "35")
    }

    @Test func `a running sum of exactly zero is the flip, and one that never turns has none`() throws {
        let rows = [try row(90, .put, "0.01", 30), try row(100, .call, "0.01", 30), try row(110, .call, "0.01", 1)]
        let exact = try read([try chain("2026-02-20", rows)])
        #expect(exact["flip_strike"]?.sourceText == "100")
        let calls = [try row(90, .call, "0", 30), try row(100, .call, "0.01", 30)]
        let none = try read([try chain("2026-02-20", calls)], warnings: ["incomplete_chain:2026-03-20"])
        #expect(none["flip_strike"]?.isNull == true && warnings(none) == ["incomplete_chain:2026-03-20", "no_flip", "no_zero_gamma"])
    }

    @Test func `gamma adds up to zero where a put and a call alike are as far from their own d1`() throws {
        // γS² is S φ(d1) ÷ (σ√T). Alike but for the strike, both cancel where d1 of the one is −d1 of the other:
        // S = √(80 × 125) × e^(−σ²T ÷ 2), with σ²T = 0.25. The level is linear between points of the grid.
        let document = try read([try chain("2027-01-30", [row(80, .put, "0.01", 100), row(125, .call, "0.01", 100)])])
        let level = try #require(document["zero_gamma_level"]?.decimal)
        #expect(((Double(level.description) ?? 0) - 88.2496902585).magnitude < 0.01, "\(level)")
        #expect(document["iv_coverage"]?.sourceText == "1" && document["flip_strike"]?.sourceText == "125")
    }

    @Test func `contracts without IV are left out of the model, and a forward is repriced in proportion`() throws {
        let rows = [try row(80, .put, "0.01", 100), try row(100, .call, "0.01", 7, iv: nil), try row(125, .call, "0.01", 100)]
        let plain = try read([try chain("2027-01-30", rows)])
        #expect(plain["iv_coverage"]?.sourceText == "0.6667")
        let forward = try read([try chain("2027-01-30", forward: "110", rows)])
        let (one, other) = (try #require(plain["zero_gamma_level"]?.decimal), try #require(forward["zero_gamma_level"]?.decimal))
        // The same zero on the forward is a tenth lower on the spot.
        #expect(((Double(one.description) ?? 0) / 1.1 - (Double(other.description) ?? 0)).magnitude < 0.1, "\(one) \(other)")
    }

    @Test func `slices take the first expiries, those of the months, or all; without one there is no chain`() throws {
        let expiries = ["2026-02-06", "2026-02-13", "2026-02-20", "2026-02-27", "2026-03-06", "2026-03-20"]
        let chains = try expiries.map { try chain($0, [row(100, .call, "0.01", 1)]) }
        func taken(_ choice: ExposureSlice.Choice) throws -> [String?] {
            try read(chains, choice)["expiries"]?.elements.map(\.string) ?? []
        }
        #expect(try taken(.near) == Array(expiries.prefix(4)) && taken(.all) == expiries)
        #expect(try taken(.monthly) == ["2026-02-20", "2026-03-20"])
        let empty = try read([], .near)
        #expect(warnings(empty) == ["no_chain"] && empty["strikes"]?.count == 0 && empty["total_net_gex"]?.isNull == true)
        #expect(empty["spot"]?.isNull == true && empty["market_date"]?.string == "2026-01-30")
    }

    @Test(arguments: [
        ("2026-02-20", "MSTR", true), ("2026-02-13", "MSTR", false),
        // Good Friday of 2025 was the third Friday of April, and Juneteenth of 2026 is that of June.
        ("2025-04-17", "MSTR", true), ("2025-04-18", "MSTR", false), ("2026-06-18", "MSTR", true),
        ("2026-02-27", "BTC", true), ("2026-02-20", "BTC", false),
    ])
    func `a month's expiry is its third Friday, or the day before a holiday; the last Friday where days are those of UTC`(
        _ expiry: String, _ market: String, _ isMonthly: Bool
    ) throws {
        #expect(rules.isMonthly(try date(expiry), of: market) == isMonthly)
    }
}
