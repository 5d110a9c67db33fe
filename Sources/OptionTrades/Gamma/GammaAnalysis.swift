import LedgerAnalyses
import LedgerExplanations
import LedgerRules
import LedgerValues

/// Regimes of dealer gamma without look-ahead, and the returns that followed them (docs/contract/analyses.md, "Gamma").
///
/// Regimes and days are exact; returns are model figures.
struct GammaAnalysis: MarketFigures {
    static let name = "gamma"

    let rules: MarketRules
    let regime: ContextRules.GammaRegime
    let horizonsHours: [Int]
    let stepHours: Int
    let minimumIndependent: Int
    let percentiles: [Int]

    init(rulesVersion: Int, read: RuleFileReader) throws {
        let (rules, root) = try MarketRules.read(
            Self.name, rulesVersion: rulesVersion, needed: [.gexHourly], own: ["gamma_regime", "conditional"], read)
        self.rules = rules
        regime = try ContextRules.GammaRegime(try root.member("gamma_regime"))
        let conditional = try root.member("conditional")
        try conditional.allowOnly(["horizons_hours", "step_hours", "minimum_independent", "percentiles"])
        horizonsHours = try conditional.wholes("horizons_hours", 1...8760)
        stepHours = try conditional.whole("step_hours", from: 1)
        minimumIndependent = try conditional.whole("minimum_independent", from: 2)
        percentiles = try conditional.wholes("percentiles", 0...100)
    }

    func ranges(_ question: MarketQuestion, now: Instant) -> [SeriesRange] { [SeriesRange(.gexHourly, from: .minimum)] }

    func work(_ market: MarketReading, _ question: MarketQuestion) -> MarketData {
        guard let rows = market.usable(.gexHourly) else {
            return MarketData(
                data: .object(
                    ["conditional", "days_in_regime", "fixed_thresholds", "hours", "regime", "timestamp"]
                        .map { ($0, .unavailable(.gexHourly)) }))
        }
        let regimes = GammaRegimes(rows, regime)
        let spots = HourlySpots(rows)
        let last = regimes.hours.last
        let first = regimes.startOfCurrent
        let missing = "no hour has an imbalance"
        let days = last.flatMap { last in first.map { last.row.timestamp.minutes(since: $0.row.timestamp) } }?.divided(
            by: ExactNumber(1440))
        let windowRules = ["window_days", "minimum_observations"].map { ["gamma_regime", $0] }
        let thresholdRules =
            windowRules
            + (last?.thresholds.isFixed == true
                ? [["gamma_regime", "fallback"]] : ["lower_percentile", "upper_percentile"].map { ["gamma_regime", $0] })
        let ends: @Sendable () -> [TracedInput] = {
            [first, last].compactMap { $0 }.flatMap { $0.row.inputs(ObservedRow.imbalanceColumns) }
        }
        let window: @Sendable () -> [TracedInput] = {
            guard let last else { return [] }
            let start = last.row.timestamp.daysBefore(regime.windowDays)
            return regimes.hours.filter { $0.row.timestamp >= start }.flatMap { $0.row.inputs(ObservedRow.imbalanceColumns) }
        }
        return MarketData(
            data: .object([
                ("conditional", .list(horizonsHours.flatMap { conditional($0, regimes, spots) })),
                (
                    "days_in_regime",
                    .figure(
                        FigureValue(days), "from the first hour after the last other regime to the last known hour, in days of 24 h",
                        because: missing, rules: thresholdRules, from: ends)
                ),
                (
                    "fixed_thresholds",
                    .figure(
                        last.map { .truth($0.thresholds.isFixed) } ?? .null, "fewer imbalances in the window than the rules ask for",
                        because: missing, rules: windowRules, from: window)
                ),
                (
                    "hours",
                    .object(
                        GammaRegimes.Regime.allCases.map { name in
                            (
                                name.rawValue,
                                .figure(
                                    .integer(regimes.hours.count { $0.regime == name }), "the hours of this regime", rules: thresholdRules)
                            )
                        })
                ),
                (
                    "regime",
                    .figure(
                        FigureValue(last?.regime.rawValue),
                        "long_gamma at or above the upper, short_gamma at or below the lower, else neutral",
                        because: missing, rules: thresholdRules, from: window,
                        steps: { sheet in
                            guard let last else { return }
                            sheet.step("imbalances in the window before the hour", "n", FigureValue.integer(last.thresholds.count).shown)
                            sheet.step("the lower threshold", "lower", FigureValue(last.thresholds.lower).shown)
                            sheet.step("the upper threshold", "upper", FigureValue(last.thresholds.upper).shown)
                            sheet.step("the hour's own imbalance", "imbalance", FigureValue(last.imbalance).shown)
                        })
                ), ("timestamp", .column(last?.row, "timestamp", because: missing)),
            ]))
    }

    private func conditional(_ horizon: Int, _ regimes: GammaRegimes, _ spots: HourlySpots) -> [TracedValue] {
        let found = regimes.returns(after: horizon, spots)
        return GammaRegimes.Regime.allCases.map { row($0, horizon, found[$0] ?? []) }
    }

    private func row(_ regime: GammaRegimes.Regime, _ horizon: Int, _ returns: [GammaRegimes.Return]) -> TracedValue {
        let values = returns.map(\.value)
        let sorted = values.sorted()
        let moments = SampleMoments(values)
        let independent = ExactNumber(values.count * stepHours).divided(by: ExactNumber(horizon)) ?? .zero
        let isEnough = independent >= ExactNumber(minimumIndependent)
        let inputs: @Sendable () -> [TracedInput] = { returns.flatMap { $0.start.inputs(["spot"]) + $0.end.inputs(["spot"]) } }
        let rules = [["conditional", "minimum_independent"], ["conditional", "step_hours"]]
        let reason = "insufficient: n_independent is below \(minimumIndependent)"
        func figure(_ value: Double?, _ formula: String) -> TracedValue {
            .figure(FigureValue(model: isEnough ? value : nil), formula, because: reason, rules: rules, from: inputs)
        }
        let positive = Double(values.count { $0 > 0 }) / Double(max(values.count, 1))
        let needed = max(0, (minimumIndependent * horizon + stepHours - 1) / stepHours - values.count)
        return .object(
            [
                ("horizon_hours", .figure(.integer(horizon), "the horizon", rules: [["conditional", "horizons_hours"]])),
                ("mean", figure(moments.mean, "Σ log return ÷ n")),
                (
                    "missing_hours",
                    .figure(.integer(needed), "hours of this regime that the sample still needs", rules: rules)
                ), ("n", .figure(.integer(values.count), "hours of this regime with a spot then and \(horizon) h later", from: inputs)),
                ("n_independent", .figure(FigureValue(independent), "n × step ÷ horizon", rules: rules)),
                ("regime", .figure(.text(regime.rawValue), "the regime of the hour from which the return is taken")),
                ("sd", figure(moments.deviation, "√(Σ (log return − mean)² ÷ (n − 1))")),
                ("share_positive", figure(positive, "returns above zero ÷ n")),
                (
                    "status",
                    .figure(.text(isEnough ? "ok" : "insufficient"), "insufficient if n_independent < \(minimumIndependent)", rules: rules)
                ),
            ]
                + percentiles.map { q in
                    ("p\(q)", figure(SampleMoments.percentile(Double(q), sorted), "percentile \(q) by linear interpolation"))
                })
    }
}
