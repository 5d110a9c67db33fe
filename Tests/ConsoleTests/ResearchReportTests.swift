import LedgerJSON
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@testable import Console

/// The report of research, and the plots that it shares with the page.
struct ResearchReportTests {
    private static func document(_ kind: String, _ json: String, subject: String = "MSTR") throws -> ResearchReport.Document {
        ResearchReport.Document(
            kind: kind, subject: subject, path: "\(kind)/\(subject)/2026-01-30.json", isOfPortfolio: kind == "scenarios",
            data: try JSONDocument(parsing: Array(json.utf8)))
    }

    private static let exposure =
        #"{"convention":"calls_positive_puts_negative","flip_strike":110,"market_date":"2026-01-30","spot":101.5,"strikes":[{"call_gex":null,"call_oi":null,"net_gex":-300,"put_gex":-300,"put_oi":30,"strike":90},{"call_gex":200,"call_oi":10,"net_gex":100,"put_gex":-100,"put_oi":5,"strike":100},{"call_gex":400,"call_oi":40,"net_gex":400,"put_gex":null,"put_oi":null,"strike":110}],"top_levels":[],"warnings":["missing_gamma"],"zero_gamma_level":null}"#
    private static let surface =
        #"{"rows":[{"atm_iv":58,"changes":{"atm_iv":null},"delta_buckets":[],"dte":20,"expiry":"2026-02-20","market_date":"2026-01-29","tenor_target_dte":14,"warnings":[]},{"atm_iv":61.5,"changes":{"atm_iv":3.5},"delta_buckets":[{"avg_iv":63.27,"delta_bucket":"d40_60","median_iv":63,"n_contracts":2,"option_type":"call"}],"dte":21,"expiry":"2026-02-20","market_date":"2026-01-30","tenor_target_dte":14,"warnings":["short_history"]}],"warnings":[]}"#

    private static func scenario() -> String {
        let cells = [0, 7].flatMap { days in
            ["-0.1", "0", "0.1"].flatMap { spot in
                [-5, 5].map { iv in
                    #"{"days_forward":\#(days),"iv_change_pp":\#(iv),"pnl_position":\#(spot == "0" ? "null" : "\(iv * 300)"),"spot_change_pct":\#(spot)}"#
                }
            }
        }
        return
            #"{"model":"European","positions":[{"contracts":2,"expiry":"2026-02-20","grid":[\#(cells.joined(separator: ","))],"option_type":"call","side":"buy","strike":100,"underlying":"<b>MSTR</b>","warnings":["model_gap"]},{"contracts":1,"expiry":"2026-01-16","grid":[],"option_type":"put","side":"sell","strike":90,"underlying":"MSTR","warnings":["expired"]}],"warnings":[]}"#
    }

    private static let levels =
        #"{"anchored_vwaps":[{"anchor_id":"session_open","anchor_price":100,"anchor_ts_utc":"2026-01-30T14:30:00Z","anchored_vwap":100.5,"distance_from_spot_pct":0.01}],"market_date":"2026-01-30","summary":{"prev_close":99,"session_open":null,"spot":101},"volume_profile":[{"is_hvn":false,"is_lvn":true,"is_poc":false,"price_bin_high":100,"price_bin_low":99,"volume":10,"volume_pct":0.1},{"is_hvn":true,"is_lvn":false,"is_poc":true,"price_bin_high":101,"price_bin_low":100,"volume":60,"volume_pct":0.6},{"is_hvn":false,"is_lvn":false,"is_poc":false,"price_bin_high":102,"price_bin_low":101,"volume":30,"volume_pct":0.3}],"warnings":["zero_variance"]}"#
    private static let flow =
        #"{"group":"bucket_15m","rows":[{"buy_notional":500,"buy_volume":2,"key":"2026-01-30T15:00:00Z","net_notional":200,"sell_notional":300,"sell_volume":1,"trade_count":3,"unknown_trade_share":0,"unknown_volume":0},{"buy_notional":0,"buy_volume":0,"key":null,"net_notional":0,"sell_notional":0,"sell_volume":0,"trade_count":1,"unknown_trade_share":1,"unknown_volume":4}],"warnings":[]}"#

