import LedgerEvents
import LedgerValues
import OptionTrades

/// Option chains by underlying, time and expiry: calls and puts in turn around a spot that moves with the hour.
enum GeneratedChains {
    static let hour: Int64 = 3_600_000_000
    private static let middle = 300

    /// The events of a chain, one a part. Each observation is the first of its stream.
    static func events(_ underlying: String, at time: Instant, _ expiry: CalendarDate, rows count: Int) throws -> [NewEvent] {
        let hours = Int(time.microseconds / hour)
        let spot = middle + hours % 11
        let apart = max(2, 400 / count)
        let days = expiry.days(since: time.date)
        let rows = (0..<count).map { index in
            row(middle + (index / 2 - count / 4) * apart, index % 2 == 0 ? .call : .put, spot: spot, days: days, hours)
        }
        let chain = ChainObservation(
            underlying: underlying, expiry: expiry,
            chain: OptionChain(
                timestamp: time, source: "generated", spot: FixedDecimal(spot), multiplier: FixedDecimal(100),
                openInterestDate: time.date.advanced(byDays: -1), rows: rows),
            rounded: false, unitSource: nil, provenance: MarketObservedPayload.Provenance(observedSource: "generated"))
        guard let parts = chain.parts() else { throw BenchmarkError("a generated chain is invalid") }
        return parts.map { $0.event(previousVersion: 0) }
    }

    /// Daily bars of a symbol up to a date.
    static func bars(_ symbol: String, through last: CalendarDate, days: Int) throws -> [NewEvent] {
        var bars = CapturedBars(symbol: symbol, isDaily: true, adjustment: "raw", source: "generated")
        for day in 0..<days {
            guard let time = last.advanced(byDays: day - days + 1).flatMap({ Instant(startOf: $0) }) else { continue }
            let close = middle + day % 11
            bars.add(
                Bar(
                    timestamp: time, open: FixedDecimal(close - 1), high: FixedDecimal(close + 3), low: FixedDecimal(close - 4),
                    close: FixedDecimal(close), volume: FixedDecimal(1_000_000 + day), vwap: FixedDecimal(close)),
                rounded: false)
        }
        guard let observations = bars.observations() else { throw BenchmarkError("generated bars are invalid") }
        return observations.map { $0.event(previousVersion: 0) }
    }

    private static func row(_ strike: Int, _ type: OptionType, spot: Int, days: Int, _ hours: Int) -> ChainRow {
        let distance = type == .call ? spot - strike : strike - spot
        let bid = max(0, distance) * 100 + max(20, 300 + 3 * days - abs(distance)) + (hours + strike) % 17
        // In ten thousandths, nowhere beyond 0 and 1.
        let delta = max(100, min(9_900, 5_000 + distance * 40))
        return ChainRow(
            strike: FixedDecimal(strike), type, bid: decimal(bid, 2), ask: decimal(bid + 10, 2), last: decimal(bid + 5, 2),
            iv: decimal(550_000 + distance * distance * 2 + hours % 100 * 37, 4), delta: decimal(type == .call ? delta : -delta, 4),
            gamma: decimal(130 - min(120, abs(distance)), 4), theta: decimal(-(900 + strike % 97), 4),
            vega: decimal(2_100 - min(2_000, 9 * abs(distance)), 4), openInterest: FixedDecimal(100 + strike * 7 % 4_000),
            volume: FixedDecimal((hours * 13 + strike * 3) % 900))
    }

    /// A whole number of units of a decimal place.
    private static func decimal(_ number: Int, _ places: Int) -> FixedDecimal {
        FixedDecimal(units: Int128(number) * (FixedDecimal.unitsPerOne / (places == 2 ? 100 : 10_000)))
    }
}
