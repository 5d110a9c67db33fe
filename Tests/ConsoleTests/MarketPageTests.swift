import LedgerJSON
import OptionTrades
import TestSupport
import Testing

@testable import Console

/// Screens of a market: what they say of figures, of series, and of what is not known.
struct MarketPageTests {
    private func document(_ data: String, status: String = "live", warnings: String = "") throws -> Loaded {
        .success(
            try JSONDocument(
                parsing: Array(
                    #"{"age_minutes":30,"as_of":"2026-04-01T00:00:00Z","currency":"BTC","data":\#(data),"ledger":{"analysis":"x","as_of":"2026-04-01T00:30:00Z","code_version":1,"head_position":5,"position":5,"rules":{"analyses/x/rules.v1.yaml":1}},"now":"2026-04-01T00:30:00Z","source_quality":[{"age_minutes":30,"as_of":"2026-04-01T00:00:00Z","rows":1,"series":"vol_metrics","status":"live"}],"status":"\#(status)","warnings":[\#(warnings)]}"#
                        .utf8)))
    }

    private func html(_ path: String, _ documents: [Loaded]) throws -> String {
        let screen = try #require(MarketScreen.all.first { $0.segment == path })
        let context = PageContext(
            address: Address([path], [("currency", "BTC")]), visitor: Visitor(role: .anonymous, formToken: nil, canAdminister: false),
            time: TimeFrame(head: 5, headRecordedAt: nil, firstRecordedAt: nil))
        return String(
            decoding: MarketPage(context: context, screen: screen, currency: "BTC", documents: documents).html(), as: UTF8.self)
    }

    @Test func `a figure has its unit, a plot its axes, its hover and the table behind, and what is absent is no zero`() throws {
        let page = try html(
            "overview",
            [
                try document(
                    #"{"changes":{"24h":{"dvol":-1.5,"timestamp":"2026-03-31T00:00:00Z"}},"dvol":55.25,"iv_rv":[{"date":"2026-03-30","iv_atm_30d":50,"rv_30d":41},{"date":"2026-03-31","iv_atm_30d":52,"rv_30d":42}],"put_call_ratio":null,"surface":{"rows":[{"delta":-25,"dte":30,"iv":60},{"delta":25,"dte":30,"iv":50}],"timestamp":"2026-04-01T00:00:00Z"},"term_structure":{"rows":null,"slope":null,"state":null,"timestamp":null}}"#,
                    warnings: #""unavailable:term_structure""#)
            ])
        #expect(page.contains("dvol, vol points") && page.contains(">55.25<") && page.contains("not known"))
        #expect(page.contains("Implied and realized volatility, vol points") && page.contains("date, UTC"))
        #expect(page.contains("<title>2026-03-30: iv atm 30d 50, rv 30d 41</title>"))
        #expect(page.contains("unavailable: term structure") && page.contains("30.0 minutes old"))
        // The markets and the other screens keep the market and the moment.
        #expect(page.contains("href=\"/flow?currency=BTC") && page.contains("href=\"/overview?currency=ETH"))
    }

    @Test func `names of figures lead to what the reference says of them, in facts and in heads of tables`() throws {
        let screen = try #require(MarketScreen.all.first { $0.segment == "overview" })
        let context = PageContext(
            address: Address(["overview"]), visitor: Visitor(role: .anonymous, formToken: nil, canAdminister: false), time: TimeFrame())
        let place = try #require(
            ReferenceDocument(path: "contract/analyses.md", text: "# A\n\n## Overview\n\n`dvol` and `iv`.").place("overview"))
        let page = String(
            decoding: MarketPage(
                context: context, screen: screen, currency: "BTC",
                documents: [try document(#"{"dvol":55.25,"surface":{"rows":[{"dte":30,"iv":60}],"slope":1}}"#)],
                references: ["overview": FigureReferences(places: [place], fallback: Address(["reference", "model"]))]
            ).html(), as: UTF8.self)
        let at = "/reference/contract/analyses#f-overview"
        #expect(page.contains("<dt><a class=\"figure\" href=\"\(at)-dvol\">dvol, vol points</a></dt>"))
        #expect(page.contains("href=\"\(at)-iv\">iv</a>"))
        #expect(page.contains("<dt><a class=\"figure\" href=\"/reference/model\">slope, vol points</a></dt>"))
    }

    @Test func `a thesis is a tree that leads to its detail, and an error is in the words of the interface`() throws {
        let node =
            #"{"calculation":"the observed vrp","children":[],"group":"Market Setup","id":"vrp","inputs":[{"as_of":"2026-04-01T00:00:00Z","name":"vrp","position":7,"value":-5}],"link":"/overview","quality":"live","state":"for_long_vol","title":"Volatility premium","value":-5}"#
        let page = try html(
            "signal-explorer",
            [
                try document(
                    #"{"agreement":1,"confidence":0.5625,"gates":["stationarity:insufficient"],"headline":"favor_long_vol","missing_signals":["smile"],"score":77,"signals":[{"impact":15,"signal":"vrp","value":-5}],"tree":[\#(node)]}"#
                )
            ])
        #expect(page.contains("favor long vol") && page.contains("Volatility premium") && page.contains("href=\"/overview\""))
        #expect(page.contains("stationarity:insufficient"))
        let failed = try html("yields", [.failure(PageProblem(status: 409, code: "rules_unavailable", detail: "no rules are installed"))])
        #expect(failed.contains("no rules are installed"))
    }

    @Test func `every screen stands at an address of its own with at least one analysis`() {
        #expect(Set(MarketScreen.all.map(\.segment)).count == MarketScreen.all.count)
        #expect(MarketScreen.all.allSatisfy { !$0.analyses.isEmpty && ["Model", "Market Setup"].contains($0.group) })
        #expect(Set(MarketScreen.all.flatMap { $0.analyses.map(\.name) }) == Set(MarketAnalysis.all.map(\.name)))
    }
}
