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

    /// What stands at a path of a document; nil if nothing does.
    private func value(_ path: String, in document: JSONValue) -> JSONValue? {
        path.split(separator: ".").reduce(document) { value, part in
            guard let value else { return nil }
            guard value.kind == .array else { return value[String(part)] }
            let elements = value.elements.map { $0 }
            return Int(part).flatMap { elements.indices.contains($0) ? elements[$0] : nil }
        }
    }

    @Test func `each figure leads to its explanation at the page's moment, by its place in the document, and an absent one too`() throws {
        let loaded = try document(
            #"{"changes":{"24h":{"dvol":-1.5,"timestamp":"2026-03-31T00:00:00Z"}},"dvol":55.25,"put_call_ratio":null,"surface":{"rows":[{"delta":-25,"dte":30,"iv":60},{"delta":25,"dte":30,"iv":50}],"timestamp":"2026-04-01T00:00:00Z"},"term_structure":{"rows":null,"slope":null,"state":"flat","timestamp":null},"vrp_source":"observed"}"#
        )
        let page = try html("overview", [loaded])
        let address = "/explain/overview?currency=BTC&amp;as_of_position=5&amp;as_of=2026-04-01T00%3A30%3A00Z&amp;field="
        for field in [
            "data.dvol", "data.put_call_ratio", "data.changes.24h.dvol", "data.surface.rows.1.iv", "data.term_structure.state", "status",
            "source_quality.0.age_minutes",
        ] { #expect(page.contains("<a class=\"figure\" href=\"\(address)\(field)\""), "\(field)") }
        // Names and times are no figures, and each link leads to something that is there.
        #expect(!page.contains("field=data.vrp_source") && !page.contains("field=data.surface.timestamp"))
        let paths = page.matches(of: /field=([a-z0-9_.]+)"/).map { String($0.output.1) }
        #expect(Set(paths).count == paths.count && paths.count > 12)
        let root = try loaded.get().root
        for path in paths { #expect(value(path, in: root) != nil, "\(path)") }
    }

    @Test func `figures of a thesis and of its signals lead to their explanations, and sums of contracts are not called dollars`() throws {
        let node =
            #"{"calculation":"the observed vrp","children":[],"inputs":[],"link":"/overview","state":null,"title":"Premium","value":-5}"#
        let page = try html(
            "signal-explorer",
            [
                try document(
                    #"{"agreement":1,"confidence":0.5,"gates":[],"headline":"neutral","missing_signals":[],"score":77,"signals":[{"impact":15,"signal":"vrp","value":-5}],"tree":[{"children":[\#(node)],"inputs":[],"title":"Setup","value":null}]}"#
                )
            ])
        for field in ["data.score", "data.gates", "data.signals.0.impact", "data.tree.0.children.0.value"] {
            #expect(page.contains("field=\(field)\""), "\(field)")
        }
        #expect(!page.contains("field=data.tree.0.value"))
        #expect(MarketColumn.of("net_gex", in: "gex_hourly") { _ in nil }.unit == "contracts")
        #expect(MarketColumn.of("net_gex").unit == "USD a 1% move")
    }

    @Test func `an explanation of a figure leads back to its screen, to its words and to its document, and counts long lists`() throws {
        let values = (0..<30).map { "\($0)" }.joined(separator: ",")
        let explanation = Loaded.success(
            try JSONDocument(
                parsing: Array(
                    #"{"inputs":[{"effective_at":null,"name":"vol_metrics.dvol","position":7,"recorded_at":null,"type":"MarketObserved","value":55}],"notes":[],"rules":[{"file":"overview/rules.v1.yaml","key":"a","line":3,"text":"minimum_days: 60","version":1}],"steps":[{"formula":"a + b","result":[\#(values)],"text":"added"}],"value":[\#(values)]}"#
                        .utf8)))
        let place = try #require(
            ReferenceDocument(path: "model.md", text: "# A\n\n## Overview\n\n`dvol_percentile`.").place("overview"))
        let query = [("currency", "ETH"), ("field", "data.dvol_percentile"), ("as_of_position", "5")].map { (name: $0.0, value: $0.1) }
        let context = PageContext(
            address: Address(["explain", "overview"], query),
            visitor: Visitor(role: .anonymous, formToken: nil, canAdminister: false), time: TimeFrame(asOfPosition: "5"))
        let page = String(
            decoding: ExplainPage(
                context: context,
                subject: .analysis(
                    .overview, currency: "ETH", references: FigureReferences(places: [place], fallback: Address(["reference", "x"]))),
                explanation: explanation
            ).html(), as: UTF8.self)
        #expect(page.contains("<h1>Why: DVOL percentile</h1>") && page.contains("overview · ETH · data.dvol_percentile"))
        #expect(page.contains("href=\"/overview?currency=ETH&amp;as_of_position=5\">Market Overview</a>"))
        #expect(page.contains("href=\"/reference/model#f-overview-dvol_percentile\""))
        #expect(page.contains("href=\"/api/market/overview/explain?currency=ETH&amp;field=data.dvol_percentile&amp;as_of_position=5\""))
        #expect(page.ranges(of: "<summary>30 values</summary>").count == 2)
        #expect(page.contains("href=\"/log?position=7") && page.contains("minimum_days: 60"))
        #expect(!page.contains("Step through its events"))
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
        #expect(page.contains("stationarity:insufficient") && !page.contains("not named"))
        let failed = try html("yields", [.failure(PageProblem(status: 409, code: "rules_unavailable", detail: "no rules are installed"))])
        #expect(failed.contains("no rules are installed"))
    }

    @Test func `every screen stands at an address of its own with at least one analysis`() {
        #expect(Set(MarketScreen.all.map(\.segment)).count == MarketScreen.all.count)
        #expect(MarketScreen.all.allSatisfy { !$0.analyses.isEmpty && ["Model", "Market Setup"].contains($0.group) })
        #expect(Set(MarketScreen.all.flatMap { $0.analyses.map(\.name) }) == Set(MarketAnalysis.all.map(\.name)))
    }
}
