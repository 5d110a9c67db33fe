import LedgerJSON
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@Suite struct ScenarioTests {
    private let rules: ScenarioRules
    private static let today = CalendarDate("2026-01-30") ?? .minimum

    init() throws {
        rules = try ScenarioRules(version: 1) { path in
            projectText(path.hasPrefix("analyses/") ? path : "projections/\(path)").map { Array($0.utf8) }
        }
    }

    private func position(
        _ type: OptionType = .call, quantity: Int = 2, expiry: String = "2027-01-30", basis: String? = "7", multiplier: Int? = 100
    ) throws -> ScenarioPosition {
        ScenarioPosition(
            id: "pos_1", underlying: "MSTR", expiry: try #require(CalendarDate(expiry)), strike: FixedDecimal(100), type,
            quantity: FixedDecimal(quantity), multiplier: multiplier.map { FixedDecimal($0) }, basis: try basis.map { try FixedDecimal($0) }
        )
    }

    private func chain(
        at time: String = "2026-01-30T15:00:00Z", spot: String? = "100", forward: String? = nil, mark: String? = "8", iv: String? = "20",
        _ type: OptionType = .call
    ) throws -> OptionChain {
        func decimal(_ text: String?) throws -> FixedDecimal? { try text.map { try FixedDecimal($0) } }
        return OptionChain(
            timestamp: try instant(time), spot: try decimal(spot), forward: try decimal(forward), multiplier: FixedDecimal(10),
            rows: [ChainRow(strike: FixedDecimal(100), type, mark: try decimal(mark), iv: try decimal(iv))])
    }

    private func read(
        _ position: ScenarioPosition, _ chain: OptionChain?, now: String = "2026-01-30T16:00:00Z", isFile: Bool = false
    ) throws -> JSONValue {
        let now = try instant(now)
        let today = try #require(rules.dates.date(at: now, of: "MSTR"))
        let scenario = Scenario(of: position, chain: chain, now: now, today: today, isFile: isFile, rules)
        let document = ScenarioDocument.write([scenario], now: now, asked: ("position_id", "pos_1"), rules)
        return try #require(try JSONDocument(parsing: document).root["positions"]?.elements.first { _ in true })
    }

    private func warnings(_ position: JSONValue) -> [String] { position["warnings"]?.elements.compactMap(\.string) ?? [] }

    private func cell(_ position: JSONValue, _ spot: String, _ iv: String, _ days: Int64) throws -> JSONValue {
        try #require(
            position["grid"]?.elements.first {
                $0["spot_change_pct"]?.sourceText == spot && $0["iv_change_pp"]?.sourceText == iv && $0["days_forward"]?.integer == days
            })
    }

    private func number(_ value: JSONValue?) -> Double { value.flatMap { Double($0.sourceText) } ?? .nan }

    @Test func `the unmoved cell is the closed form, and every figure stands beside it`() throws {
        let found = try read(try position(), try chain())
        #expect(found["grid"]?.count == 140 && found["dte"]?.integer == 365)
        let unmoved = try cell(found, "0", "0", 0)
        // At the money with σ√T = 0.2: 100 × (2N(0.1) − 1).
        let price = 100 * (2 * 0.5398278372770290 - 1)
        #expect((number(unmoved["theoretical_price"]) - price).magnitude < 1e-9)
        #expect((number(unmoved["pnl_per_contract"]) - (price - 8) * 100).magnitude < 1e-7)
        #expect((number(unmoved["pnl_position"]) - (price - 8) * 200).magnitude < 1e-7)
        #expect((number(found["model_gap"]) - (price - 8)).magnitude < 1e-9 && !warnings(found).contains("model_gap"))
        #expect(found["intrinsic"]?.sourceText == "0" && found["extrinsic"]?.sourceText == "8" && found["pnl_reference"]?.string == "mark")
        let theta = 100 * 0.3969525474770118 * 0.2 / 2 / 365
        #expect((number(found["theta_burn_dollars_day"]) - theta * 200).magnitude < 1e-7)
        #expect((number(found["theta_burn_pct_premium_day"]) - theta / 8).magnitude < 1e-9)
        #expect(found["side"]?.string == "buy" && found["contracts"]?.sourceText == "2" && warnings(found) == [])
        #expect(found["quote_market_date"]?.string == "2026-01-30" && found["mark_source"]?.string == "mark")
    }

    @Test func `cells come by spot, IV and days, with a floor for IV`() throws {
        let found = try read(try position(), try chain(iv: "7"))
        let cells =
            found["grid"]?.elements.map {
                "\($0["spot_change_pct"]!.sourceText) \($0["iv_change_pp"]!.sourceText) \($0["days_forward"]!.sourceText)"
            } ?? []
        #expect(Array(cells.prefix(6)) == ["-0.2 -10 0", "-0.2 -10 7", "-0.2 -10 14", "-0.2 -10 30", "-0.2 -5 0", "-0.2 -5 7"])
        #expect(cells.last == "0.2 10 30")
        #expect(try cell(found, "0", "-10", 0)["scenario_iv"]?.sourceText == "0.01")
        #expect(try cell(found, "0.05", "5", 0)["scenario_spot"]?.sourceText == "105")
    }

    @Test func `more spot, more volatility and more time are worth more to a call`() throws {
        let found = try read(try position(), try chain())
        func price(_ spot: String, _ iv: String, _ days: Int64) throws -> Double {
            number(try cell(found, spot, iv, days)["theoretical_price"])
        }
        #expect(
            try price("0.1", "0", 0) > price("0", "0", 0) && price("0", "5", 0) > price("0", "0", 0)
                && price("0", "0", 0) > price("0", "0", 30))
    }

    @Test func `a short position gains what a long one loses`() throws {
        let long = try cell(try read(try position(), try chain()), "0.1", "0", 7)
        let short = try read(try position(quantity: -2), try chain())
        #expect(number(try cell(short, "0.1", "0", 7)["pnl_position"]) == -number(long["pnl_position"]))
        #expect(short["side"]?.string == "sell" && short["contracts"]?.sourceText == "2" && number(short["theta_burn_dollars_day"]) < 0)
    }

    @Test func `at expiry a cell is intrinsic, and from the expiry instant on there is no grid`() throws {
        let near = try read(try position(.put, expiry: "2026-02-06"), try chain(mark: nil, iv: nil, .put))
        #expect(warnings(near) == ["missing_iv", "missing_mark"] && near["pnl_reference"]?.string == "basis")
        #expect(try cell(near, "-0.1", "0", 0)["theoretical_price"]?.isNull == true)
        let atExpiry = try cell(near, "-0.1", "0", 7)
        #expect(atExpiry["theoretical_price"]?.sourceText == "10" && atExpiry["pnl_per_contract"]?.sourceText == "300")
        #expect(atExpiry["days_to_expiry"]?.integer == 0)
        // 16:00 in New York.
        let last = try read(try position(expiry: "2026-01-30"), try chain(), now: "2026-01-30T20:59:59Z")
        #expect(last["grid"]?.count == 140 && last["theta_burn_dollars_day"]?.isNull == true && last["dte"]?.integer == 0)
        let expired = try read(try position(expiry: "2026-01-30"), try chain(), now: "2026-01-30T21:00:00Z")
        #expect(expired["grid"]?.count == 0 && warnings(expired) == ["expired"])
    }

    @Test func `what is missing is named, and nothing stands in for it`() throws {
        let none = try read(try position(multiplier: nil), nil)
        #expect(warnings(none) == ["missing_iv", "missing_mark", "missing_multiplier", "no_chain"] && none["grid"]?.count == 0)
        #expect(none["intrinsic"]?.isNull == true && none["quote_timestamp"]?.isNull == true && none["pnl_reference"]?.string == "basis")
        let noSpot = try read(try position(), try chain(spot: "0"))
        #expect(warnings(noSpot) == ["missing_spot"] && noSpot["grid"]?.count == 0 && noSpot["extrinsic"]?.isNull == true)
        let negative = try read(try position(), try chain(iv: "-1"))
        #expect(
            warnings(negative) == ["missing_iv"] && negative["theta_burn_dollars_day"]?.isNull == true && negative["grid"]?.count == 140)
        // Four days are not stale, five are; a gap of more than a twentieth of the mark is shown.
        #expect(warnings(try read(try position(), try chain(at: "2026-01-26T15:00:00Z"))) == [])
        #expect(warnings(try read(try position(), try chain(at: "2026-01-25T15:00:00Z", mark: "7"))) == ["model_gap", "stale_chain"])
    }

    @Test func `a forward is priced on, moved in proportion to spot`() throws {
        let found = try read(try position(), try chain(spot: "80", forward: "100"))
        #expect((number(try cell(found, "0", "0", 0)["theoretical_price"]) - 100 * (2 * 0.5398278372770290 - 1)).magnitude < 1e-9)
        #expect(try cell(found, "0.1", "0", 0)["scenario_spot"]?.sourceText == "88")
        #expect(found["intrinsic"]?.sourceText == "0" && found["spot"]?.sourceText == "80")
        var given = try position()
        given.spot = FixedDecimal(40)
        #expect(try read(given, try chain(spot: "80", forward: "100"))["forward"]?.sourceText == "50")
    }

    @Test func `a file's values go before the chain's`() throws {
        let file = try PortfolioFile(
            parsing: Array(
                """
                {"as_of":"2026-01-30T16:00:00Z","positions":[{"symbol":"MSTR270130C00100000","quantity":-3,"mark":9.5,"iv":"25","spot":110},\
                {"symbol":"MSTR270130C00100000","quantity":1}]}
                """.utf8))
        let found = try file.positions.map { try read($0, try chain(), isFile: true) }
        #expect(found[0]["mark"]?.sourceText == "9.5" && found[0]["mark_source"]?.string == "file" && found[0]["iv"]?.sourceText == "25")
        #expect(
            found[0]["intrinsic"]?.sourceText == "10" && found[0]["multiplier"]?.sourceText == "10" && found[0]["side"]?.string == "sell")
        #expect(found[1]["mark"]?.sourceText == "8" && found[1]["basis"]?.isNull == true)
        let alone = try read(file.positions[0], nil, isFile: true)
        #expect(alone["multiplier"]?.sourceText == "100" && alone["grid"]?.count == 140 && !warnings(alone).contains("no_chain"))
    }

    @Test(arguments: [
        ["[]", "expected an object"], ["{", "expected a JSON object"], [#"{"positions":[]}"#, "as_of: expected an instant"],
        [#"{"as_of":"2026-01-30T16:00:00Z"}"#, "positions: expected a list"],
        [#"{"as_of":"2026-01-30T16:00:00Z","positions":[{"symbol":"MSTR","quantity":1}]}"#, "positions[0].symbol: expected an OCC"],
        [#"{"as_of":"2026-01-30T16:00:00Z","positions":[{"symbol":"MSTR270130C00100000","quantity":0}]}"#, "positions[0].quantity"],
        [#"{"as_of":"2026-01-30T16:00:00Z","positions":[{"symbol":"MSTR270130C00100000","quantity":1,"iv":"x"}]}"#, "positions[0].iv"],
        [
            #"{"as_of":"2026-01-30T16:00:00Z","positions":[{"symbol":"MSTR270130C00100000","quantity":1,"side":"buy"}]}"#,
            "unknown member `side`",
        ],
    ])
    func `a file that can't be used says which member, and what was expected`(_ input: [String]) {
        let problem = #expect(throws: PortfolioFile.Problem.self) { try PortfolioFile(parsing: Array(input[0].utf8)) }
        #expect(problem?.description.contains(input[1]) ?? false, "\(problem?.description ?? "")")
    }
}
