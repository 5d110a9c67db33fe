import LedgerValues

extension ProbabilityAnalysis {
    /// The distribution that the surface stands for.
    func vanilla(_ work: Work) -> TracedValue {
        let (density, surface) = (work.density, work.surface)
        let inputs: @Sendable () -> [TracedInput] = { surface.inputs }
        let grid = [["grid", "points"], ["grid", "low"], ["grid", "high"]]
        func figure(_ value: Double, _ formula: String, rules: [[String]] = grid) -> TracedValue {
            .figure(FigureValue(model: value), formula, because: "it is no number", rules: rules, from: inputs)
        }
        func list(_ values: [Double], _ formula: String) -> TracedValue {
            .figure(.decimals(values.map { FixedDecimal(model: $0) ?? .zero }), formula, rules: grid, from: inputs)
        }
        let move = density.expectedMove
        return .object([
            ("cdf", list(density.strikes.map { density.cumulative($0) }, "Σ mass up to a midpoint, linear between midpoints")),
            ("density", list(density.scaledDensity, "mass × F ÷ distance of midpoints; 0 at both ends")),
            ("expected_move", figure(move, "Σ mass × |K − F|")), ("expected_move_pct", figure(move / density.forward, "expected_move ÷ F")),
            (
                "mass_error",
                figure(density.massError, "Σ mass − 1 before negative masses are set to 0", rules: grid + [["grid", "maximum_mass_error"]])
            ), ("mean", figure(density.mean, "Σ mass × K")), ("mean_error", figure(density.mean / density.forward - 1, "mean ÷ F − 1")),
            ("negative_density_share", figure(density.negativeShare, "Σ |negative mass| ÷ Σ |mass|")),
            ("probability_above", above(work.question.strikes, "1 − cdf", inputs) { 1 - density.cumulative($0) }),
            (
                "quantiles",
                .object(
                    own.quantiles.map { q in
                        (
                            "\(q)",
                            figure(density.quantile(Double(q) / 100), "the price at which cdf = \(q) ÷ 100", rules: grid + [["quantiles"]])
                        )
                    })
            ), ("strikes", list(density.strikes, "F·exp of equal steps from low·σ√T to high·σ√T, σ at the money")),
        ])
    }

    /// Probabilities of a price above each asked strike.
    func above(
        _ strikes: [FixedDecimal], _ formula: String, _ inputs: @escaping @Sendable () -> [TracedInput], _ probability: (Double) -> Double
    ) -> TracedValue {
        .list(
            strikes.map { strike in
                .object([
                    ("probability", .figure(FigureValue(model: probability(strike.model)), formula, from: inputs)),
                    ("strike", .figure(.decimal(strike), "as asked")),
                ])
            })
    }

    /// The probabilities that the spot touches the asked levels by the expiry.
    func touch(_ work: Work) -> TracedValue {
        let (surface, market) = (work.surface, work.market)
        let latest = market.usable(.gexHourly)?.last { $0.decimal("spot") != nil }
        let index = median(surface.rows.compactMap { $0.decimal("source_index_price") }).flatMap { $0.rounded() }
        let spot = index ?? latest?.decimal("spot")
        let inputs: @Sendable () -> [TracedInput] = { surface.inputs + (index == nil ? latest?.inputs(["spot"]) ?? [] : []) }
        return .list(
            work.question.levels.map { level in
                let volatility = surface.volatility(at: ModelMath.log(level.model / surface.forward.model))
                let value = spot.flatMap {
                    RiskNeutralDensity.touch(
                        level: level.model, spot: $0.model, forward: surface.forward.model, volatility: volatility, years: surface.years)
                }
                return .object([
                    (
                        "direction",
                        .figure(
                            FigureValue(spot.map { level >= $0 ? "up" : "down" }), "up if the level is at or above the spot",
                            because: "no spot is known", from: inputs)
                    ), ("flag", .figure(.text("single_vol_approximation"), "one volatility, that at the level, for the whole path")),
                    ("iv", .figure(FigureValue(model: volatility * 100), "100 × √(total variance at ln(H ÷ F) ÷ T)", from: inputs)),
                    ("level", .figure(.decimal(level), "as asked")),
                    (
                        "probability",
                        .figure(
                            FigureValue(model: value),
                            "Φ((∓h ± μT) ÷ σ√T) + e^(2μh ÷ σ²)·Φ((∓h ∓ μT) ÷ σ√T), μ = ln(F ÷ S) ÷ T − σ² ÷ 2, h = ln(H ÷ S)",
                            because: "no spot is known", from: inputs)
                    ),
                ])
            })
    }
}
