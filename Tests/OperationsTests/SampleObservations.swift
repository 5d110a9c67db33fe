import LedgerEvents
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// Six observations of each kind that is a view: two markets, three days, one of them within a second.
func sampleObservations() throws -> [NewEvent] {
    try [(MarketKind.volMetrics, "dvol"), (.gexHourly, "net_gex")].flatMap { kind, figure in
        try ["BTC", "ETH"].flatMap { market in
            try (0..<3).map { day in
                let time = try instant("2026-01-09T12:17:07Z", plusSeconds: day * 5 * 86_400)
                let observed = MarketObservedPayload(
                    kind: kind,
                    fields: [
                        ("currency", .text(market)), ("timestamp", .instant(time.advanced(byMicroseconds: day == 1 ? 500_000 : 0) ?? time)),
                        (figure, .decimal(FixedDecimal(40 + day))),
                    ])
                return try #require(observed).event(previousVersion: 0)
            }
        }
    }
}
