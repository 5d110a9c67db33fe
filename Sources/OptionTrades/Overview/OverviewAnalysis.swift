import LedgerAnalyses
import LedgerExplanations
import LedgerRules
import LedgerValues

/// The state of a market's volatility at a glance (docs/contract/analyses.md, "Overview"): the latest figures, how they changed,
/// the term structure, the surface, and implied against realized volatility day by day.
///
/// All of it exact; volatilities are in vol points.
struct OverviewAnalysis: MarketFigures {
    static let name = "overview"
    static let figures = [
        "dvol", "iv_atm_30d", "iv_atm_7d", "put_call_ratio", "rv_30d", "rv_7d", "skew_25d", "total_oi", "vol_of_vol",
    ]

    let rules: MarketRules
    /// Hours back, by the name of the change.
    let changes: [(name: String, value: Int)]
    let changeReachMinutes: Int
    let percentile: ContextRules.DvolPercentile
    let slope: (near: FixedDecimal, far: FixedDecimal)
    let term: ContextRules.TermStructure
    let historyDays: Int

    init(rulesVersion: Int, read: RuleFileReader) throws {
        let (rules, root) = try MarketRules.read(
            Self.name, rulesVersion: rulesVersion, needed: [.volMetricsSnapshots, .termStructures, .ivSurfaceSnapshots],
            own: ["changes", "dvol_percentile", "slope", "term_structure", "iv_rv"], read)
        self.rules = rules
        let change = try root.member("changes")
        try change.allowOnly(["hours", "reach_minutes"])
        changes = try change.namedWholes("hours", 1...8760)
        changeReachMinutes = try change.whole("reach_minutes", from: 0)
        percentile = try ContextRules.DvolPercentile(try root.member("dvol_percentile"))
        let slope = try root.member("slope")
        try slope.allowOnly(["near_dte", "far_dte"])
        self.slope = (try slope.decimal("near_dte"), try slope.decimal("far_dte"))
        term = try ContextRules.TermStructure(try root.member("term_structure"))
        let history = try root.member("iv_rv")
        try history.allowOnly(["days"])
        historyDays = try history.whole("days", from: 1)
    }

    func ranges(_ question: MarketQuestion, now: Instant) -> [SeriesRange] {
        let days = max(percentile.windowDays, historyDays, (changes.map(\.value).max() ?? 0) / 24 + 3)
        return [
            SeriesRange(.volMetricsSnapshots, from: now.daysBefore(days)), SeriesRange(.termStructures, from: now),
            SeriesRange(.ivSurfaceSnapshots, from: now),
        ]
    }

    func work(_ market: MarketReading, _ question: MarketQuestion) -> MarketData {
        var data: [(key: String, value: TracedValue)] = [
            ("surface", surface(market)), ("term_structure", termStructure(market)),
        ]
        let rows = market.usable(.volMetricsSnapshots)
        if let rows, let latest = rows.last {
            data += Self.figures.map { ($0, .column(latest, $0)) }
            data += [
                ("vrp", premium(latest)), ("vrp_source", premiumSource(latest)),
                ("dvol_percentile", rank(of: latest, among: rows, now: market.now)),
                ("changes", .object(changes.map { ($0.name, change(of: latest, among: rows, hours: $0.value)) })),
                ("iv_rv", history(rows, now: market.now)),
            ]
        } else {
            data += (Self.figures + ["vrp", "vrp_source", "dvol_percentile", "changes", "iv_rv"])
                .map { ($0, .unavailable(.volMetricsSnapshots)) }
        }
        return MarketData(data: .object(data))
    }

    private func premium(_ row: ObservedRow) -> TracedValue {
        .figure(
            FigureValue(row.premium?.value), "the observed vrp, else dvol − rv_30d", because: "vrp, and dvol or rv_30d, were not observed",
            from: { row.inputs(ObservedRow.premiumColumns) })
    }

    private func premiumSource(_ row: ObservedRow) -> TracedValue {
        .figure(
            FigureValue(row.premium?.source), "observed if there is a vrp, derived if it is dvol − rv_30d",
            because: "there is neither", from: { row.inputs(ObservedRow.premiumColumns) })
    }

    private func rank(of latest: ObservedRow, among rows: [ObservedRow], now: Instant) -> TracedValue {
        let start = now.daysBefore(percentile.windowDays)
        let days = rows.filter { $0.timestamp < now }.dailyLast { $0.decimal("dvol") != nil }.filter { $0.timestamp >= start }
        let values = days.compactMap { $0.decimal("dvol") }
        let dvol = latest.decimal("dvol")
        let rank = dvol.flatMap { DvolRank.percentile(of: $0, among: values, percentile) }
        return .figure(
            FigureValue(rank), "100 × (#below + \(percentile.equalWeight) × #equal) ÷ n",
            because: "\(values.count) days with a dvol, \(percentile.minimumDays) are needed, and a latest dvol",
            rules: ["window_days", "minimum_days", "equal_weight"].map { ["dvol_percentile", $0] },
            from: { latest.inputs(["dvol"]) + days.map { .observed($0, "dvol") } },
            steps: { sheet in
                sheet.step("the last dvol of each UTC day in the window before now", "n", FigureValue.integer(values.count).shown)
                guard let dvol else { return }
                sheet.step("days below \(dvol)", "#below", FigureValue.integer(values.count { $0 < dvol }).shown)
                sheet.step("days equal to it", "#equal", FigureValue.integer(values.count { $0 == dvol }).shown)
            })
    }

    private func change(of latest: ObservedRow, among rows: [ObservedRow], hours: Int) -> TracedValue {
        let then = rows.nearest(to: latest.timestamp.hoursBefore(hours), withinMinutes: changeReachMinutes)
        let rules = [["changes", "hours"], ["changes", "reach_minutes"]]
        let missing = "no observation within \(changeReachMinutes) minutes of \(hours) h before the latest one, or one of the two is null"
        func difference(_ name: String, _ columns: [String], _ value: (ObservedRow) -> FixedDecimal?) -> (String, TracedValue) {
            let figure = value(latest).flatMap { new in then.flatMap(value).map { new - $0 } }
            return (
                name,
                .figure(
                    FigureValue(figure), "\(name) − \(name) of \(hours) h before", because: missing, rules: rules,
                    from: { latest.inputs(columns) + (then?.inputs(columns) ?? []) })
            )
        }
        let differences = Self.figures.map { name in difference(name, [name]) { $0.decimal(name) } }
        let timestamp = TracedValue.figure(
            FigureValue(then?.timestamp), "the observation nearest to \(hours) h before the latest one", because: missing, rules: rules,
            from: { latest.inputs(["timestamp"]) + (then?.inputs(["timestamp"]) ?? []) })
        return .object(
            differences + [difference("vrp", ObservedRow.premiumColumns) { $0.premium?.value }, ("timestamp", timestamp)])
    }

    private func history(_ rows: [ObservedRow], now: Instant) -> TracedValue {
        let start = now.daysBefore(historyDays)
        let days = rows.filter { $0.timestamp >= start }
            .dailyLast { $0.decimal("iv_atm_30d") != nil && $0.decimal("rv_30d") != nil }
        return .list(
            days.map { row in
                .object([
                    (
                        "date",
                        .figure(
                            .date(row.timestamp.date), "the UTC day of its last observation with both", rules: [["iv_rv", "days"]],
                            from: { row.inputs(["timestamp"]) })
                    ), ("iv_atm_30d", .column(row, "iv_atm_30d")), ("rv_30d", .column(row, "rv_30d")),
                ])
            })
    }
}
