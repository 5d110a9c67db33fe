import LedgerAnalyses
import LedgerRules
import LedgerValues

/// How implied volatility moves with the spot (docs/contract/analyses.md, "Spot and volatility"): changes of dvol from day to day
/// against the spot's log returns, over rolling windows. Model figures; the change of dvol is in vol points.
struct SpotVolAnalysis: MarketFigures {
    static let name = "spot-vol"

    let rules: MarketRules
    let windows: [Int]
    let minimum: Int
    let historyDays: Int

    init(rulesVersion: Int, read: RuleFileReader) throws {
        let (rules, root) = try MarketRules.read(
            Self.name, rulesVersion: rulesVersion, needed: [.volMetricsSnapshots],
            own: ["windows", "minimum_observations", "history_days"], read)
        self.rules = rules
        windows = try root.wholes("windows", 2...1000)
        minimum = try root.whole("minimum_observations", from: 2)
        historyDays = try root.whole("history_days", from: 2)
    }

    func ranges(_ question: MarketQuestion, now: Instant) -> [SeriesRange] {
        [SeriesRange(.volMetricsSnapshots, from: now.daysBefore(historyDays))]
    }

    /// Two neighbouring days.
    struct Pair: Sendable {
        let before: ObservedRow
        let after: ObservedRow
        let change: Double
        let logReturn: Double

        init?(_ before: ObservedRow, _ after: ObservedRow) {
            guard before.timestamp.date.advanced(byDays: 1) == after.timestamp.date, let old = before.decimal("dvol"),
                let new = after.decimal("dvol"), let from = before.decimal("spot"), let to = after.decimal("spot"), from > .zero, to > .zero
            else { return nil }
            self.before = before
            self.after = after
            change = (new - old).model
            logReturn = ModelMath.log(to.model / from.model)
        }
    }

    func work(_ market: MarketReading, _ question: MarketQuestion) -> MarketData {
        guard let rows = market.usable(.volMetricsSnapshots) else {
            return MarketData(data: .object([("windows", .unavailable(.volMetricsSnapshots))]))
        }
        let days = rows.dailyLast { $0.decimal("dvol") != nil && $0.decimal("spot") != nil }
        let pairs = zip(days, days.dropFirst()).compactMap { Pair($0, $1) }
        return MarketData(data: .object([("windows", .list(windows.map { window($0, pairs) }))]))
    }

    private func window(_ size: Int, _ pairs: [Pair]) -> TracedValue {
        let series = pairs.indices.map { values(Array(pairs[max(0, $0 + 1 - size)...$0])) }
        return .object(
            (series.last ?? values([])) + [
                ("observations", .figure(.integer(size), "the window's size", rules: [["windows"]])),
                ("series", .list(series.map { .object($0) })),
            ])
    }

    private func values(_ pairs: [Pair]) -> [(key: String, value: TracedValue)] {
        let slope = Regression(pairs.map { ($0.logReturn, $0.change) })
        let isEnough = pairs.count >= minimum
        let inputs: @Sendable () -> [TracedInput] = {
            pairs.flatMap { $0.before.inputs(["dvol", "spot"]) + $0.after.inputs(["dvol", "spot"]) }
        }
        let reason =
            isEnough ? "the returns or the changes have no spread" : "\(pairs.count) pairs of neighbouring days, \(minimum) are needed"
        let rules = [["minimum_observations"]]
        return [
            (
                "beta",
                .figure(
                    FigureValue(model: isEnough ? slope.beta : nil), "sample covariance of Δdvol and log return ÷ variance of log return",
                    because: reason, rules: rules, from: inputs)
            ),
            (
                "correlation",
                .figure(
                    FigureValue(model: isEnough ? slope.correlation : nil), "sample covariance ÷ (sd of Δdvol × sd of log return)",
                    because: reason, rules: rules, from: inputs)
            ),
            (
                "date",
                .figure(
                    pairs.last.map { .date($0.after.timestamp.date) } ?? .null, "the last day", because: "there is no pair of days",
                    from: { pairs.last?.after.inputs(["timestamp"]) ?? [] })
            ), ("n", .figure(.integer(pairs.count), "pairs of neighbouring days in the window")),
        ]
    }
}

/// A regression of y on x, from sample moments.
struct Regression {
    /// Nil if x has no spread.
    let beta: Double?
    /// Nil if x or y has no spread.
    let correlation: Double?

    init(_ points: [(x: Double, y: Double)]) {
        let n = Double(points.count)
        let (meanX, meanY) = (points.reduce(0) { $0 + $1.x } / n, points.reduce(0) { $0 + $1.y } / n)
        var (xx, yy, xy) = (0.0, 0.0, 0.0)
        for (x, y) in points {
            xx += (x - meanX) * (x - meanX)
            yy += (y - meanY) * (y - meanY)
            xy += (x - meanX) * (y - meanY)
        }
        beta = xx > 0 ? xy / xx : nil
        correlation = xx > 0 && yy > 0 ? max(-1, min(1, xy / (xx.squareRoot() * yy.squareRoot()))) : nil
    }
}
