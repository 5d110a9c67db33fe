import LedgerAnalyses
import LedgerExplanations
import LedgerJSON
import LedgerProjections
import LedgerRules
import LedgerValues

/// A reading of a market (docs/contract/analyses.md, "Thesis"): whether its signals speak for holding or for selling volatility, how far
/// they agree, how far the model is to be trusted, and the tree of figures that this follows from. All of it exact.
struct ThesisAnalysis: MarketFigures {
    static let name = "thesis"

    let rules: MarketRules
    let own: ThesisRules
    /// Whether open alerts are gates. The first version knew none.
    private let hasAlerts: Bool

    init(rulesVersion: Int, read: RuleFileReader) throws {
        hasAlerts = rulesVersion > 1
        let (rules, root) = try MarketRules.read(
            Self.name, rulesVersion: rulesVersion, needed: [.volMetricsSnapshots, .gexHourly, .gexSnapshots, .ivSurfaceSnapshots],
            others: Self.counted.map(\.view) + (hasAlerts ? [AlertsProjection.name] : []), own: ThesisRules.keys, read)
        self.rules = rules
        own = try ThesisRules(root)
    }

    func ranges(_ question: MarketQuestion, now: Instant) -> [SeriesRange] {
        [
            SeriesRange(.volMetricsSnapshots, from: now.daysBefore(max(own.percentile.windowDays, own.stationarity.olderDays))),
            // The regime of the last hour follows from the window before it.
            SeriesRange(
                .gexHourly, from: now.daysBefore(own.regime.windowDays).minutesBefore(rules.needs.usableMinutes(.gexHourly))),
            SeriesRange(.gexSnapshots, from: now), SeriesRange(.ivSurfaceSnapshots, from: now),
        ]
    }

    /// The views of trades whose rows are counted, by these columns.
    static let counted = [
        (view: "alignment", columns: ["alignment_label", "context_quality"]), (view: "execution_quality", columns: ["benchmark_quality"]),
    ]

    /// The trades' own figures are of all markets: a trade's market is the proxy of its underlying.
    func otherRanges(_ question: MarketQuestion, now: Instant) -> [RowRange] {
        let trades = Self.counted.map { view, columns in
            RowRange(view, equals: [:], time: "trade_date", from: .minimum, through: now, countedBy: columns)
        }
        if !hasAlerts { return trades }
        return trades + [RowRange(AlertsProjection.name, equals: [:], time: "raised_at", from: .minimum, through: now)]
    }

    /// A signal as it stands now.
    struct Signal: Sendable {
        let signal: AlignmentSignal
        /// Nil if it is not observed.
        let value: SignalValue?
        let impact: FixedDecimal?
        let inputs: @Sendable () -> [TracedInput]
        let formula: String

        var figure: FigureValue {
            switch value {
            case .number(let number)?: .decimal(number)
            case .state(let state)?: .text(state)
            case nil: .null
            }
        }
    }

    func work(_ market: MarketReading, _ question: MarketQuestion) -> MarketData {
        let signals = signals(market)
        let observed = signals.filter { $0.impact != nil }
        let impacts = observed.compactMap(\.impact)
        let stationarity = stationarity(market)
        let inputs: @Sendable () -> [TracedInput] = { observed.flatMap { $0.inputs() } }
        let isScored = observed.count >= own.minimumSignals && market.isAvailable(.volMetricsSnapshots) && market.isAvailable(.gexHourly)
        let sum = impacts.reduce(FixedDecimal.zero, +)
        let score = isScored ? min(max(own.startScore + sum, own.lowestScore), own.highestScore) : nil
        let total = impacts.map(\.magnitude).reduce(.zero, +)
        let agreement = isScored ? sum.magnitude.exact.divided(by: total.exact) : nil
        let headline = score.map { $0 >= own.longFrom ? "favor_long_vol" : $0 <= own.shortTo ? "favor_short_vol" : "neutral" }
        let reason = "fewer than \(own.minimumSignals) directional signals are observed, or vol_metrics or gex_hourly is unavailable"
        let gates = gates(market, stationarity?.status, question.currency)
        let confidence = isScored ? confidence(market, stationarity?.status, observed: observed.count) : nil
        let summary: [(key: String, value: TracedValue)] = [
            (
                "agreement",
                .figure(
                    FigureValue(agreement), "|Σ impact| ÷ Σ |impact|", because: reason, rules: [["score", "minimum_signals"]], from: inputs)
            ),
            (
                "confidence",
                .figure(
                    FigureValue(confidence), "the factors that apply × (base + share × observed ÷ all signals), rounded to 4 digits",
                    because: reason,
                    rules: ["start", "stale", "stationarity", "other_stationarity", "coverage"].map { ["confidence", $0] }, from: inputs)
            ),
            (
                "gates",
                .figure(
                    .texts(gates), "stationarity that is not stable, gex series that are not live, and critical alerts that are open",
                    rules: [["stationarity"]])
            ),
            (
                "headline",
                .figure(
                    FigureValue(headline), "favor_long_vol from \(own.longFrom), favor_short_vol to \(own.shortTo), else neutral",
                    because: reason, rules: [["headline"]], from: inputs)
            ),
            (
                "score",
                .figure(
                    FigureValue(score), "\(own.startScore) + Σ impact, within \(own.lowestScore) and \(own.highestScore)", because: reason,
                    rules: [["score", "start"]], from: inputs,
                    steps: { sheet in
                        for signal in observed { sheet.step(signal.signal.rawValue, "its impact", FigureValue(signal.impact).shown) }
                    })
            ),
        ]
        let tree = ThesisTree(
            market: market, currency: question.currency, summary: summary, signals: signals, stationarity: stationarity?.status,
            gates: gates)
        return MarketData(
            data: .object(
                summary + [
                    (
                        "missing_signals",
                        .figure(
                            .texts(signals.filter { $0.impact == nil }.map(\.signal.rawValue)),
                            "directional signals without a value or an impact")
                    ), ("signals", .list(observed.map(entry))), ("tree", tree.value),
                ]))
    }

