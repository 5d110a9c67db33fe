import LedgerAnalyses
import LedgerExplanations
import LedgerJSON
import LedgerProjections
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// Candidates of options that could be sold, and of a surface's expiry, from chains worked out by hand.
@Suite struct YieldsTests {
    /// A Thursday, at noon in New York.
    private static let moment = "2026-01-08T17:00:00Z"
    private static let now = "2026-01-08T17:30:00Z"

    private func row(
        _ strike: String, _ type: OptionType, bid: String?, ask: String? = nil, delta: String?
    ) throws -> ChainRow {
        ChainRow(
            strike: try decimal(strike), type, bid: try bid.map { try decimal($0) }, ask: try ask.map { try decimal($0) },
            delta: try delta.map { try decimal($0) })
    }

    /// 30 days to expiry, spot 100.
    private func market() throws -> ObservedMarket {
        var market = ObservedMarket()
        try market.addChain(
            LedgerAnalysesTests.moment(Self.moment), expiry: "2026-02-07",
            [
                row("90", .put, bid: "1.8", delta: "-0.25"), row("95", .put, bid: nil, delta: "-0.40"),
                row("100", .call, bid: "5", delta: "0.41"), row("105", .call, bid: "2.5", delta: "0.40"),
                row("110", .call, bid: "0", delta: "0.2"), row("110", .put, bid: "10", delta: "-0.9"),
                row("115", .call, bid: "0.3", delta: "0.1"), row("120", .call, bid: "0.1", delta: "0.09"),
                row("125", .call, bid: "0.1", delta: nil),
            ])
        return market
    }

