import LedgerEvents
import LedgerRules
import LedgerValues
import OptionTrades
import TestSupport

/// An execution and a stamp of it, and the alignment that follows from them.
struct AlignmentFixture {
    let rules: AlignmentRules

    init() throws { rules = try AlignmentRules(version: 1, read: projectRuleFile) }

    func row(_ direction: Direction?) throws -> ExecutionRow {
        var row = try sampleRow("T-1")
        row.direction = direction
        return row
    }

    /// A stamp of a directly mapped market without any signal.
    static func stamp(
        _ row: ExecutionRow, _ change: (inout ContextStampedPayload) throws -> Void = { _ in }
    ) rethrows -> ContextStampedPayload {
        var stamp = ContextStampedPayload(
            source: row.source, sourceTradeID: row.sourceTradeID, contextKey: "BTC", basis: Basis(of: row), rules: [],
            quoteUnderlying: row.underlyingSymbol, marketProxy: "BTC", mappingMethod: "direct_market_symbol",
            mappingConfidence: FixedDecimal(1), mappingQuality: "available", smileState: "not_sourced",
            contextQuality: "available", observedThroughPosition: 1)
        try change(&stamp)
        return stamp
    }

    func alignment(
        _ direction: Direction?, _ change: (inout ContextStampedPayload) throws -> Void
    ) throws -> Alignment {
        let row = try row(direction)
        return Alignment(of: row, stamp: try Self.stamp(row, change), rules: rules)
    }

    /// The impact of one signal among enough others that add nothing; nil where it is neither driver nor detractor.
    func impact(
        of signal: AlignmentSignal, _ direction: Direction, _ change: (inout ContextStampedPayload) throws -> Void
    ) throws -> String? {
        let alignment = try alignment(direction) { stamp in
            stamp.dvolPercentile = FixedDecimal(50)
            stamp.gammaRegime = "neutral"
            stamp.termStructureState = "flat"
            try change(&stamp)
        }
        return (alignment.drivers + alignment.detractors).first { $0.signal == signal }.map { "\($0.impact)" }
    }
}

extension FixedDecimal {
    /// For the figures of tests.
    static func of(_ text: String) throws -> FixedDecimal { try FixedDecimal(text) }
}
