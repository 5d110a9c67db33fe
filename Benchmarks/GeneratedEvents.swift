import LedgerEvents
import LedgerValues
import OptionTrades

/// A realistic mix of events by number, in blocks of ten: four executions, followed by two stamps, two benchmarks and two
/// marks of these executions. Each contract of a portfolio is traded a few times.
enum GeneratedEvents {
    static func event(_ number: Int) -> NewEvent {
        let block = number / 10 * 4
        switch number % 10 {
        case 0..<4:
            return ExecutionPayload(row: row(block + number % 10), scopeKey: GeneratedExecutions.scopeKey, unknownFields: [])
                .recordedEvent()
        case 4, 5: return stamp(row(block + number % 2), number)
        case 6, 7: return benchmark(row(block + number % 2), number)
        default: return mark(row(block + number % 2), number)
        }
    }

    static func row(_ number: Int) -> ExecutionRow {
        var row = GeneratedExecutions.row(number)
        let contract = number / 6
        let strike = 100 + contract % 300
        let expiry = CalendarDate(year: 2026, month: 2, day: 1)?.advanced(byDays: contract / 300 % 500) ?? .maximum
        row.strike = FixedDecimal(strike)
        row.expiry = expiry
        row.optionSymbol = nil
        row.instrument = "MSTR \(expiry) \(strike) \(row.optionType?.rawValue ?? "")"
        return row
    }

    static func stamp(_ row: ExecutionRow, _ number: Int) -> NewEvent {
        let level = FixedDecimal(40 + number % 30)
        return ContextStampedPayload(
            source: row.source, sourceTradeID: row.sourceTradeID, contextKey: "BTC", basis: Basis(of: row),
            rules: [RuleReference(version: 1, digest: String(repeating: "0", count: 64), file: "context/rules.v1.yaml")],
            quoteUnderlying: "MSTR", marketProxy: "BTC", mappingMethod: "crypto_equity_proxy",
            mappingConfidence: FixedDecimal(units: 8_000_000_000), mappingQuality: "proxy_mapped",
            spotAtTrade: FixedDecimal(90_000 + number % 1000), spotSource: "gex_hourly",
            spotTimeDeltaMinutes: FixedDecimal(number % 30), dvol: level, iv30d: level, rv30d: level, vrp: FixedDecimal(3),
            vrpSource: "observed", dvolPercentile: FixedDecimal(number % 100),
            gexImbalance: FixedDecimal(units: Int128(number % 100) * 100_000_000), gammaRegime: "neutral",
            termStructureState: "flat", stationarityStatus: "stable", stationarityBlendWeight: FixedDecimal(1),
            smileState: "not_sourced", contextQuality: "proxy_mapped", missingFields: ["open_interest", "volume_24h"],
            inputs: [EventInput(field: "dvol", positions: [1])], observedThroughPosition: 1
        ).event(previousVersion: 0, effectiveAt: row.tradeDate)
    }

    private static func quote(at time: Instant, _ number: Int) -> OptionQuote {
        let bid = FixedDecimal(units: Int128(1 + number % 400) * 500_000_000)
        return OptionQuote(
            timestamp: time, exchangeTimestamp: time, bid: bid, ask: bid + FixedDecimal(units: 1_000_000_000),
            mark: bid + FixedDecimal(units: 500_000_000), markIV: FixedDecimal(70), rounded: false)
    }

    static func benchmark(_ row: ExecutionRow, _ number: Int) -> NewEvent {
        ExecutionBenchmarkPayload(
            source: row.source, sourceTradeID: row.sourceTradeID, basis: Basis(of: row),
            quote: quote(at: row.tradeDate, number), quoteSource: "imported_option_quote", lookedUpAt: row.tradeDate,
            inputs: [EventInput(field: "quote", positions: [1])]
        ).event(previousVersion: 0)
    }

    static func mark(_ row: ExecutionRow, _ number: Int, days: Int = 7) -> NewEvent {
        let target = row.tradeDate.advanced(byMicroseconds: Int64(days) * 86_400_000_000) ?? row.tradeDate
        return ForwardMarkPayload(
            source: row.source, sourceTradeID: row.sourceTradeID, horizonKey: "\(days)d", horizonDays: days,
            basis: Basis(of: row, target: target), quote: quote(at: target, number),
            quoteSource: "imported_option_quote", lookedUpAt: target, inputs: [EventInput(field: "quote", positions: [1])]
        ).event(previousVersion: 0)
    }
}
