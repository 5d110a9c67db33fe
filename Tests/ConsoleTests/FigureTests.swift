import LedgerJSON
import LedgerValues
import TestSupport
import Testing

@testable import Console

struct FigureTests {
    @Test(arguments: [
        ("675360", Figures.Places.money, "675,360.00", false), ("466630651.75", .money, "466,630,651.75", false),
        ("-864.8648648649", .points, "\u{2212}864.9", true), ("0.125", .money, "0.12", true), ("0.135", .money, "0.14", true),
        ("0", .money, "0.00", false), ("-0.001", .money, "0.00", true), ("30.15", .price, "30.15", false),
        ("28.5", .price, "28.50", false), ("0.00005", .price, "0.00", true), ("224", .quantity, "224", false),
        ("1.5", .quantity, "1.5", false), ("-1234567", .quantity, "\u{2212}1,234,567", false), ("999.995", .money, "1,000.00", true),
        ("0.1234567891", .exact, "0.1234567891", false), ("0.00000001", .exact, "0.00000001", false),
    ])
    func decimalsAreGroupedAndRoundedHalfToEvenForDisplay(
        text: String, places: Figures.Places, shown: String, isRounded: Bool
    ) {
        let figure = Figures.decimal(text, places)
        #expect(figure.text == shown)
        #expect(figure.isRounded == isRounded)
    }

    @Test func `what is shown exactly reads back as the same decimal`() throws {
        for seed in 0..<500 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            let value = FixedDecimal(
                units: Int128(Int64.random(in: .min ... .max, using: &random)) * Int128(Int.random(in: 1...1000, using: &random)))
            let shown = Figures.decimal(value.description, .exact)
            #expect(!shown.isRounded)
            #expect(try FixedDecimal(shown.text.replacing(",", with: "").replacing("\u{2212}", with: "-")) == value, "seed \(seed)")
        }
    }
}

struct UnavailableTests {
    private func cell(_ field: String, _ row: String) throws -> String {
        var html = HTMLWriter()
        let document = try JSONDocument(parsing: Array(row.utf8))
        Cell.figure(document.root, field, .money, nil, to: &html)
        return String(decoding: html.bytes, as: UTF8.self)
    }

    @Test(arguments: [
        ("pnl_before_fees_usd", #"{"outcome_state":"pending","missing_fields":[]}"#, "pending"),
        ("pnl_before_fees_usd", #"{"outcome_state":"unavailable","missing_fields":["forward_mark"]}"#, "no mark"),
        ("pnl_after_fees_usd", #"{"outcome_state":"unrealized_mark","missing_fields":["fees_usd"]}"#, "no fees usd"),
        ("mark_price", #"{"mark_quality":"stale","missing_fields":[]}"#, "stale mark"),
        ("fill_vs_mid_bps", #"{"missing_fields":["missing:benchmark_quote"]}"#, "no quote"),
        ("fill_vs_mid", #"{"missing_fields":["stale_quote"],"benchmark_quality":"stale"}"#, "stale quote"),
        ("benchmark_mid", #"{"execution_liquidity_quality":"not_entitled","missing_fields":[]}"#, "not entitled"),
        ("average_open_price", #"{"lifecycle_state":"closed","missing_fields":[]}"#, "no open lots"),
        ("alignment_score", #"{"alignment_label":"insufficient_data"}"#, "insufficient data"),
        ("price", #"{"price":null}"#, "not in the source"), ("fees_usd", "{}", "not in the source"),
    ])
    func whatIsMissingIsADashWithItsReasonAndNeverZero(field: String, row: String, reason: String) throws {
        let html = try cell(field, row)
        #expect(html.contains("\u{2014}"))
        #expect(html.contains(reason))
        #expect(!html.contains("0"))
    }

    @Test func `a zero that is known shows as zero`() throws {
        #expect(try cell("fees_usd", #"{"fees_usd":0}"#).contains(">0.00<"))
    }
}