    private static func report() throws -> ResearchReport {
        ResearchReport(
            underlyings: ["MSTR", "NONE"], position: 512, asOf: try instant("2026-01-30T21:00:00Z"),
            documents: [
                try document("exposure", exposure), try document("flow", flow), try document("iv-surface", surface),
                try document("levels", levels), try document("scenarios", scenario(), subject: "IMST"),
            ], warnings: ["no_data:levels/NONE"])
    }

    @Test func `a report needs nothing from elsewhere, has no script, and suits light and dark`() throws {
        let bytes = try Self.report().html()
        #expect(try bytes == Self.report().html(), "the same documents give the same bytes")
        let page = String(decoding: bytes, as: UTF8.self)
        for reference in ["http:", "https:", "//", "url(", "@import", "src=", "href=", "<script", "<link", "<iframe", "<object", " on"] {
            // A comment of the style sheet, and words of a sentence, are no references.
            if reference == " on" {
                #expect(page.firstMatch(of: /<[^>]* on[a-z]+=/) == nil)
            } else {
                #expect(!page.contains(reference), "\(reference)")
            }
        }
        #expect(page.contains(#"<meta name="color-scheme" content="light dark">"#))
        #expect(page.components(separatedBy: Research.disclaimer).count == 3, "at the top and at the end")
        #expect(page.contains("As of position 512") && page.contains("no_data:levels/NONE") && page.contains("Nothing is recorded."))
        // What comes from outside is no markup.
        #expect(!page.contains("<b>MSTR") && page.contains("&lt;b&gt;MSTR&lt;/b&gt;"))
    }

