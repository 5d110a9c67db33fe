import LedgerJSON
import TestSupport
import Testing

@testable import Console

/// A colour says gain or loss for the reader, never which sign a figure has.
struct PolarityTests {
    private func html(_ write: (inout HTMLWriter) -> Void) -> String {
        var html = HTMLWriter()
        write(&html)
        return String(decoding: html.bytes, as: UTF8.self)
    }

    private func value(_ text: String) throws -> JSONValue { try JSONDocument(parsing: Array(text.utf8)).root }

    @Test(arguments: [
        // A sell 2.40 above the mid, and a fill that cost 270,320 USD.
        ("fill_vs_mid", "-2.4", "figure gain"), ("fill_vs_mid_usd", "-53760", "figure gain"),
        ("fill_vs_mid_usd", "270320", "figure loss"), ("fill_vs_mid_bps", "0.5", "figure loss"),
        ("pnl_before_fees_usd", "-5", "figure loss"), ("pnl_after_fees_usd", "5", "figure gain"),
        ("realized_pnl_before_fees_usd", "-1000000000000000000.5", "figure loss"),
        ("pnl_before_fees_usd", "0", "figure"), ("pnl_before_fees_usd", "-0.001", "figure"),
        ("entry_premium_usd", "-5", "figure"), ("net_premium_cashflow_usd", "-5", "figure"), ("fees_usd", "6.5", "figure"),
        ("spot_move_pct", "-3", "figure"), ("quantity", "-3", "figure"),
    ])
    func aFigureIsColouredByWhatItMeans(field: String, text: String, classes: String) throws {
        let row = try value("{\"\(field)\":\(text)}")
        #expect(html { Cell.figure(row, field, .money, nil, to: &$0) }.contains("class=\"\(classes)\""))

        // The sign stays beside the colour.
        if classes != "figure" {
            #expect(html { Cell.figure(row, field, .money, nil, to: &$0) }.contains("\u{2212}") == text.hasPrefix("-"))
        }
    }

    @Test func `every column of money and of points declares what more of it means`() throws {
        let fields = try ["alignment", "context", "execution_quality", "lifecycles", "outcomes", "sync_state", "trades"].flatMap { name in
            let text = try #require(projectText("projections/\(name)/columns.json"))
            return text.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)
        }
        let schema = try #require(projectText("schema/openapi.yaml"))
        let sums = schema.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)
            .filter { $0.hasPrefix("sum_") || $0.hasPrefix("mean_") }
        let measured = Set(fields + sums).filter { field in
            ["_usd", "_bps", "_pct"].contains { field.hasSuffix($0) } || field.contains("fill_vs_") && !field.hasPrefix("with_")
        }
        #expect(measured.count > 20)
        for field in measured.sorted() { #expect(Polarity.isDeclared(field), "\(field)") }
    }

    @Test func `a columns head says which way is good`() {
        #expect(Column.figure("Fill vs mid", unit: "total", "fill_vs_mid_usd", .money).unit == "total, + is worse")
        #expect(Column.figure("P&L", "pnl_after_fees_usd", .money).unit == "+ is better")
        #expect(Column.figure("Fees", "fees_usd", .money).unit == nil)
    }

    @Test func `bars of costs and gains are coloured by their meaning`() throws {
        let entries = try value(#"[{"key":"A","cost":1,"sum_pnl_before_fees_usd":-5,"sum_fill_vs_mid_usd":-5,"fees_usd":-5}]"#)
        func bar(_ field: String) -> String {
            html { Plots.signedBars("t", field: field, entries.elements.map { (entry: $0, note: "") }, places: .money, to: &$0) }
        }
        #expect(bar("sum_pnl_before_fees_usd").contains("class=\"loss\""))
        #expect(bar("sum_fill_vs_mid_usd").contains("class=\"gain\""))
        #expect(bar("fees_usd").contains("class=\"i-1\""))
    }

    @Test func `sums stand beside the count of the rows that they are over`() throws {
        let outcomes = try value(
            """
            {"7d":{"by_portfolio":[{"key":"IMST","count":1200,"priced":1100,"priced_after_fees":7,"positive":1,"negative":6,"flat":0,
            "pending":0,"unavailable":100,"sum_pnl_before_fees_usd":-500,"mean_pnl_before_fees_usd":-0.45,
            "sum_pnl_after_fees_usd":120,"mean_pnl_after_fees_usd":17.14,"win_rate":0.1}]}}
            """)
        let page = html { Aggregates.write(.outcomes, outcomes, to: &$0) }
        #expect(page.contains("<span class=\"figure loss\">\u{2212}500.00</span> <small class=\"over\">1,100 of 1,200 rows</small>"))
        #expect(page.contains("<span class=\"figure gain\">120.00</span> <small class=\"over\">7 of 1,200 rows</small>"))
        #expect(page.contains("Sums after fees are over the rows whose fees are known"))
        let fills = try value(
            """
            {"by_portfolio":[{"key":"IMST","count":9,"quoted":6,"stale":1,"estimated":1,"unavailable":1,"covered_share":0.6,
            "mean_fill_vs_mid_bps":-12,"sum_fill_vs_mid_usd":270320,"with_fill_vs_mid_bps":5,"with_fill_vs_mid_usd":4}]}
            """)
        let quality = html { Aggregates.write(.executionQuality, fills, to: &$0) }
        #expect(quality.contains("<span class=\"figure loss\">270,320.00</span> <small class=\"over\">4 of 9 rows</small>"))
        #expect(quality.contains("<span class=\"figure gain\">\u{2212}12.0</span> <small class=\"over\">5 of 9 rows</small>"))
        #expect(quality.contains("<small>+ is worse</small>"))
    }
}
