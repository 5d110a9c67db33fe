import LedgerExplanations
import LedgerValues

extension ProbabilityAnalysis {
    /// The returns after hours of a regime, at least the horizon apart, the latest kept, in order of time.
    static func separated(_ returns: [GammaRegimes.Return], hours: Int) -> [GammaRegimes.Return] {
        var kept: [GammaRegimes.Return] = []
        for one in returns.reversed() {
            if let last = kept.last, one.start.timestamp > last.start.timestamp.hoursBefore(hours) { continue }
            kept.append(one)
        }
        return kept.reversed()
    }

    /// The returns that followed hours of today's regime.
    struct Following {
        let hours: Int
        let last: GammaRegimes.Hour?
        let returns: [GammaRegimes.Return]
        /// The latest hour with a spot.
        let latest: ObservedRow?
        let isEnough: Bool
        /// Nil if they are not enough, or have no spread.
        let kernel: KernelDensity?
    }

    /// Nil if hours are unavailable.
    func following(_ market: MarketReading, _ surface: AskedSurface) -> Following? {
        guard let rows = market.usable(.gexHourly) else { return nil }
        // Whole hours, since spots are known by the hour.
        let hours = max(1, Int((surface.dte.model * 24).rounded(.toNearestOrEven)))
        let regimes = GammaRegimes(rows, own.regime)
        let last = regimes.hours.last
        let all = last.flatMap { regimes.returns(after: hours, HourlySpots(rows))[$0.regime] } ?? []
        let returns = Self.separated(all, hours: hours)
        let latest = rows.last { $0.decimal("spot") != nil }
        let isEnough = returns.count >= own.minimumReturns
        let kernel = isEnough ? latest?.decimal("spot").flatMap { KernelDensity(spot: $0.model, returns.map(\.value)) } : nil
        return Following(hours: hours, last: last, returns: returns, latest: latest, isEnough: isEnough, kernel: kernel)
    }

    /// What followed hours of today's regime, beside the distribution of the surface and blended with it.
    func conditional(_ work: Work) -> TracedValue {
        let (market, density) = (work.market, work.density)
        let names = [
            "bandwidth", "blend_weight", "blended_probability_above", "density", "horizon_hours", "n", "probability_above", "regime",
            "spot",
            "status",
        ]
        guard let following = work.following else { return .object(names.map { ($0, .unavailable(.gexHourly)) }) }
        let (hours, last, returns, latest) = (following.hours, following.last, following.returns, following.latest)
        let (isEnough, kernel) = (following.isEnough, following.kernel)
        let weight = blendWeight(market, count: returns.count)
        let inputs: @Sendable () -> [TracedInput] = { returns.flatMap { $0.start.inputs(["spot"]) + $0.end.inputs(["spot"]) } }
        let rules = [["conditional", "minimum"]]
        let reason =
            isEnough ? "no spot is known, or the returns have no spread" : "insufficient: \(returns.count) returns of \(own.minimumReturns)"
        let formula = "1 − Σ Φ((ln(K ÷ S) − r) ÷ h) ÷ n"
        func probabilities(_ formula: String, _ value: ((Double) -> Double)?) -> TracedValue {
            value.map { above(work.question.strikes, formula, inputs, $0) } ?? .figure(.null, formula, because: reason, rules: rules)
        }
        let blended = kernel.flatMap { kernel in
            weight.value.map { w in { (strike: Double) in w * kernel.probabilityAbove(strike) + (1 - w) * (1 - density.cumulative(strike)) }
            }
        }
        return .object([
            (
                "bandwidth",
                .figure(FigureValue(model: kernel?.bandwidth), "s·(3n ÷ 4)^(−1/5)", because: reason, rules: rules, from: inputs)
            ), ("blend_weight", weight.figure),
            ("blended_probability_above", probabilities("w × conditional + (1 − w) × vanilla", blended)),
            (
                "density",
                kernel.map { kernel in
                    .figure(
                        .decimals(density.strikes.map { FixedDecimal(model: kernel.density($0) * density.forward) ?? .zero }),
                        "F × Σ φ((ln(K ÷ S) − r) ÷ h) ÷ (n·h·K) at the vanilla strikes", rules: rules, from: inputs)
                } ?? .figure(.null, "density", because: reason, rules: rules)
            ), ("horizon_hours", .figure(.integer(hours), "dte × 24, whole hours")),
            (
                "n",
                .figure(
                    .integer(returns.count), "returns after hours of the regime, at least the horizon apart, the latest kept", rules: rules,
                    from: inputs)
            ), ("probability_above", probabilities(formula, kernel.map { kernel in { kernel.probabilityAbove($0) } })),
            (
                "regime",
                .figure(
                    FigureValue(last?.regime.rawValue), "the regime of the last known hour", because: "no hour has an imbalance",
                    rules: [["gamma_regime", "window_days"]], from: { last?.row.inputs(ObservedRow.imbalanceColumns) ?? [] })
            ), ("spot", .column(latest, "spot", because: "no spot is known")),
            (
                "status",
                .figure(.text(isEnough ? "ok" : "insufficient"), "insufficient with fewer than \(own.minimumReturns)", rules: rules)
            ),
        ])
    }

    /// The blend weight of dvol's stationarity × min(1, n ÷ the full weight's n).
    private func blendWeight(_ market: MarketReading, count: Int) -> (value: Double?, figure: TracedValue) {
        guard let rows = market.usable(.volMetricsSnapshots) else { return (nil, .unavailable(.volMetricsSnapshots)) }
        guard count >= own.minimumReturns else {
            return (
                nil, .figure(.null, "blend_weight", because: "insufficient", rules: [["conditional", "minimum"]])
            )
        }
        let windows = TestedFigure.dvol.windows(rows, now: market.now, own.stationarity)
        let test = StationarityTest(
            recent: windows.recent.map(\.value), older: windows.older.map(\.value), own.stationarity)
        let value = test.blendWeight.model * min(1, Double(count) / Double(own.fullWeightAt))
        let days = windows.recent + windows.older
        return (
            value,
            .figure(
                FigureValue(model: value), "blend weight of \(test.status.rawValue) × min(1, n ÷ \(own.fullWeightAt))",
                rules: [["stationarity", "blend_weight"], ["conditional", "full_weight_at"]],
                from: { days.flatMap { $0.row.inputs(["dvol"]) } },
                steps: { sheet in sheet.step("what \(test.status.rawValue) weighs", "weight", FigureValue(test.blendWeight).shown) })
        )
    }
}
