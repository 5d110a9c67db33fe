import LedgerJSON
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@testable import Console

/// The parts in their states, by what they write.
struct PartTests {
    private func html(_ write: (inout HTMLWriter) -> Void) -> String {
        var html = HTMLWriter()
        write(&html)
        return String(decoding: html.bytes, as: UTF8.self)
    }

    private func value(_ text: String) throws -> JSONValue { try JSONDocument(parsing: Array(text.utf8)).root }

    // MARK: Quality and identity

    @Test func `a badge has a mark for a quality, and its word in any case`() {
        #expect(html { Badge.write("partially_aligned", to: &$0) } == #"<span class="badge q-good">partially aligned</span>"#)
        #expect(html { Badge.write("unavailable", to: &$0) } == #"<span class="badge q-absent">unavailable</span>"#)
        #expect(html { Badge.write("FILLED", to: &$0) } == #"<span class="badge plain">FILLED</span>"#)
    }

    @Test func `alignment labels are in the order of their quality`() {
        let qualities = AlignmentLabel.allCases.map { Quality($0.rawValue) }
        #expect(qualities == Quality.allCases, "\(qualities)")
    }

    @Test func `the parts of a plot are of one scale, each in its own shade`() throws {
        #expect(Series.shades(["quoted", "estimated", "stale", "unavailable"]) == ["q-full", "q-middling", "q-weak", "q-absent"])
        // Two states of one quality, or things without one, are merely different.
        #expect(Series.shades(["stale", "weak_alignment"]) == ["i-1", "i-2"])
        #expect(Series.shades(["quoted", "COIN"]) == ["i-1", "i-2"])
        #expect(Series.shades((0..<7).map { "\($0)" }).suffix(3) == ["i-5", "i-5", "i-5"])
        for series in [
            ["unrealized_mark", "terminal_mark", "pending", "unavailable"], ["drivers", "detractors", "neutral", "missing"],
            ["available", "proxy_mapped", "stale", "unavailable", "unmapped"], ["clean", "open", "incomplete_economics", "ambiguous"],
        ] {
            let shades = Series.shades(series)
            #expect(shades.allSatisfy { $0.hasPrefix("q-") } && Set(shades).count == series.count, "\(series)")
        }
    }

    // MARK: Timeline

    @Test func `a timeline names the kind, the time and the way to each event`() {
        let entry = Timeline.Entry(
            kind: .correction, instant: "2026-01-30T21:14:08Z", headline: "Price 30.15 to 30.25",
            address: Address(["log"], [("position", "7")]), isCurrent: true, detail: { $0.text("before & after") })
        let written = html { Timeline(label: "Its events").write([entry], to: &$0) }
        #expect(
            written
                == #"<ol class="timeline" aria-label="Its events"><li class="t-correction" aria-current="step"><p><span class="kind">Correction</span> "#
                + #"<a href="/log?position=7">Price 30.15 to 30.25</a> <time datetime="2026-01-30T21:14:08Z">2026-01-30 21:14:08 UTC</time></p>"#
                + #"<div class="detail">before &amp; after</div></li></ol>"#)
        let bare = html { Timeline(label: "x").write([Timeline.Entry(kind: .mark, headline: "A mark")], to: &$0) }
        #expect(bare.contains("time unknown") && !bare.contains("<a ") && !bare.contains("detail"))
        #expect(html { Timeline(label: "x", empty: "Nothing yet.").write([], to: &$0) } == #"<p class="quiet">Nothing yet.</p>"#)
    }

    // MARK: Price ladder

    private func ladder(_ row: String) throws -> String {
        let row = try value(row)
        return html { PriceLadder(row: row, unit: "USD per contract").write(to: &$0) }
    }

