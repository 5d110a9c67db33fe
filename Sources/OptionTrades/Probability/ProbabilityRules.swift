import LedgerRules
import LedgerValues

/// The rules of `probability`.
struct ProbabilityRules: Sendable {
    let defaultDTE: FixedDecimal
    let minimumPoints: Int
    let gridPoints: Int
    /// In standard deviations at the money.
    let gridLow: FixedDecimal
    let gridHigh: FixedDecimal
    let maximumMassError: FixedDecimal
    /// In hundredths.
    let quantiles: [Int]
    let minimumReturns: Int
    let fullWeightAt: Int
    let regime: ContextRules.GammaRegime
    let stationarity: StationarityRules
    /// How old a chain may be, in minutes. Nil for rules without chains.
    let usableChainMinutes: Int?

    static let keys: Set<String> = ["surface", "grid", "quantiles", "conditional", "gamma_regime", "stationarity"]

    init(_ root: RuleNode, hasChains: Bool) throws {
        let surface = try root.member("surface")
        try surface.allowOnly(["default_dte", "minimum_points"])
        defaultDTE = try surface.decimal("default_dte")
        minimumPoints = try surface.whole("minimum_points", from: 3)
        let grid = try root.member("grid")
        try grid.allowOnly(["points", "low", "high", "maximum_mass_error"])
        gridPoints = try grid.whole("points", from: 5)
        gridLow = try grid.decimal("low")
        gridHigh = try grid.decimal("high")
        guard gridLow < .zero, gridHigh > .zero, gridPoints <= 10_000 else {
            throw grid.fail("expected low < 0 < high, at most 10000 points")
        }
        maximumMassError = try grid.decimal("maximum_mass_error")
        quantiles = try root.wholes("quantiles", 1...99)
        let conditional = try root.member("conditional")
        try conditional.allowOnly(["minimum", "full_weight_at"])
        minimumReturns = try conditional.whole("minimum", from: 2)
        fullWeightAt = try conditional.whole("full_weight_at", from: 1)
        regime = try ContextRules.GammaRegime(try root.member("gamma_regime"))
        stationarity = try StationarityRules(try root.member("stationarity"))
        usableChainMinutes =
            hasChains
            ? try {
                let candidates = try root.member("candidates")
                try candidates.allowOnly(["usable_minutes"])
                return try candidates.whole("usable_minutes", from: 0)
            }() : nil
    }
}
