import LedgerEvents
import LedgerValues
import OptionTrades
import TestSupport

/// A history that touches all projections, the same for the same seed: executions with their updates, disappearances and
/// returns, and stamps, benchmarks and marks of them.
func mixedHistory(seed: UInt64, trades: Int, events: Int) throws -> [NewEvent] {
    var random = SeededGenerator(seed: seed &* 31)
    var versions: [String: Int64] = [:]
    func previous(_ stream: String) -> Int64 {
        defer { versions[stream, default: 0] += 1 }
        return versions[stream] ?? 0
    }
    var history: [NewEvent] = []
    for (number, event) in try randomHistory(seed: seed, trades: trades, events: events).enumerated() {
        history.append(event)
        guard Int.random(in: 0..<3, using: &random) > 0 else { continue }
        let row = try sampleRow("T\(Int.random(in: 0..<trades, using: &random))")
        switch Int.random(in: 0..<3, using: &random) {
        case 0: history.append(stamp(row, number, previous("context-\(row.sourceTradeID)")))
        case 1:
            let benchmark = ExecutionBenchmarkPayload(
                source: row.source, sourceTradeID: row.sourceTradeID, basis: Basis(of: row),
                quote: quote(at: row.tradeDate, number), quoteSource: "imported_option_quote", lookedUpAt: row.tradeDate,
                inputs: [EventInput(field: "quote", positions: [1])])
            history.append(benchmark.event(previousVersion: previous("benchmark-\(row.sourceTradeID)")))
        default:
            let target = try instant("2026-01-10T14:30:00Z", plusSeconds: 7 * 86_400)
            let mark = ForwardMarkPayload(
                source: row.source, sourceTradeID: row.sourceTradeID, horizonKey: "7d", horizonDays: 7,
                basis: Basis(of: row, target: target), quote: quote(at: target, number),
                quoteSource: "imported_option_quote", lookedUpAt: target,
                inputs: [EventInput(field: "quote", positions: [1])])
            history.append(mark.event(previousVersion: previous("mark-\(row.sourceTradeID)")))
        }
    }
    return history
}

private func quote(at time: Instant, _ number: Int) -> OptionQuote {
    OptionQuote(
        timestamp: time, exchangeTimestamp: time, bid: FixedDecimal(1 + number), ask: FixedDecimal(2 + number),
        mark: nil, markIV: FixedDecimal(70), rounded: false)
}

private func stamp(_ row: ExecutionRow, _ number: Int, _ previous: Int64) -> NewEvent {
    let level = FixedDecimal(40 + number % 30)
    return ContextStampedPayload(
        source: row.source, sourceTradeID: row.sourceTradeID, contextKey: "BTC", basis: Basis(of: row),
        rules: [RuleReference(version: 1, digest: String(repeating: "0", count: 64), file: "context/rules.v1.yaml")],
        quoteUnderlying: "MSTR", marketProxy: "BTC", mappingMethod: "crypto_equity_proxy",
        mappingConfidence: FixedDecimal(1), mappingQuality: "proxy_mapped", spotAtTrade: FixedDecimal(90_000 + number),
        spotSource: "gex_hourly", spotTimeDeltaMinutes: FixedDecimal(number % 30), dvol: level, iv30d: level, rv30d: level,
        vrp: FixedDecimal(3), vrpSource: "observed", dvolPercentile: FixedDecimal(number % 100),
        gexImbalance: FixedDecimal(number % 3), gammaRegime: "neutral", termStructureState: "flat",
        stationarityStatus: "stable", stationarityBlendWeight: FixedDecimal(1), smileState: "not_sourced",
        contextQuality: "proxy_mapped", missingFields: [], inputs: [EventInput(field: "dvol", positions: [1])],
        observedThroughPosition: 1
    ).event(previousVersion: previous, effectiveAt: row.tradeDate)
}
