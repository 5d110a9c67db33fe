import LedgerRules
import LedgerValues

/// A market's history before a trade, in plain lists, for recomputing percentiles and stationarity. The code is
/// independent of `ContextHistory`, which made the stamp.
struct ExplainedWindows {
    let series: MarketSeries
    let trade: Instant

    /// In microseconds.
    private static let day: Int64 = 86_400_000_000

    /// A day's value with the observation that holds it.
    struct Daily {
        let value: FixedDecimal
        let point: VolPoint
    }

    func start(_ days: Int) -> Instant { trade.advanced(byMicroseconds: -Int64(days) * Self.day) ?? .minimum }

    /// The latest `dvol` of each UTC day, from observations before the trade whose timestamps lie in [from, to).
    func dailyDvol(from: Instant, to: Instant) -> [Daily] {
        var latest: [CalendarDate: Daily] = [:]
        for point in series.vol where point.timestamp < trade {
            guard let value = point.dvol else { continue }
            latest[point.timestamp.date] = Daily(value: value, point: point)
        }
        return latest.values.filter { $0.point.timestamp >= from && $0.point.timestamp < to }
            .sorted { $0.point.timestamp < $1.point.timestamp }
    }

    /// All imbalances in [from, trade), ascending by value.
    func imbalances(from: Instant) -> [ExactNumber] {
        series.gex.filter { $0.timestamp >= from && $0.timestamp < trade }.compactMap(\.imbalance).sorted()
    }

    /// The percentile `q` (0…100) of ascending values. With h = (n − 1) × q ÷ 100, it is the value at ⌊h⌋ plus the
    /// fraction of h times the step to the next value.
    static func percentile(_ q: FixedDecimal, _ sorted: [ExactNumber]) -> ExactNumber? {
        guard let last = sorted.last,
            let place = (ExactNumber(sorted.count - 1) * q.exact).divided(by: ExactNumber(100))
        else { return nil }
        var whole = 0
        while whole + 1 < sorted.count, ExactNumber(whole + 1) <= place { whole += 1 }
        guard whole + 1 < sorted.count else { return last }
        return sorted[whole] + (sorted[whole + 1] - sorted[whole]) * (place - ExactNumber(whole))
    }

    /// The observation that the rules choose for the trade, by its time alone. Nil if no observation is within reach.
    static func nearest<Point: MarketPoint>(
        _ points: [Point], to trade: Instant, _ join: ContextRules.Join, _ reach: ContextRules.Reach
    ) -> Point? {
        let minute: Int64 = 60_000_000
        var best: (point: Point, distance: UInt64)?
        for point in points {
            let apart = point.timestamp.microseconds - trade.microseconds
            let isAfter = apart > 0
            if isAfter, join == .atOrBefore { continue }
            let limit = isAfter ? reach.freshMinutes : reach.staleMinutes
            guard apart.magnitude <= UInt64(limit) * UInt64(minute) else { continue }
            // Points are in order of time. Of two at the same distance the earlier comes first and stays.
            if best.map({ apart.magnitude < $0.distance }) ?? true { best = (point, apart.magnitude) }
        }
        return best?.point
    }
}
