import LedgerValues

/// The gamma regime of every hour of a market, each from the imbalances before it alone.
struct GammaRegimes {
    enum Regime: String, CaseIterable, Sendable {
        // In canonical order.
        case longGamma = "long_gamma"
        case neutral
        case shortGamma = "short_gamma"
    }

    struct Hour: Sendable {
        let row: ObservedRow
        let imbalance: ExactNumber
        let regime: Regime
        let thresholds: Thresholds
    }

    struct Thresholds: Sendable {
        let lower: ExactNumber
        let upper: ExactNumber
        /// The imbalances in the window.
        let count: Int
        /// Whether there were too few of them, so that the rules' fixed thresholds apply.
        let isFixed: Bool
    }

    /// The hours that have an imbalance, in order of time.
    let hours: [Hour]

    /// O(n log n), and O(window) moves of small numbers an hour.
    ///
    /// - Parameter rows: in order of time.
    init(_ rows: [ObservedRow], _ rules: ContextRules.GammaRegime) {
        let known = rows.compactMap { row in row.imbalance.map { (row: row, imbalance: $0) } }
        // Windows hold ranks, so that exact numbers are compared only once.
        let imbalances = known.map(\.imbalance)
        let order = imbalances.indices.sorted { imbalances[$0] < imbalances[$1] }
        var ranks = [Int](repeating: 0, count: known.count)
        for (rank, index) in order.enumerated() { ranks[index] = rank }
        var window = RankWindow()
        var start = 0
        var hours: [Hour] = []
        hours.reserveCapacity(known.count)
        for (index, (row, imbalance)) in known.enumerated() {
            let earliest = row.timestamp.daysBefore(rules.windowDays)
            while start < index, known[start].row.timestamp < earliest {
                window.remove(ranks[start])
                start += 1
            }
            let thresholds = Self.thresholds(window.ranks, rules) { imbalances[order[$0]] }
            let regime: Regime =
                imbalance >= thresholds.upper ? .longGamma : imbalance <= thresholds.lower ? .shortGamma : .neutral
            hours.append(Hour(row: row, imbalance: imbalance, regime: regime, thresholds: thresholds))
            window.insert(ranks[index])
        }
        self.hours = hours
    }

    private static func thresholds(
        _ ranks: [Int], _ rules: ContextRules.GammaRegime, _ imbalance: (Int) -> ExactNumber
    ) -> Thresholds {
        guard ranks.count >= rules.minimumObservations else {
            return Thresholds(
                lower: rules.fallbackLower.exact, upper: rules.fallbackUpper.exact, count: ranks.count, isFixed: true)
        }
        return Thresholds(
            lower: percentile(rules.lowerPercentile, count: ranks.count) { imbalance(ranks[$0]) },
            upper: percentile(rules.upperPercentile, count: ranks.count) { imbalance(ranks[$0]) }, count: ranks.count, isFixed: false)
    }

    /// The first hour after the last one of another regime; nil without an hour.
    var startOfCurrent: Hour? {
        guard let last = hours.last else { return nil }
        return hours.lastIndex { $0.regime != last.regime }.map { hours[$0 + 1] } ?? hours.first
    }

    /// The log returns that followed the hours of each regime.
    func returns(after horizonHours: Int, _ spots: HourlySpots) -> [Regime: [Return]] {
        var found: [Regime: [Return]] = [:]
        for hour in hours {
            guard let start = spots[hour.row.timestamp],
                let later = hour.row.timestamp.advanced(byMicroseconds: Int64(horizonHours) * 3_600_000_000), let end = spots[later],
                let value = Return(start, end)
            else { continue }
            found[hour.regime, default: []].append(value)
        }
        return found
    }

    /// A log return of the spot between two hours.
    struct Return: Sendable {
        let start: ObservedRow
        let end: ObservedRow
        let value: Double

        /// Nil unless both spots are above zero.
        init?(_ start: HourlySpots.Spot, _ end: HourlySpots.Spot) {
            guard start.value > 0, end.value > 0 else { return nil }
            self.start = start.row
            self.end = end.row
            value = ModelMath.log(end.value / start.value)
        }
    }
}

/// The rows that have a spot, by their hour. Of several rows of an hour the last one counts.
struct HourlySpots {
    struct Spot {
        let row: ObservedRow
        let value: Double
    }

    private var spots: [Instant: Spot] = [:]

    /// - Parameter rows: all rows, in order of time.
    init(_ rows: [ObservedRow]) {
        spots.reserveCapacity(rows.count)
        for row in rows {
            if let value = row.decimal("spot") { spots[row.timestamp] = Spot(row: row, value: value.model) }
        }
    }

    subscript(_ hour: Instant) -> Spot? { spots[hour] }
}

/// The ranks of a window in ascending order.
private struct RankWindow {
    private(set) var ranks: [Int] = []

    mutating func insert(_ rank: Int) { ranks.insert(rank, at: place(of: rank)) }

    mutating func remove(_ rank: Int) { ranks.remove(at: place(of: rank)) }

    private func place(of rank: Int) -> Int {
        var (low, high) = (0, ranks.count)
        while low < high {
            let middle = (low + high) / 2
            if ranks[middle] < rank { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
