import LedgerEvents
import LedgerRules
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// A buy with a benchmark, and the quality that follows from them.
struct ExecutionQualityFixture {
    let rules: ExecutionQualityRules

    init() throws { rules = try ExecutionQualityRules(version: 1, read: projectRuleFile) }

    /// A buy of 10 at 12.5 USD, multiplier 100, at 2026-01-10T14:30:00Z.
    func quality(
        row changeRow: (inout ExecutionRow) throws -> Void = { _ in },
        _ change: (inout ExecutionBenchmarkPayload) throws -> Void
    ) throws -> ExecutionQuality {
        var row = try sampleRow("T-1")
        try changeRow(&row)
        var benchmark = ExecutionBenchmarkPayload(
            source: row.source, sourceTradeID: row.sourceTradeID, basis: Basis(of: row), lookedUpAt: .minimum)
        try change(&benchmark)
        return ExecutionQuality(of: row, benchmark: benchmark, rules: rules)
    }

    /// A minute before the trade, with everything: 12.2 × 12.6, mark 12.45.
    func fullQuote(_ change: (inout OptionQuote) throws -> Void = { _ in }) throws -> OptionQuote {
        var quote = OptionQuote(
            timestamp: try instant("2026-01-10T14:29:00Z"), bid: try .of("12.2"), ask: try .of("12.6"),
            bidSize: FixedDecimal(7), askSize: FixedDecimal(9), mark: try .of("12.45"), markIV: try .of("61.5"),
            underlyingPrice: FixedDecimal(340), volume24h: FixedDecimal(1200), openInterest: FixedDecimal(5400))
        try change(&quote)
        return quote
    }

    func quoted(
        row changeRow: (inout ExecutionRow) throws -> Void = { _ in }, model: ModelMark? = nil,
        _ change: (inout OptionQuote) throws -> Void
    ) throws -> ExecutionQuality {
        let quote = try fullQuote(change)
        return try quality(row: changeRow) { benchmark in
            benchmark.quote = quote
            benchmark.quoteSource = "imported_option_quote"
            benchmark.model = model
        }
    }

    func quoted(row change: (inout ExecutionRow) throws -> Void = { _ in }) throws -> ExecutionQuality {
        try quoted(row: change) { (_: inout OptionQuote) in }
    }

    func expectNoQuoteFigures(_ quality: ExecutionQuality) {
        #expect(quality.benchmark.bid == nil)
        #expect(quality.benchmark.ask == nil)
        #expect(quality.benchmarkMid == nil)
        #expect(quality.benchmark.bidSize == nil)
        #expect(quality.benchmark.askSize == nil)
        #expect(quality.benchmark.volume24h == nil)
        #expect(quality.benchmark.openInterest == nil)
        #expect(quality.fillVsMid == nil)
        #expect(quality.fillVsMidUSD == nil)
        #expect(quality.fillVsMidBps == nil)
        #expect(quality.spreadCapture == nil)
    }

    func expectNoFigures(_ quality: ExecutionQuality) {
        expectNoQuoteFigures(quality)
        #expect(quality.benchmarkMark == nil)
        #expect(quality.benchmark.iv == nil)
        #expect(quality.fillVsSurfaceMark == nil)
    }
}