    @Test func `exposure has a bar for each side, marks where they lie, and says what is not known`() throws {
        var html = HTMLWriter()
        ResearchSection(kind: "exposure", data: try JSONDocument(parsing: Array(Self.exposure.utf8)).root).write(to: &html)
        let page = String(decoding: html.bytes, as: UTF8.self)
        #expect(page.contains("<title>90: calls not known, puts \u{2212}300, net \u{2212}300</title>"))
        // Two calls and two puts are known.
        #expect(
            page.components(separatedBy: "<rect class=\"i-1\" x=").count == 3
                && page.components(separatedBy: "<rect class=\"i-4\" x=").count == 3)
        // The spot lies between the second and the third of three strikes, the flip at the third.
        #expect(page.contains("<title>spot 101.5</title>") && page.contains(#"x1="55.0%""#) && page.contains(#"x1="83.33%""#))
        #expect(!page.contains("<title>zero gamma") && page.contains("missing_gamma"))
    }

    @Test func `a surface has the latest date by tenor, its history in small, and buckets of delta`() throws {
        var html = HTMLWriter()
        ResearchSection(kind: "iv-surface", data: try JSONDocument(parsing: Array(Self.surface.utf8)).root).write(to: &html)
        let page = String(decoding: html.bytes, as: UTF8.self)
        #expect(page.contains("Tenors on 2026-01-30") && page.contains("2026-01-29 to 2026-01-30: 58 to 61.5"))
        #expect(page.contains("<title>14, 40\u{2013}60: 63.3</title>") && page.contains("<title>14, 0\u{2013}20: not known</title>"))
        #expect(page.contains("short_history"))
    }

    @Test func `on the page figures of a tenor, a slice and a contract lead to the explanations of their rows, in a report to nothing`()
        throws
    {
        func page(_ kind: String, _ json: String, _ pin: [(name: String, value: String)]?) throws -> String {
            var html = HTMLWriter()
            ResearchSection(kind: kind, data: try JSONDocument(parsing: Array(json.utf8)).root, pin: pin).write(to: &html)
            return String(decoding: html.bytes, as: UTF8.self)
        }
        let pin = [(name: "as_of_position", value: "7")]
        let surface = Self.surface.replacing(#"{"rows""#, with: #"{"underlying":"MSTR","rows""#)
        let row = "/explain?view=iv-surface&amp;key=MSTR%7C2026-01-30%7C2026-02-20&amp;field=atm_iv&amp;as_of_position=7"
        #expect(try page("iv-surface", surface, pin).contains("<a class=\"figure\" href=\"\(row)\">61.50</a>"))
        let slice = Self.exposure.replacing(#"{"convention""#, with: #"{"underlying":"MSTR","expiries":["2026-02-20"],"convention""#)
        #expect(
            try page("exposure", slice, pin).contains(
                "href=\"/explain?view=exposure&amp;key=MSTR%7C2026-01-30%7C2026-02-20&amp;as_of_position=7\">2026-02-20</a>"))
        let contract = Self.scenario().replacing(#""contracts":2"#, with: #""position_id":"P","basis":1.5,"contracts":2"#)
        #expect(
            try page("scenarios", contract, pin).contains(
                "href=\"/explain?view=lifecycles&amp;key=P&amp;field=average_open_price&amp;as_of_position=7\""))
        for (kind, json) in [("iv-surface", surface), ("exposure", slice), ("scenarios", contract)] {
            #expect(try !page(kind, json, nil).contains("href="), "\(kind)")
        }
    }

    @Test func `scenarios are maps of gain and loss by days, and a position without a grid says why`() throws {
        var html = HTMLWriter()
        ResearchSection(kind: "scenarios", data: try JSONDocument(parsing: Array(Self.scenario().utf8)).root).write(to: &html)
        let page = String(decoding: html.bytes, as: UTF8.self)
        #expect(page.contains("Gain now, USD, + is better") && page.contains("Gain in 7 days, USD, + is better"))
        #expect(page.contains("<title>\u{2212}5, \u{2212}10: \u{2212}1,500</title>") && page.contains("<title>5, 0: not known</title>"))
        #expect(page.contains(#"class="gain" fill-opacity="0.4""#) || page.contains(#"class="gain""#))
        #expect(page.contains("No grid: the warnings say why.") && page.contains(">expired<"))
    }

    @Test func `levels and flow name their marks and groups`() throws {
        var html = HTMLWriter()
        ResearchSection(kind: "levels", data: try JSONDocument(parsing: Array(Self.levels.utf8)).root).write(to: &html)
        ResearchSection(kind: "flow", data: try JSONDocument(parsing: Array(Self.flow.utf8)).root).write(to: &html)
        let page = String(decoding: html.bytes, as: UTF8.self)
        #expect(page.contains("<title>VWAP from session open 100.5</title>") && page.contains("<title>spot 101</title>"))
        // The close before lies below all bins' middles: it is among the figures alone.
        #expect(!page.contains("<title>close before") && page.contains("Previous close"))
        #expect(page.contains("Premium bought and sold by quarter of an hour from, UTC") && page.contains(">01-30 15:00<"))
        #expect(page.contains("not known: bought 0, sold 0, net 0"))
    }

    @Test func `a report in Markdown has the figures, and takes no text for markup`() throws {
        let text = String(decoding: try Self.report().markdown(), as: UTF8.self)
        #expect(text.hasPrefix("# Research: MSTR, NONE\n\nAs of position 512, 2026-01-30T21:00:00Z.\n"))
        #expect(text.contains("| 2026-01-30 | 14 | 2026-02-20 | 21 | 61.5 |") && !text.contains("| 2026-01-29 |"))
        #expect(text.contains("- flip strike: 110") && text.contains("- zero gamma level: not known"))
        #expect(text.contains("\\<b\\>MSTR\\</b\\>") && text.contains("`no_data:levels/NONE`"))
        #expect(text.contains("File: `exposure/MSTR/2026-01-30.json`"))
    }
}
