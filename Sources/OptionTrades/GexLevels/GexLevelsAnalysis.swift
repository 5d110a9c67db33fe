import LedgerAnalyses
import LedgerRules
import LedgerValues

/// Dealer gamma by strike of the latest snapshot, and the strikes that attract or repel the spot (docs/contract/analyses.md,
/// "GEX levels"). All of it exact.
struct GexLevelsAnalysis: MarketFigures {
    static let name = "gex-levels"

    let rules: MarketRules
    let count: Int
    /// How far from the spot a level may be, as a share of it.
    let reach: FixedDecimal

    init(rulesVersion: Int, read: RuleFileReader) throws {
        let (rules, root) = try MarketRules.read(Self.name, rulesVersion: rulesVersion, needed: [.gexSnapshots], own: ["levels"], read)
        self.rules = rules
        let levels = try root.member("levels")
        try levels.allowOnly(["count", "reach"])
        count = try levels.whole("count", from: 1)
        reach = try levels.decimal("reach")
    }

    func ranges(_ question: MarketQuestion, now: Instant) -> [SeriesRange] { [SeriesRange(.gexSnapshots, from: now)] }

    /// A strike with its rows and the sum of their gamma; nil if one of them has none.
    struct Level: Sendable {
        let strike: FixedDecimal
        let rows: [ObservedRow]

        var gamma: ExactNumber? {
            let known = rows.compactMap { $0.decimal("dealer_gamma")?.exact }
            return known.count == rows.count ? known.reduce(.zero, +) : nil
        }

        var inputs: [TracedInput] { rows.flatMap { $0.inputs(["strike", "dealer_gamma"]) } }
    }

    func work(_ market: MarketReading, _ question: MarketQuestion) -> MarketData {
        let names = [
            "by_strike", "magnets", "nearest_magnet_above", "nearest_magnet_below", "nearest_magnet_distance", "nearest_repeller_above",
            "nearest_repeller_below",
            "repellers", "rows", "spot", "strikes", "timestamp",
        ]
        guard let rows = market.usable(.gexSnapshots)?.newest, let first = rows.first else {
            return MarketData(data: .object(names.map { ($0, .unavailable(.gexSnapshots)) }))
        }
        var byStrike: [FixedDecimal: [ObservedRow]] = [:]
        for row in rows { if let strike = row.decimal("strike") { byStrike[strike, default: []].append(row) } }
        let levels = byStrike.map { Level(strike: $0.key, rows: $0.value) }.sorted { $0.strike < $1.strike }
        let spot = median(rows.compactMap { $0.decimal("spot") })
        let magnets = self.levels(levels, spot) { $0 }
        let repellers = self.levels(levels, spot) { -$0 }
        let incomplete = levels.count { $0.gamma == nil }
        return MarketData(
            data: .object([
                ("by_strike", .list(levels.map { level in .object([gamma(level), strike(level)]) })),
                ("magnets", .list(magnets.map { entry($0, spot) })), ("repellers", .list(repellers.map { entry($0, spot) })),
                ("nearest_magnet_above", nearest(magnets, spot, isAbove: true)),
                ("nearest_magnet_below", nearest(magnets, spot, isAbove: false)),
                ("nearest_magnet_distance", nearestDistance(magnets, spot)),
                ("nearest_repeller_above", nearest(repellers, spot, isAbove: true)),
                ("nearest_repeller_below", nearest(repellers, spot, isAbove: false)),
                ("rows", .figure(.integer(rows.count), "the rows of the newest snapshot")),
                ("strikes", .figure(.integer(levels.count), "their strikes")),
                (
                    "spot",
                    .figure(
                        FigureValue(spot), "the median of the rows' spots", because: "no row has a spot",
                        from: { rows.flatMap { $0.inputs(["spot"]) } })
                ), ("timestamp", .column(first, "timestamp")),
            ]), warnings: incomplete > 0 ? ["missing:dealer_gamma at \(incomplete) strikes"] : [])
    }

    /// The largest levels on one side of zero near the spot, the largest first, of equal ones the lower strike.
    private func levels(_ all: [Level], _ spot: ExactNumber?, _ sign: (ExactNumber) -> ExactNumber) -> [Level] {
        guard let spot else { return [] }
        let near = all.compactMap { level -> (level: Level, size: ExactNumber)? in
            guard let size = level.gamma.map(sign), size > .zero, (level.strike.exact - spot).magnitude <= reach.exact * spot
            else { return nil }
            return (level, size)
        }
        return near.sorted { $0.size == $1.size ? $0.level.strike < $1.level.strike : $0.size > $1.size }.prefix(count).map(\.level)
    }

    private func gamma(_ level: Level) -> (String, TracedValue) {
        (
            "dealer_gamma",
            .figure(
                FigureValue(level.gamma), "Σ dealer_gamma of the strike's rows", because: "a row of the strike has no dealer_gamma",
                from: { level.inputs })
        )
    }

    private func strike(_ level: Level) -> (String, TracedValue) { ("strike", .column(level.rows.first, "strike")) }

    private func entry(_ level: Level, _ spot: ExactNumber?) -> TracedValue {
        let distance = spot.flatMap { level.strike.exact.divided(by: $0) }.map { $0 - ExactNumber(1) }
        return .object([
            gamma(level), strike(level),
            ("distance", .figure(FigureValue(distance), "strike ÷ spot − 1", rules: [["levels", "reach"]], from: { level.inputs })),
        ])
    }

    /// How far the nearest of some levels is from the spot, on either side.
    private func nearestDistance(_ levels: [Level], _ spot: ExactNumber?) -> TracedValue {
        let distances = levels.compactMap { level in
            spot.flatMap { level.strike.exact.divided(by: $0) }.map { ($0 - ExactNumber(1)).magnitude }
        }
        return .figure(
            FigureValue(distances.min()), "the least |strike ÷ spot − 1| of the magnets", because: "there is no magnet",
            rules: [["levels", "count"], ["levels", "reach"]], from: { levels.flatMap(\.inputs) })
    }

    private func nearest(_ levels: [Level], _ spot: ExactNumber?, isAbove: Bool) -> TracedValue {
        let side = levels.filter { level in spot.map { isAbove ? level.strike.exact >= $0 : level.strike.exact < $0 } ?? false }
        let found = isAbove ? side.min { $0.strike < $1.strike } : side.max { $0.strike < $1.strike }
        return .figure(
            FigureValue(found?.strike), "of these levels the nearest \(isAbove ? "at or above" : "below") the spot",
            because: "none lies there", rules: [["levels", "count"], ["levels", "reach"]], from: { found?.inputs ?? [] })
    }
}