    private func data(_ market: ObservedMarket, now: String = YieldsTests.now) throws -> (data: JSONValue, document: JSONValue) {
        let document = try market.document(.yields, now: LedgerAnalysesTests.moment(now), currency: "MSTR").root
        return (try #require(document["data"]), document)
    }

    @Test func `calls stand on shares and puts on cash, and a candidate without a bid is listed as unavailable`() throws {
        let (data, document) = try data(try market())
        let rows = try #require(data["candidates"]).elements.map { $0 }
        #expect(
            rows.map { "\($0["strategy"]?.string ?? "") \($0["strike"]?.sourceText ?? "") \($0["status"]?.string ?? "")" } == [
                "covered_call 105 ok", "covered_call 110 unavailable", "covered_call 115 ok", "cash_secured_put 90 ok",
                "cash_secured_put 95 unavailable",
            ])
        // 2.5 ÷ 100, × 365 ÷ 30, 100 − 2.5, 105 ÷ 100 − 1.
        #expect(
            rows[0].sourceText
                == #"{"annualised_pct":0.3041666667,"bid":2.5,"breakeven":97.5,"delta":0.4,"distance":0.05,"dte":30,"expiry":"2026-02-07","spot":100,"status":"ok","strategy":"covered_call","strike":105,"yield_pct":0.025}"#
        )
        // 1.8 ÷ 90, × 365 ÷ 30, 90 − 1.8, 90 ÷ 100 − 1.
        #expect(
            rows[3].sourceText
                == #"{"annualised_pct":0.2433333333,"bid":1.8,"breakeven":88.2,"delta":-0.25,"distance":-0.1,"dte":30,"expiry":"2026-02-07","spot":100,"status":"ok","strategy":"cash_secured_put","strike":90,"yield_pct":0.02}"#
        )
        #expect(rows[1]["bid"]?.sourceText == "0" && rows[1]["yield_pct"]?.isNull == true && rows[1]["breakeven"]?.isNull == true)
        #expect(rows[4]["bid"]?.isNull == true && rows[4]["annualised_pct"]?.isNull == true && rows[4]["distance"]?.sourceText == "-0.05")
        #expect(document["warnings"]?.elements.compactMap(\.string) == ["unavailable:futures_basis", "missing_delta"])
        let quality = document["source_quality"]?.elements.first { $0["series"]?.string == "option_chain" }
        #expect(quality?["status"]?.string == "live" && quality?["as_of"]?.string == Self.moment && quality?["rows"]?.integer == 1)
    }

    @Test func `expiries are those of 7 to 60 days of the latest market date, and an old chain is none`() throws {
        var market = try market()
        let row = try row("105", .call, bid: "1", delta: "0.3")
        for expiry in ["2026-01-14", "2026-01-15", "2026-03-09", "2026-03-10"] {
            try market.addChain(LedgerAnalysesTests.moment(Self.moment), expiry: expiry, [row])
        }
        // Of the day before, which is no longer the latest.
        try market.addChain(LedgerAnalysesTests.moment("2026-01-07T20:00:00Z"), expiry: "2026-01-23", [row])
        func expiries(_ now: String) throws -> Set<String> {
            Set(try data(market, now: now).data["candidates"]?.elements.compactMap { $0["expiry"]?.string } ?? [])
        }
        #expect(try expiries(Self.now) == ["2026-01-15", "2026-02-07", "2026-03-09"])
        #expect(try expiries("2026-01-09T17:00:00Z").count == 3)
        let old = try data(market, now: "2026-01-09T17:01:00Z")
        #expect(old.data["candidates"]?.isNull == true)
        #expect(old.document["warnings"]?.elements.compactMap(\.string).contains("unavailable:option_chain") == true)
        // No look-ahead.
        #expect(try expiries("2026-01-08T16:59:00Z") == ["2026-01-23"])
    }

    @Test func `without a spot a put still stands on its strike`() throws {
        var market = ObservedMarket()
        try market.addChain(
            LedgerAnalysesTests.moment(Self.moment), expiry: "2026-02-07", spot: nil,
            [row("90", .put, bid: "1.8", delta: "-0.25"), row("105", .call, bid: "2.5", delta: "0.3")])
        let (data, document) = try data(market)
        let rows = try #require(data["candidates"]).elements.map { $0 }
        #expect(rows.map { $0["status"]?.string } == ["unavailable", "ok"])
        #expect(rows[1]["yield_pct"]?.sourceText == "0.02" && rows[1]["distance"]?.isNull == true && rows[1]["spot"]?.isNull == true)
        #expect(document["warnings"]?.elements.compactMap(\.string).contains("missing_spot") == true)
    }

    @Test func `rules v1 read no chain`() throws {
        let market = try market()
        let definition = try #require(try ObservedMarket.analyses().definition("yields", VersionReference(version: "v1")))
        #expect(definition.identity.reads.map(\.projection) == ["futures_basis"])
        let asked = try definition.asked(ParameterValues(["currency": "MSTR"]))
        let now = try LedgerAnalysesTests.moment(Self.now)
        let document = try JSONDocument(parsing: asked.document(try market.rows(of: asked, now: now), now)).root
        #expect(document["data"]?["candidates"]?.isNull == true)
    }

    // MARK: - Probability

    @Test func `candidates of a surface are all options of the nearest expiry under its distribution`() throws {
        var market = ObservedMarket()
        for delta in [-10, -25, -40, 50, 40, 25, 10] {
            try market.add(
                .ivSurface, LedgerAnalysesTests.moment(Self.moment),
                ["dte": FixedDecimal(30), "delta": FixedDecimal(delta), "iv": FixedDecimal(50), "forward": FixedDecimal(100)])
        }
        for (expiry, strike) in [("2026-02-06", "100"), ("2026-01-30", "90")] {
            try market.addChain(
                LedgerAnalysesTests.moment(Self.moment), expiry: expiry, underlying: "BTC",
                [row(strike, .call, bid: "5", ask: "6", delta: nil), row(strike, .put, bid: nil, delta: nil)])
        }
        let document = try market.document(.probability, now: LedgerAnalysesTests.moment(Self.now)).root
        let rows = try #require(document["data"]?["candidates"]).elements.map { $0 }
        #expect(
            rows.map { $0["expiry"]?.string } == ["2026-02-06", "2026-02-06"] && rows.map { $0["option_type"]?.string } == ["call", "put"])
        func number(_ value: JSONValue?) -> Double { value?.decimal.flatMap { Double("\($0)") } ?? .nan }
        // At the forward: N(−σ√T ÷ 2) with σ√T = 0.5 × √(30 ÷ 365), and twice the option is the expected move.
        #expect(abs(number(rows[0]["p_itm"]) - 0.4714) < 1e-3 && abs(number(rows[0]["p_itm"]) + number(rows[1]["p_itm"]) - 1) < 1e-9)
        let move = number(document["data"]?["vanilla"]?["expected_move"])
        #expect(abs(2 * number(rows[0]["expected_payoff"]) - move) < 1e-2)
        #expect(abs(number(rows[0]["expected_payoff"]) - number(rows[1]["expected_payoff"])) < 1e-6)
        #expect(rows[0]["label"]?.string == "experimental" && rows[0]["p_itm_conditional"]?.isNull == true)
        #expect(rows[0]["bid"]?.sourceText == "5" && rows[1]["bid"]?.isNull == true)
        #expect(document["warnings"]?.elements.compactMap(\.string).contains("unavailable:option_chain") == false)
    }

    @Test func `each figure of a candidate is explained from the events of its chain`() throws {
        var market = ObservedMarket()
        try market.addChain(
            LedgerAnalysesTests.moment(Self.moment), expiry: "2026-02-07", underlying: "BTC",
            [row("90", .put, bid: "1.8", delta: "-0.25"), row("105", .call, bid: "2.5", delta: "0.40")])
        let explanation = try market.explanation(.yields, now: LedgerAnalysesTests.moment(Self.now))
        let text = String(decoding: explanation.json(), as: UTF8.self)
        #expect(text.contains("option_chain.bid 2026-02-07 105C") && text.contains("option_chain.spot 2026-02-07"))
    }
}
