import LedgerRules
import LedgerValues

/// A market's series, prepared for stamping many trades: its daily last `dvol`, its imbalances in rank order, and the
/// gamma thresholds of the windows asked for so far.
///
/// Not `Sendable`, because it caches the thresholds of windows. A window is a range of the series. There are at most
/// two distinct windows for each observation, so the cache stays within the size of the series.
package final class ContextHistory {
    /// A pair of percentiles, unrounded.
    struct GammaThresholds {
        let lower: ExactNumber
        let upper: ExactNumber
    }

    let series: MarketSeries
    private let rules: ContextRules.GammaRegime
    /// For each UTC day with a `dvol`: the latest observation that has one.
    private let dailyLast: [VolPoint]
    /// The observations with an imbalance, and the imbalances.
    private let ranked: [GexPoint]
    private let imbalances: [ExactNumber]
    /// The indices of `imbalances` in ascending order of value, and the rank of each. Computed when the first window
    /// needs them.
    private var order: [Int32] = []
    private var ranks: [Int32] = []
    private var known: [Range<Int>: GammaThresholds] = [:]

    /// O(n). The first window that needs ranking adds O(n log n).
    package init(_ series: MarketSeries, rules: ContextRules) {
        self.series = series
        self.rules = rules.gammaRegime
        var daily: [VolPoint] = []
        for point in series.vol where point.dvol != nil {
            if let last = daily.last, last.timestamp.date == point.timestamp.date { daily.removeLast() }
            daily.append(point)
        }
        dailyLast = daily
        var ranked: [GexPoint] = []
        var imbalances: [ExactNumber] = []
        for point in series.gex {
            guard let imbalance = point.imbalance else { continue }
            ranked.append(point)
            imbalances.append(imbalance)
        }
        self.ranked = ranked
        self.imbalances = imbalances
    }

    // MARK: - Daily last dvol

    /// The daily last `dvol` of observations before a trade, in order of time. Only observations with timestamps in
    /// [start, end) count. The trade's own UTC day counts with its last value before the trade. O(log n + answer).
    func lastDvols(from start: Instant, before end: Instant, trade: Instant) -> [FixedDecimal] {
        let midnight = Instant(startOf: trade.date) ?? trade
        let lower = dailyLast.index(atOrAfter: start)
        let upper = max(lower, dailyLast.index(atOrAfter: min(end, midnight)))
        var values = dailyLast[lower..<upper].compactMap(\.dvol)
        var next = series.vol.index(atOrAfter: min(end, trade))
        while next > 0, series.vol[next - 1].timestamp >= max(start, midnight) {
            if let dvol = series.vol[next - 1].dvol {
                values.append(dvol)
                break
            }
            next -= 1
        }
        return values
    }

    // MARK: - Gamma thresholds

    /// The exact percentiles of all imbalances in [start, end). Nil if there are fewer than the rules require.
    func gammaThresholds(from start: Instant, before end: Instant) -> GammaThresholds? {
        let lower = ranked.index(atOrAfter: start)
        let window = lower..<max(lower, ranked.index(atOrAfter: end))
        guard window.count >= rules.minimumObservations else { return nil }
        if let thresholds = known[window] { return thresholds }
        rankOnce()
        let sorted = ranks[window].sorted()
        func value(_ place: Int) -> ExactNumber { imbalances[Int(order[Int(sorted[place])])] }
        let thresholds = GammaThresholds(
            lower: percentile(rules.lowerPercentile, count: sorted.count, value),
            upper: percentile(rules.upperPercentile, count: sorted.count, value))
        known[window] = thresholds
        return thresholds
    }

    private func rankOnce() {
        guard ranks.isEmpty else { return }
        // Rounding keeps the order, so exact values are compared only if the rounded ones are equal.
        let rounded = imbalances.map { $0.rounded() }
        let order = imbalances.indices.map { Int32($0) }.sorted { left, right in
            let (a, b) = (Int(left), Int(right))
            if let x = rounded[a], let y = rounded[b], x != y { return x < y }
            return imbalances[a] == imbalances[b] ? a < b : imbalances[a] < imbalances[b]
        }
        var ranks = [Int32](repeating: 0, count: order.count)
        for (rank, place) in order.enumerated() { ranks[Int(place)] = Int32(rank) }
        self.order = order
        self.ranks = ranks
    }
}

/// The exact percentile `q` (0…100) of `count` ascending values by linear interpolation, which is numpy's default. With
/// h = (count − 1) × q ÷ 100, it is the value at ⌊h⌋ plus the fraction of h times the step to the next value.
func percentile(_ q: FixedDecimal, count: Int, _ value: (Int) -> ExactNumber) -> ExactNumber {
    let whole = FixedDecimal(100).units
    let (place, rest) = (Int128(count - 1) * q.units).quotientAndRemainder(dividingBy: whole)
    let low = value(Int(place))
    guard rest > 0, let fraction = ExactNumber(Int(rest)).divided(by: ExactNumber(Int(whole))) else { return low }
    return low + (value(Int(place) + 1) - low) * fraction
}