    private func entry(_ signal: Signal) -> TracedValue {
        .object([
            (
                "impact",
                .figure(
                    FigureValue(signal.impact), "what the rules give for long_vol, rounded to 4 digits",
                    rules: [["signals", signal.signal.rawValue]], from: signal.inputs)
            ), ("signal", .figure(.text(signal.signal.rawValue), "the signal")),
            ("value", .figure(signal.figure, signal.formula, from: signal.inputs)),
        ])
    }

    // MARK: - Signals

    private func signals(_ market: MarketReading) -> [Signal] {
        ThesisRules.directional.map { signal in
            let found = value(of: signal, market)
            return Signal(
                signal: signal, value: found.value, impact: found.value.flatMap { own.impact(of: signal, $0) }, inputs: found.inputs,
                formula: found.formula)
        }
    }

    private func value(
        of signal: AlignmentSignal, _ market: MarketReading
    ) -> (value: SignalValue?, formula: String, inputs: @Sendable () -> [TracedInput]) {
        let rows = market.usable(.volMetricsSnapshots) ?? []
        let latest = rows.last
        switch signal {
        case .dvolPercentile:
            let start = market.now.daysBefore(own.percentile.windowDays)
            let days = rows.filter { $0.timestamp < market.now }.dailyLast { $0.decimal("dvol") != nil }.filter { $0.timestamp >= start }
            let rank = latest?.decimal("dvol").flatMap {
                DvolRank.percentile(of: $0, among: days.compactMap { $0.decimal("dvol") }, own.percentile)?.rounded()
            }
            return (
                rank.map { .number($0) }, "100 × (#below + \(own.percentile.equalWeight) × #equal) ÷ n",
                { (latest?.inputs(["dvol"]) ?? []) + days.flatMap { $0.inputs(["dvol"]) } }
            )
        case .vrp:
            return (
                latest?.premium.map { .number($0.value) }, "the observed vrp, else dvol − rv_30d",
                { latest?.inputs(ObservedRow.premiumColumns) ?? [] }
            )
        case .gammaRegime:
            let hours = GammaRegimes(market.usable(.gexHourly) ?? [], own.regime).hours
            return (
                hours.last.map { .state($0.regime.rawValue) }, "the regime of the last known hour",
                { hours.last?.row.inputs(ObservedRow.imbalanceColumns) ?? [] }
            )
        case .termStructure:
            let slope = latest?.decimal("iv_atm_7d").flatMap { near in latest?.decimal("iv_atm_30d").map { near - $0 } }
            let state = slope.map { $0 >= own.term.nearTermRiskFrom ? "near_term_risk" : $0 <= own.term.contangoTo ? "contango" : "flat" }
            return (state.map { .state($0) }, "iv_atm_7d − iv_atm_30d", { latest?.inputs(["iv_atm_7d", "iv_atm_30d"]) ?? [] })
        case .smile, .stationarity: return (nil, "not sourced", { [] })
        }
    }

    // MARK: - Trust

    private func stationarity(_ market: MarketReading) -> StationarityTest? {
        market.usable(.volMetricsSnapshots).map { rows in
            let windows = TestedFigure.dvol.windows(rows, now: market.now, own.stationarity)
            return StationarityTest(recent: windows.recent.map(\.value), older: windows.older.map(\.value), own.stationarity)
        }
    }

    private func gates(_ market: MarketReading, _ status: StationarityTest.Status?, _ currency: String) -> [String] {
        var gates: [String] = []
        if status != .stable { gates.append("stationarity:\(status?.rawValue ?? "unavailable")") }
        for one in market.quality where one.series.hasPrefix("gex_") && one.status != .live {
            gates.append("\(one.series):\(one.status.rawValue)")
        }
        for alert in hasAlerts ? market.others[Self.counted.count].map(\.root) : [] {
            guard alert["state"]?.string == AlertStanding.raised.rawValue,
                alert["severity"]?.string == AlertRules.Severity.critical.rawValue, let id = alert["alert_id"]?.string,
                let market = alert["currency"]?.string, market == "-" || market.isBytewiseEqual(to: currency)
            else { continue }
            gates.append("alert:\(id)")
        }
        return gates
    }

    private func confidence(_ market: MarketReading, _ status: StationarityTest.Status?, observed: Int) -> FixedDecimal? {
        let isStale = market.quality.contains { $0.status == .stale && ($0.series == "vol_metrics" || $0.series == "gex_hourly") }
        let isKnown = status == .stable || status == .unstable
        let factor = status == .stable ? own.stableFactor : status == .unstable ? own.unstableFactor : own.otherFactor
        let share = ExactNumber(observed + (isKnown ? 1 : 0)).divided(by: ExactNumber(AlignmentSignal.all.count)) ?? .zero
        let coverage = own.coverageBase.exact + own.coverageShare.exact * share
        return (own.startConfidence.exact * (isStale ? own.staleFactor.exact : ExactNumber(1)) * factor.exact * coverage)
            .rounded(fractionDigits: SignalImpact.places)
    }
}
