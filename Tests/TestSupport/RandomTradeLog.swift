package import LedgerEvents
import LedgerValues
import OptionTrades

/// A log of executions, corrections, disappearances, stamps, benchmarks and marks of a few trades. The same seed gives
/// the same log. Some stamps and marks come before their trade, or are based on a row that was corrected since.
package struct RandomTradeLog {
    private var random: SeededGenerator
    private let trades: Int
    private var rows: [String: (row: ExecutionRow, isMissing: Bool)] = [:]
    private var versions: [String: Int64] = [:]
    private var step = 0

    package init(seed: UInt64, trades: Int) {
        random = SeededGenerator(seed: seed)
        self.trades = trades
    }

    /// The next events of the log.
    package mutating func events(_ count: Int) throws -> [NewEvent] {
        try (0..<count).map { _ in try next() }
    }

    private mutating func next() throws -> NewEvent {
        step += 1
        let id = "T\(Int.random(in: 0..<trades, using: &random))"
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<4: return try execution(id)
        case 4, 5: return try stamp(id)
        case 6, 7: return try benchmark(id)
        default: return try mark(id)
        }
    }

    /// The version before the next event of a stream.
    private mutating func previous(_ stream: String) -> Int64 {
        defer { versions[stream, default: 0] += 1 }
        return versions[stream] ?? 0
    }

    private mutating func execution(_ id: String) throws -> NewEvent {
        var row = try sampleRow(
            id, updatedAt: step, quantity: Int.random(in: 1...9, using: &random),
            status: Int.random(in: 0..<8, using: &random) == 0 ? .busted : .filled, notes: "n\(step)")
        row.direction = Bool.random(using: &random) ? .buy : .sell
        row.strike = FixedDecimal(Int.random(in: 0..<4, using: &random) == 0 ? 360 : 350)
        let before = previous("execution \(id)")
        guard let known = rows[id] else {
            rows[id] = (row, false)
            return recorded(row)
        }
        if Int.random(in: 0..<4, using: &random) == 0 {
            let presence = PresencePayload(source: row.source, sourceTradeID: id, scopeKey: "s", isMissing: !known.isMissing)
            rows[id] = (known.row, !known.isMissing)
            return presence.event(previousVersion: before)
        }
        rows[id] = (row, known.isMissing)
        return updated(row, from: known.row, previous: before)
    }

    private func row(_ id: String) throws -> ExecutionRow { try rows[id]?.row ?? sampleRow(id) }

    private func decimal(_ text: String) throws -> FixedDecimal { try FixedDecimal(text) }

    private mutating func stamp(_ id: String) throws -> NewEvent {
        let row = try row(id)
        let key = Bool.random(using: &random) ? "BTC" : "MSTR"
        return ContextStampedPayload(
            source: row.source, sourceTradeID: id, contextKey: key, basis: Basis(of: row),
            rules: [RuleReference(version: 1, digest: String(repeating: "0", count: 64), file: "context/rules.v1.yaml")],
            quoteUnderlying: "MSTR", marketProxy: "BTC", mappingMethod: "crypto_equity_proxy",
            mappingConfidence: try decimal("0.8"), mappingQuality: "proxy_mapped", spotAtTrade: FixedDecimal(90_000 + step),
            spotSource: "gex_hourly", spotTimeDeltaMinutes: FixedDecimal(3), dvol: FixedDecimal(50), iv30d: FixedDecimal(50),
            rv30d: FixedDecimal(40), vrp: FixedDecimal(10), vrpSource: "observed",
            dvolPercentile: FixedDecimal(Int.random(in: 0...100, using: &random)), gexImbalance: try decimal("0.1"),
            gammaRegime: "neutral", termStructureState: "flat", stationarityStatus: "stable",
            stationarityBlendWeight: FixedDecimal(1), smileState: "not_sourced", contextQuality: "proxy_mapped",
            missingFields: ["open_interest"], inputs: [EventInput(field: "dvol", positions: [1])], observedThroughPosition: 1
        ).event(previousVersion: previous("stamp \(id)"), effectiveAt: row.tradeDate)
    }

    private mutating func quote(at time: Instant) -> OptionQuote {
        let bid = FixedDecimal(Int.random(in: 1...30, using: &random))
        return OptionQuote(
            timestamp: time, exchangeTimestamp: time, bid: bid, ask: bid + FixedDecimal(1), mark: bid,
            markIV: FixedDecimal(70), rounded: false)
    }

    private mutating func benchmark(_ id: String) throws -> NewEvent {
        let row = try row(id)
        return ExecutionBenchmarkPayload(
            source: row.source, sourceTradeID: id, basis: Basis(of: row), quote: quote(at: row.tradeDate),
            quoteSource: "imported_option_quote", lookedUpAt: row.tradeDate.advanced(byMicroseconds: Int64(step)) ?? row.tradeDate,
            inputs: [EventInput(field: "quote", positions: [1])]
        ).event(previousVersion: previous("benchmark \(id)"))
    }

    private mutating func mark(_ id: String) throws -> NewEvent {
        let row = try row(id)
        let days = [1, 7, 45][Int.random(in: 0..<3, using: &random)]
        let target = row.tradeDate.advanced(byMicroseconds: Int64(days) * 86_400_000_000) ?? row.tradeDate
        return ForwardMarkPayload(
            source: row.source, sourceTradeID: id, horizonKey: "\(days)d", horizonDays: days,
            basis: Basis(of: row, target: target), quote: quote(at: target), quoteSource: "imported_option_quote",
            lookedUpAt: target, inputs: [EventInput(field: "quote", positions: [1])]
        ).event(previousVersion: previous("mark \(id) \(days)"))
    }
}
