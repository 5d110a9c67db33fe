import LedgerValues
import OptionTrades
import Testing

extension RunningService {
    /// Records days of observations of BTC, the last one just before a time, and folds them. Gives the log's head.
    func observe(days: Int, before time: String) async throws -> Int64 {
        let end = try #require(Instant(time))
        let events = try (0..<days).flatMap { day in
            let time = try #require(end.advanced(byMicroseconds: -Int64(day) * 86_400_000_000 - 1))
            let common = [("currency", MarketValue.text("BTC")), ("timestamp", .instant(time))]
            return try [(MarketKind.volMetrics, ["dvol", "rv_30d"]), (.gexHourly, ["net_gex", "abs_gex"])].map { kind, figures in
                let fields = common + figures.map { ($0, .decimal(FixedDecimal(1 + day % 9))) }
                return try #require(MarketObservedPayload(kind: kind, fields: fields)).event(previousVersion: 0)
            }
        }
        try await ledger.log.append(events, runID: ledger.newID())
        try await ledger.bringUpToDate(ledger.registry.names)
        return try #require(try await ask("/api/ledger/head").json()["position"]?.integer)
    }
}
