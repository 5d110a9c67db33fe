import LedgerEvents
import LedgerExplanations
import LedgerJSON
import LedgerRules
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// Builders for cases that are worked out by hand.
extension ExplainedLog {
    static let trade = Instant("2026-01-10T14:30:00Z") ?? .minimum

    static func minutes(_ minutes: Int) throws -> Instant { try instant("2026-01-10T14:30:00Z", plusSeconds: minutes * 60) }

    /// A trade of the sample's contract.
    mutating func trade(
        _ id: String, _ side: Direction?, _ quantity: Int?, at minutes: Int = 0, price: String? = "12.5",
        _ change: (inout ExecutionRow) throws -> Void = { _ in }
    ) throws {
        var row = try sampleRow(id)
        row.tradeDate = try Self.minutes(minutes)
        row.direction = side
        row.quantity = quantity.map { FixedDecimal($0) }
        row.price = try price.map { try FixedDecimal($0) }
        try change(&row)
        try append(row)
    }

    mutating func benchmark(_ id: String, bid: String?, ask: String?, mark: String? = nil, apart: Int = 1) throws {
        var row = try sampleRow(id)
        row.tradeDate = Self.trade
        var benchmark = ExecutionBenchmarkPayload(
            source: row.source, sourceTradeID: id, basis: Basis(of: row), lookedUpAt: row.tradeDate)
        var quote = OptionQuote(timestamp: try Self.minutes(apart))
        quote.bid = try bid.map { try FixedDecimal($0) }
        quote.ask = try ask.map { try FixedDecimal($0) }
        quote.mark = try mark.map { try FixedDecimal($0) }
        benchmark.quote = quote
        benchmark.quoteSource = "imported_option_quote"
        try append(benchmark)
    }

    /// What explains a column of the only row, or of the row whose key ends in a part.
    func explain(_ view: String, _ field: String?, key: String? = nil, now: String = "2026-03-01T00:00:00Z") throws -> Explanation {
        let rows = try rows(view, now: try instant(now)).filter { row in key.map { row.key.contains($0) } ?? true }
        let explanation = try Self.explainer(view).explain(try #require(rows.first), field: field)
        #expect(explanation.mismatches.isEmpty, "\(explanation.mismatches)")
        return explanation
    }
}
