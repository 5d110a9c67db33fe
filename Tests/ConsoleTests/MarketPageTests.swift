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
        #expect(page.contains("DVOL, vol points") && page.contains(">55.25<") && page.contains("not known"))
        #expect(page.contains("Implied and realized volatility, vol points") && page.contains("date, UTC"))
        #expect(page.contains("<title>2026-03-30: iv atm 30d 50, rv 30d 41</title>"))
        #expect(page.contains("unavailable: term structure") && page.contains("30 minutes old"))
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
        #expect(page.contains("<dt><a class=\"figure\" href=\"\(at)-dvol\">DVOL, vol points</a></dt>"))
        #expect(page.contains("href=\"\(at)-iv\">IV</a>"))
        #expect(page.contains("<dt><a class=\"figure\" href=\"/reference/model\">Slope, vol points</a></dt>"))
    }

    @Test func `a page of old observations says how old they are, and leads to the moment of the newest one`() throws {
        let old = try #require(try? document(#"{"dvol":null}"#, status: "unavailable").get())
        let text = old.root.sourceText.replacing("\"age_minutes\":30,", with: "\"age_minutes\":428585,")
        let page = try html("overview", [.success(try JSONDocument(parsing: Array(text.utf8)))])
        #expect(page.contains("297 days old"))
        #expect(page.contains("as_of_position=5&amp;as_of=2026-04-01T00%3A00%3A00Z\">Read it as of the newest observation, "))
        #expect(try !html("overview", [document(#"{"dvol":1}"#)]).contains("Read it as of"))
    }

    @Test func `shares are read in percent and money in cents, with all digits in the title, and nothing becomes 0`() throws {
        var html = HTMLWriter()
        let row = try JSONDocument(
            parsing: Array(
                #"{"expected_move_pct":0.0566003519,"net_gex":-8438819.3840327802,"mean_error":0.0000001234,"strike":172.5}"#.utf8))
        for (field, value) in row.root.members.map({ ($0.key, $0.value) }) { MarketColumn.write(value, field, to: &html) }
        let page = String(decoding: html.bytes, as: UTF8.self)
        #expect(page.contains("title=\"exactly 0.0566003519\">5.66<"))
        #expect(page.contains("title=\"exactly -8438819.3840327802\">−8,438,819.38<"))
        #expect(page.contains(">0.00001234<") && page.contains(">172.5<"))
        #expect(MarketColumn.title("atm_iv_percentile") == "ATM IV percentile" && MarketColumn.unit("gap_pct") == "%")
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