    @Test func `a ladder draws each price in its place, and says each exactly`() throws {
        let written = try ladder(#"{"benchmark_bid":29.9,"benchmark_mid":30,"benchmark_ask":30.1,"fill_price":30.123456}"#)
        #expect(written.contains(#"aria-label="Bid, Mid, Ask, Fill on one axis; the figures are below""#))
        #expect(written.contains(#"<line class="bid" x1="4.0%""#) && written.contains(#"<circle class="fill" cx="96.0%""#))
        #expect(written.contains(#"<line class="spread" x1="4.0%" x2="86.34%""#), "\(written)")
        #expect(written.contains(#"title="30.123456">30.1235<"#))
    }

    @Test func `a ladder without a quote has the fill and the reason`() throws {
        let written = try ladder(
            """
            {"benchmark_bid":null,"benchmark_mid":null,"benchmark_ask":null,"fill_price":30.15,
            "missing_fields":["missing:benchmark_quote"]}
            """)
        #expect(written.contains(#"cx="50.0%""#) && !written.contains(#"class="spread""#) && !written.contains(#"class="bid" x1"#))
        #expect(written.matches(of: /no quote/).count == 3)
        // Nothing known is nothing drawn.
        #expect(try !ladder(#"{"fill_price":null}"#).contains("<svg"))
    }

    // MARK: Horizon strip

    @Test func `a horizon has its figure or the reason, and its state`() throws {
        let rows = try value(
            """
            [{"horizon_key":"1d","pnl_before_fees_usd":12.5,"outcome_state":"unrealized_mark"},
            {"horizon_key":"7d","pnl_before_fees_usd":-3,"outcome_state":"terminal_mark"},
            {"horizon_key":"30d","pnl_before_fees_usd":null,"outcome_state":"pending"}]
            """)
        let written = html { HorizonStrip(title: "P&L").write(rows.elements.map { $0 }, to: &$0) }
        #expect(written.contains(#"<strong>1d</strong><span><span class="figure gain">12.50</span></span><span class="badge q-good">"#))
        #expect(written.contains(#"<span class="figure loss">−3.00</span>"#))
        #expect(written.contains("<small>pending</small>") && !written.contains(">0.00<"))
        #expect(html { HorizonStrip(title: "P&L").write([], to: &$0) }.contains("No horizon is due yet."))
    }

    // MARK: Stale

    @Test func `rows that are behind the log say so, unless an earlier moment was asked for`() throws {
        func page(_ position: Int, _ head: Int, _ extra: String = "", pinned: String? = nil) throws -> String {
            let list = Loaded.success(
                try JSONDocument(
                    parsing: Array(
                        #"{"rows":[],"next_cursor":null,"aggregates":null,"ledger":{"position":\#(position),"as_of":"2026-01-30T21:14:08Z","head_position":\#(head),"projection":"outcomes","code_version":1,"rules":{}\#(extra)}}"#
                            .utf8)))
            let context = PageContext(
                address: Address(["performance", "outcomes"]), visitor: Visitor(role: .reader, formToken: nil, canAdminister: false),
                time: TimeFrame(asOfPosition: pinned, head: Int64(head)))
            return String(decoding: PerformanceRowsPage(context: context, view: .outcomes, list: list).html(), as: UTF8.self)
        }
        #expect(try page(700, 749).contains("outcomes does not show the last 49 events yet: the fold is under way."))
        #expect(try page(748, 749, #","frozen":true"#).contains("outcomes does not show the last event: this program lacks the code"))
        #expect(try !page(749, 749).contains("does not show"))
        #expect(try !page(700, 749, pinned: "700").contains("does not show"))
    }

    // MARK: The style guide

    @Test func `the style guide has every shade and kind, and no id twice`() throws {
        let context = PageContext(
            address: Address(["styleguide"]), visitor: Visitor(role: .reader, formToken: "t", canAdminister: true), time: TimeFrame())
        let newYork = WallClock.newYork(try NewYorkRules(path: "shared/new_york.v1.yaml", read: projectRuleFile))
        let page = String(decoding: try StyleguidePage(context: context, newYork: newYork).html(), as: UTF8.self)
        for quality in Quality.allCases {
            #expect(page.contains("class=\"badge \(quality.shade)\"") && page.contains("class=\"swatch \(quality.shade)\""), "\(quality)")
        }
        for kind in EventKind.allCases { #expect(page.contains("<li class=\"t-\(kind.rawValue)\""), "\(kind)") }
        for state in [
            "notice done", "notice refused", "notice hint", "Loading:", "the fold is under way", "503 overloaded",
            "without them there are rows",
        ] { #expect(page.contains(state), "\(state)") }
        #expect(page.contains("2026-01-30 16:14:08 EST") && page.contains("2026-07-01 16:00:00 EDT"))
        let ids = page.matches(of: #/ id="([^"]*)"/#).map { String($0.output.1) }
        #expect(ids.count > 20 && Set(ids).count == ids.count, "\(ids.sorted())")
        // The parts of a page lead to themselves alone.
        #expect(!page.contains(#"method="post" action="/trades"#))
    }
}
