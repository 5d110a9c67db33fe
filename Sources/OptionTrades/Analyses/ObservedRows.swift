import LedgerExplanations
import LedgerValues

extension [ObservedRow] {
    /// Those at the newest timestamp.
    var newest: [ObservedRow] { last.map { last in filter { $0.timestamp == last.timestamp } } ?? [] }

    /// The observation nearest to an instant within a distance, of two the earlier; nil if none is so near.
    func nearest(to instant: Instant, withinMinutes minutes: Int) -> ObservedRow? {
        var best: (row: ObservedRow, distance: UInt64)?
        for row in self {
            let distance = (row.timestamp.microseconds - instant.microseconds).magnitude
            guard distance <= UInt64(minutes) * 60_000_000, best.map({ distance < $0.distance }) ?? true else { continue }
            best = (row, distance)
        }
        return best?.row
    }

    /// Of the rows that meet a condition the last one of each UTC day, in order of time.
    func dailyLast(where holds: (ObservedRow) -> Bool) -> [ObservedRow] {
        var days: [ObservedRow] = []
        for row in self where holds(row) {
            if let last = days.last, last.timestamp.date == row.timestamp.date { days.removeLast() }
            days.append(row)
        }
        return days
    }

    /// The rows by what their columns say, in the order of these texts, each group in order of time.
    func grouped(by columns: [String]) -> [(key: [String], rows: [ObservedRow])] {
        var groups: [[String]: [ObservedRow]] = [:]
        for row in self { groups[columns.map { row.shown($0).text }, default: []].append(row) }
        return groups.sorted { left, right in
            for (a, b) in zip(left.key, right.key) where !a.isBytewiseEqual(to: b) { return a.isBytewiseLess(than: b) }
            return false
        }.map { ($0.key, $0.value) }
    }
}

extension ObservedRow {
    /// What is observed for the volatility premium, else `dvol − rv_30d`.
    var premium: (value: FixedDecimal, source: String)? {
        VolPoint.premium(own: decimal("vrp"), dvol: decimal("dvol"), rv30d: decimal("rv_30d"))
    }

    /// The series' own imbalance, else `net_gex ÷ abs_gex`.
    var imbalance: ExactNumber? {
        GexPoint.imbalance(own: decimal("gex_imbalance"), net: decimal("net_gex"), abs: decimal("abs_gex"))
    }

    static let premiumColumns = ["vrp", "dvol", "rv_30d"]
    static let imbalanceColumns = ["gex_imbalance", "net_gex", "abs_gex"]

    func inputs(_ columns: [String]) -> [TracedInput] { columns.map { .observed(self, $0) } }
}

extension Instant {
    func minutesBefore(_ minutes: Int) -> Instant { advanced(byMicroseconds: -Int64(minutes) * 60_000_000) ?? .minimum }

    func hoursBefore(_ hours: Int) -> Instant { advanced(byMicroseconds: -Int64(hours) * 3_600_000_000) ?? .minimum }
}

/// The median of numbers, the mean of the middle two of an even count; nil without one.
func median(_ values: [FixedDecimal]) -> ExactNumber? {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return nil }
    let (low, high) = (sorted[(sorted.count - 1) / 2], sorted[sorted.count / 2])
    return (low.exact + high.exact).divided(by: ExactNumber(2))
}
