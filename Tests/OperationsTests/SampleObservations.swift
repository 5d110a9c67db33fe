import LedgerEvents
import LedgerValues
import OptionTrades
import TestSupport

/// Six observations of each kind that is a view, and six captures: two markets, three days, one of them within a second.
func sampleObservations() throws -> [NewEvent] {
    let captures = try ["BTC", "ETH"].flatMap { market in
        try (0..<3).map { day in
            sampleCaptured(market, at: try instant("2026-01-09T12:17:07Z", plusSeconds: day * 5 * 86_400), number: day)
                .event(previousVersion: 0)
        }
    }
    return try captures
        + MarketKind.allCases.filter { $0 != .optionQuote }.flatMap { kind in
            try ["BTC", "ETH"].flatMap { market in
                try (0..<3).map { day in
                    let time = try instant("2026-01-09T12:17:07Z", plusSeconds: day * 5 * 86_400)
                    let at = time.advanced(byMicroseconds: day == 1 ? 500_000 : 0) ?? time
                    return try sampleObserved(kind, market, at: at, number: day).event(previousVersion: 0)
                }
            }
        }
}
