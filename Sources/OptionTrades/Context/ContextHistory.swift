import Rules
import Values

/// A market's series made ready for stamping many trades: its daily last `dvol`, its imbalances in rank order, and the
/// gamma thresholds of the windows that were asked for.
///
/// Not `Sendable`: it remembers windows while it is used. Windows are ranges of the series, of which there are at most
/// two an observation, so that what it remembers stays within the series' own size.
public final class ContextHistory {
    /// A pair of percentiles, unrounded.
    struct GammaThresholds {
        let lower: ExactNumber
        let upper: ExactNumber
    }

    let series: MarketSeries
    private let rules: ContextRules.GammaRegime
    /// Of every UTC day with a `dvol` the latest observation that has one.
    private let dailyLast: [VolPoint]
    /// The observations with an imbalance, and the imbalances.
    private let ranked: [GexPoint]
    private let imbalances: [ExactNumber]
    /// The places of `imbalances` in ascending order of value, and each one's rank; made when a window needs them.
    private var order: [Int32] = []
    private var ranks: [Int32] = []
    private var known: [Range<Int>: GammaThresholds] = [:]

    /// O(n); ranking, O(n log n), waits for the first window that needs it.
    public init(_ series: MarketSeries, rules: ContextRules) {
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

    /// The daily last `dvol` of observations before a trade, in order of time, that lie in [start, end) by their own
    /// timestamps. The trade's own UTC day counts with its last value before the trade. O(log n + answer).
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

    /// The percentiles of all imbalances in [start, end), exact; nil where there are fewer than the rules ask for.
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
        // Rounding keeps the order: exact values are compared only where the rounded ones are equal.
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

/// The percentile `q` (0…100) of `count` ascending values by linear interpolation, as numpy's default: at
/// h = (count − 1) × q ÷ 100 the value at ⌊h⌋ plus the fraction of h times the step to the next. Exact.
func percentile(_ q: FixedDecimal, count: Int, _ value: (Int) -> ExactNumber) -> ExactNumber {
    let whole = FixedDecimal(100).units
    let (place, rest) = (Int128(count - 1) * q.units).quotientAndRemainder(dividingBy: whole)
    let low = value(Int(place))
    guard rest > 0, let fraction = ExactNumber(Int(rest)).divided(by: ExactNumber(Int(whole))) else { return low }
    return low + (value(Int(place) + 1) - low) * fraction
}
