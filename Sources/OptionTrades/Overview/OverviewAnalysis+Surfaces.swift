import LedgerValues

extension OverviewAnalysis {
    /// The newest surface, never mixed of several.
    func surface(_ market: MarketReading) -> TracedValue {
        guard let rows = market.usable(.ivSurfaceSnapshots)?.newest, let first = rows.first else {
            return .object([("rows", .unavailable(.ivSurfaceSnapshots)), ("timestamp", .unavailable(.ivSurfaceSnapshots))])
        }
        let sorted = rows.sorted { a, b in
            let (left, right) = (a.decimal("dte") ?? .zero, b.decimal("dte") ?? .zero)
            return left == right ? (a.decimal("delta") ?? .zero) < (b.decimal("delta") ?? .zero) : left < right
        }
        return .object([
            ("rows", .list(sorted.map { row in .object(["delta", "dte", "iv"].map { ($0, .column(row, $0)) }) })),
            ("timestamp", .column(first, "timestamp")),
        ])
    }

    /// The newest term structure with its slope and its name.
    func termStructure(_ market: MarketReading) -> TracedValue {
        guard let found = market.usable(.termStructures)?.newest, let first = found.first else {
            return .object(["rows", "slope", "state", "timestamp"].map { ($0, .unavailable(.termStructures)) })
        }
        let rows = found.sorted { ($0.decimal("dte") ?? .zero) < ($1.decimal("dte") ?? .zero) }
        func row(_ dte: FixedDecimal) -> ObservedRow? { rows.first { $0.decimal("dte") == dte } }
        let (near, far) = (row(slope.near), row(slope.far))
        let value = near?.decimal("iv").flatMap { near in far?.decimal("iv").map { $0 - near } }
        let missing = "the term structure has no iv at \(slope.near) or at \(slope.far) days"
        let state = value.map { -$0 }.map { $0 >= term.nearTermRiskFrom ? "near_term_risk" : $0 <= term.contangoTo ? "contango" : "flat" }
        let inputs: @Sendable () -> [TracedInput] = { [near, far].compactMap { $0 }.flatMap { $0.inputs(["iv"]) } }
        let rules = [["slope", "near_dte"], ["slope", "far_dte"]]
        return .object([
            ("rows", .list(rows.map { row in .object(["dte", "forward_iv", "iv"].map { ($0, .column(row, $0)) }) })),
            (
                "slope",
                .figure(
                    FigureValue(value), "iv at \(slope.far) days − iv at \(slope.near) days", because: missing, rules: rules, from: inputs)
            ),
            (
                "state",
                .figure(
                    FigureValue(state),
                    "−slope ≥ \(term.nearTermRiskFrom) near_term_risk, ≤ \(term.contangoTo) contango, else flat", because: missing,
                    rules: rules + [["term_structure", "near_term_risk_from"], ["term_structure", "contango_to"]], from: inputs)
            ), ("timestamp", .column(first, "timestamp")),
        ])
    }
}
