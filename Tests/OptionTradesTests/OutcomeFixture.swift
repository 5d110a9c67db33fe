import LedgerEvents
import LedgerRules
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// An execution, marks and stamps that the outcome tests change in one place each.
///
/// The execution bought 10 calls of strike 350 at 12.5 × 100 on 2026-01-10T14:30:00Z: a premium of 12,500 and fees of
/// 6.5. Its contract stops on 2026-01-30T21:00:00Z.
struct OutcomeFixture {
    let rules: OutcomesRules

    init() throws { rules = try OutcomesRules(version: 1, read: projectRuleFile) }

    func row(_ change: (inout ExecutionRow) throws -> Void = { _ in }) throws -> ExecutionRow {
        var row = try sampleRow("A")
        row.spotAtTrade = FixedDecimal(340)
        try change(&row)
        return row
    }

    /// The same execution of a symbol that is its own market.
    func directRow(_ change: (inout ExecutionRow) throws -> Void = { _ in }) throws -> ExecutionRow {
        try row {
            $0.underlyingSymbol = "BTC"
            $0.optionSymbol = nil
            $0.instrument = "BTC-30JAN26-350-C"
            try change(&$0)
        }
    }

    /// A quote some minutes from a target.
    func quote(_ target: Instant, minutes: Int = 0, _ change: (inout OptionQuote) throws -> Void)
        throws -> OptionQuote
    {
        let time = try #require(target.advanced(byMicroseconds: Int64(minutes) * 60_000_000))
        var quote = OptionQuote(timestamp: time)
        try change(&quote)
        return quote
    }

    func mark(
        _ row: ExecutionRow, _ horizon: Horizon, quote: OptionQuote?, spot: HorizonSpot? = nil,
        realizedVol: FixedDecimal? = nil, error: String? = nil
    ) -> ForwardMarkPayload {
        let target = HorizonTarget(of: row, horizon: horizon, rules: rules).instant
        return ForwardMarkPayload(
            source: row.source, sourceTradeID: row.sourceTradeID, horizonKey: horizon.key,
            horizonDays: horizon.days,
            basis: Basis(of: row, target: target), quote: quote,
            quoteSource: quote == nil ? nil : "imported_option_quote", windowFrom: nil, windowTo: nil,
            error: error,
            notEntitled: false, spot: spot, realizedVol: realizedVol, lookedUpAt: .maximum, inputs: [])
    }

    func stamp(
        _ row: ExecutionRow, market: String? = "BTC", method: String = "crypto_equity_proxy",
        spot: FixedDecimal? = FixedDecimal(97_000), percentile: FixedDecimal? = nil,
        regime: String? = nil
    ) -> ContextStampedPayload {
        ContextStampedPayload(
            source: row.source, sourceTradeID: row.sourceTradeID, contextKey: market ?? "unmapped:",
            basis: Basis(of: row),
            rules: [], quoteUnderlying: row.underlyingSymbol, marketProxy: market, mappingMethod: method,
            mappingConfidence: FixedDecimal(1), mappingQuality: "available", spotAtTrade: spot,
            spotSource: nil,
            spotTimeDeltaMinutes: nil, dvol: nil, iv30d: nil, rv30d: nil, vrp: nil, vrpSource: nil,
            dvolPercentile: percentile, gexImbalance: nil, gammaRegime: regime, termStructureState: nil,
            stationarityStatus: nil, stationarityBlendWeight: nil, smileRichCheap: nil,
            smileState: "not_sourced",
            volume24h: nil, openInterest: nil, contextQuality: "available", missingFields: [], inputs: [],
            observedThroughPosition: 1)
    }

    func outcome(
        _ row: ExecutionRow, _ horizon: Horizon, stamp: ContextStampedPayload? = nil,
        mark: ForwardMarkPayload? = nil
    ) -> Outcome {
        Outcome(
            OutcomeEntry(of: row, stamp: stamp, rules: rules), horizon: horizon, mark: mark, rules: rules)
    }

    /// The outcome of a row with one quote, some minutes from the target.
    func quoted(
        _ row: ExecutionRow, _ horizon: Horizon = Horizon(days: 7), minutes: Int = 0,
        _ change: (inout OptionQuote) throws -> Void
    ) throws -> Outcome {
        let target = try #require(HorizonTarget(of: row, horizon: horizon, rules: rules).instant)
        return outcome(
            row, horizon, mark: mark(row, horizon, quote: try quote(target, minutes: minutes, change)))
    }

    static func instant(_ text: String) throws -> Instant { try #require(Instant(text)) }
}

/// The decimal of a text that a test knows to be one.
func exactDecimal(_ text: String) -> FixedDecimal { try! FixedDecimal(text) }
