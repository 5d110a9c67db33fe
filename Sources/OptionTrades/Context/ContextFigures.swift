import LedgerEvents
import LedgerExplanations
import LedgerProjections
import LedgerRules
import LedgerValues

/// Recomputes the figures of a stamp whose rules are installed.
struct ContextFigures {
    let stamp: ContextExplainer.Stamp
    let rules: ContextRules
    let mapping: MarketProxyRules.Mapping

    /// The columns that depend on more than the observations that a stamp names.
    static let ofThePast: Set<String> = [
        "dvol_percentile", "gamma_regime", "missing_fields", "stationarity_blend_weight", "stationarity_status",
    ]

    private typealias Observation = (event: DecodedEvent, observation: MarketObservedPayload)

    func explain(_ field: String, _ sheet: inout Worksheet) {
        switch field {
        case "spot_at_trade", "spot_source", "spot_time_delta_minutes": spot(field, &sheet)
        case "dvol": observed("dvol", stamp.vol, &sheet)
        case "iv_30d": observed("iv_atm_30d", stamp.vol, &sheet)
        case "rv_30d": observed("rv_30d", stamp.vol, &sheet)
        case "vrp", "vrp_source": premium(field, &sheet)
        case "gex_imbalance":
            if let imbalance = imbalance(&sheet) { sheet.round(field, imbalance) }
        case "gamma_regime": regime(&sheet)
        case "term_structure_state": slope(&sheet)
        case "dvol_percentile": percentile(&sheet)
        case "stationarity_status", "stationarity_blend_weight": stationarity(field, &sheet)
        case "context_quality": quality(&sheet)
        default: missingFields(&sheet)
        }
    }

    // MARK: - The joined observations

    /// Shows that the rules choose this observation for the trade. Without an observation it ends in null.
    private func join(_ observation: Observation?, _ kind: MarketKind, _ sheet: inout Worksheet) -> Bool {
        sheet.inputs(stamp.execution, "trade_date")
        sheet.rule(rules.file, "join")
        let reach = kind == .gexHourly ? rules.gexReach : rules.volReach
        sheet.rule(rules.file, "reach", kind.rawValue)
        if let windows = stamp.windows {
            let nearest =
                kind == .gexHourly
                ? ExplainedWindows.nearest(windows.series.gex, to: stamp.trade, rules.join, reach)?.position
                : ExplainedWindows.nearest(windows.series.vol, to: stamp.trade, rules.join, reach)?.position
            let count = kind == .gexHourly ? windows.series.gex.count : windows.series.vol.count
            sheet.step(
                "the \(rules.join.rawValue) of \(count) \(kind.rawValue) observations is the stamp's",
                "event \(Shown(nearest).text)", Shown(nearest == observation?.event.record.position))
        }
        guard let (event, observed) = observation else {
            sheet.null(kind.rawValue, because: "no \(kind.rawValue) observation is within \(reach.staleMinutes) minutes of the trade")
            return false
        }
        sheet.input("\(kind.rawValue).timestamp", Shown(observed.timestamp), event)
        let apart = minutes(observed.timestamp.microseconds - stamp.trade.microseconds)
        sheet.step(
            "|\(kind.rawValue) − trade_date| in minutes, fresh to \(reach.freshMinutes), used to \(reach.staleMinutes)",
            "|\(observed.timestamp) − \(stamp.trade)|", Shown(exact: apart))
        return true
    }

    /// A field of the joined volatility observation, unchanged.
    private func observed(_ name: String, _ observation: Observation?, _ sheet: inout Worksheet) {
        guard join(observation, .volMetrics, &sheet), let (event, observed) = observation else { return }
        sheet.copy("vol_metrics.\(name)", Shown(Self.decimal(name, observed)), event)
    }

    private static func decimal(_ name: String, _ observed: MarketObservedPayload) -> FixedDecimal? {
        switch name {
        case "dvol": observed.decimal("dvol")
        case "iv_atm_30d": observed.decimal("iv_atm_30d")
        case "iv_atm_7d": observed.decimal("iv_atm_7d")
        case "rv_30d": observed.decimal("rv_30d")
        case "vrp": observed.decimal("vrp")
        default: nil
        }
    }

    private func spot(_ field: String, _ sheet: inout Worksheet) {
        var found: (kind: MarketKind, event: DecodedEvent, spot: FixedDecimal, at: Instant)?
        for (kind, observation) in [(MarketKind.gexHourly, stamp.gex), (MarketKind.volMetrics, stamp.vol)] {
            guard found == nil, join(observation, kind, &sheet), let (event, observed) = observation else { continue }
            sheet.input("\(kind.rawValue).spot", Shown(observed.decimal("spot")), event)
            if let spot = observed.decimal("spot") { found = (kind, event, spot, observed.timestamp) }
        }
        guard let found else {
            return sheet.null(field, because: "neither joined observation has a spot")
        }
        switch field {
        case "spot_at_trade":
            sheet.step("the spot of \(found.kind.rawValue), which goes before vol_metrics", "spot", Shown(found.spot))
        case "spot_source":
            sheet.step("the kind of observation that has the spot", field, Shown(found.kind.rawValue))
        default:
            sheet.round(
                "|\(found.at) − \(stamp.trade)|", minutes(found.at.microseconds - stamp.trade.microseconds), digits: 4)
        }
    }

    private func premium(_ field: String, _ sheet: inout Worksheet) {
        guard join(stamp.vol, .volMetrics, &sheet), let (event, observed) = stamp.vol else { return }
        let own = observed.decimal("vrp")
        sheet.input("vol_metrics.vrp", Shown(own), event)
        if let own {
            return sheet.step(
                "observed", "vrp", field == "vrp" ? Shown(own) : Shown("observed"))
        }
        let (dvol, realized) = (observed.decimal("dvol"), observed.decimal("rv_30d"))
        sheet.input("vol_metrics.dvol", Shown(dvol), event)
        sheet.input("vol_metrics.rv_30d", Shown(realized), event)
        guard let dvol, let realized else {
            return sheet.null(
                "dvol − rv_30d", missing: missing(["vrp": true, "dvol": dvol == nil, "rv_30d": realized == nil]))
        }
        sheet.step(
            "derived, dvol − rv_30d", "\(dvol) − \(realized)",
            field == "vrp" ? Shown(dvol - realized) : Shown("derived"))
    }

    private func slope(_ sheet: inout Worksheet) {
        guard join(stamp.vol, .volMetrics, &sheet), let (event, observed) = stamp.vol else { return }
        let (near, far) = (observed.decimal("iv_atm_7d"), observed.decimal("iv_atm_30d"))
        sheet.input("vol_metrics.iv_atm_7d", Shown(near), event)
        sheet.input("vol_metrics.iv_atm_30d", Shown(far), event)
        sheet.rule(rules.file, "term_structure", "near_term_risk_from")
        sheet.rule(rules.file, "term_structure", "contango_to")
        guard let near, let far else {
            return sheet.null(
                "iv_atm_7d − iv_atm_30d", missing: missing(["iv_atm_7d": near == nil, "iv_atm_30d": far == nil]))
        }
        let slope = near - far
        sheet.step("iv_atm_7d − iv_atm_30d", "\(near) − \(far)", Shown(slope))
        let state =
            slope >= rules.termStructure.nearTermRiskFrom
            ? "near_term_risk" : slope <= rules.termStructure.contangoTo ? "contango" : "flat"
        sheet.step(
            "near_term_risk from \(rules.termStructure.nearTermRiskFrom), contango to \(rules.termStructure.contangoTo), else flat",
            "\(slope)", Shown(state))
    }

    // MARK: - Gamma

    /// The series' own imbalance, else net ÷ abs, exact. Without either it ends in null.
    private func imbalance(_ sheet: inout Worksheet) -> ExactNumber? {
        guard join(stamp.gex, .gexHourly, &sheet), let (event, observed) = stamp.gex else { return nil }
        let own = observed.decimal("gex_imbalance")
        sheet.input("gex_hourly.gex_imbalance", Shown(own), event)
        if let own {
            sheet.step("the series' own", "gex_imbalance", Shown(own))
            return own.exact
        }
        let (net, total) = (observed.decimal("net_gex"), observed.decimal("abs_gex"))
        sheet.input("gex_hourly.net_gex", Shown(net), event)
        sheet.input("gex_hourly.abs_gex", Shown(total), event)
        let point = GexPoint(
            position: event.record.position, timestamp: observed.timestamp, netGex: net, absGex: total)
        guard let net, let total, let quotient = point.imbalance else {
            sheet.null("net_gex ÷ abs_gex", because: "net_gex or abs_gex is missing, abs_gex is 0, or the quotient is beyond any decimal")
            return nil
        }
        sheet.step("net_gex ÷ abs_gex", "\(net) ÷ \(total)", Shown(exact: quotient))
        return quotient
    }

    /// Whether the market's history suffices for thresholds. Nil if the history was not read.
    private func hasHistory(_ values: [ExactNumber]?) -> Bool? {
        values.map { $0.count >= rules.gammaRegime.minimumObservations }
    }

    private var pastImbalances: [ExactNumber]? {
        stamp.windows.map { $0.imbalances(from: $0.start(rules.gammaRegime.windowDays)) }
    }

    private func regime(_ sheet: inout Worksheet) {
        guard let imbalance = imbalance(&sheet) else { return }
        let gamma = rules.gammaRegime
        guard let past = pastImbalances else { return asStamped("gamma_regime", &sheet) }
        sheet.rule(rules.file, "gamma_regime", "window_days")
        sheet.rule(rules.file, "gamma_regime", "minimum_observations")
        sheet.step(
            "imbalances of the \(gamma.windowDays) days before the trade", "at least \(gamma.minimumObservations) for percentiles",
            Shown(Int64(past.count)))
        var (lower, upper) = (gamma.fallbackLower.exact, gamma.fallbackUpper.exact)
        if past.count >= gamma.minimumObservations, let low = ExplainedWindows.percentile(gamma.lowerPercentile, past),
            let high = ExplainedWindows.percentile(gamma.upperPercentile, past)
        {
            (lower, upper) = (low, high)
            sheet.rule(rules.file, "gamma_regime", "lower_percentile")
            sheet.rule(rules.file, "gamma_regime", "upper_percentile")
            sheet.step("percentile \(gamma.lowerPercentile), linear interpolation", "of \(past.count) imbalances", Shown(exact: low))
            sheet.step("percentile \(gamma.upperPercentile), linear interpolation", "of \(past.count) imbalances", Shown(exact: high))
        } else {
            sheet.rule(rules.file, "gamma_regime", "fallback")
            sheet.step("too few: the fixed thresholds", "\(gamma.fallbackLower), \(gamma.fallbackUpper)", Shown(true))
        }
        let name = imbalance >= upper ? "long_gamma" : imbalance <= lower ? "short_gamma" : "neutral"
        sheet.step(
            "long_gamma at or above the upper, short_gamma at or below the lower, else neutral",
            "\(imbalance) against \(lower) and \(upper)", Shown(name))
    }

    // MARK: - History of dvol

    private func percentile(_ sheet: inout Worksheet) {
        guard join(stamp.vol, .volMetrics, &sheet), let (event, observed) = stamp.vol else { return }
        sheet.input("vol_metrics.dvol", Shown(observed.decimal("dvol")), event)
        guard let dvol = observed.decimal("dvol") else {
            return sheet.null("dvol_percentile", missing: ["dvol"])
        }
        let rule = rules.dvolPercentile
        for key in ["window_days", "minimum_days", "equal_weight"] { sheet.rule(rules.file, "dvol_percentile", key) }
        guard let windows = stamp.windows else { return asStamped("dvol_percentile", &sheet) }
        let days = windows.dailyDvol(from: windows.start(rule.windowDays), to: stamp.trade)
        describe(days, "[trade_date − \(rule.windowDays) d, trade_date)", &sheet)
        guard days.count >= rule.minimumDays else {
            return sheet.null(
                "n ≥ \(rule.minimumDays)", because: "\(days.count) days with a dvol, \(rule.minimumDays) are needed")
        }
        let below = days.count { $0.value < dvol }
        let equal = days.count { $0.value == dvol }
        sheet.step("days below \(dvol)", "#below", Shown(Int64(below)))
        sheet.step("days equal to it", "#equal", Shown(Int64(equal)))
        let rank = ExactNumber(below) + rule.equalWeight.exact * ExactNumber(equal)
        let exact = (ExactNumber(100) * rank).divided(by: ExactNumber(days.count)) ?? .zero
        sheet.step(
            "100 × (#below + \(rule.equalWeight) × #equal) ÷ n",
            "100 × (\(below) + \(rule.equalWeight) × \(equal)) ÷ \(days.count)", Shown(exact: exact))
        sheet.round("dvol_percentile", exact)
    }

    private func describe(_ days: [ExplainedWindows.Daily], _ window: String, _ sheet: inout Worksheet) {
        let ends = [days.first, days.last].compactMap { $0 }
            .map { "\($0.value) at \($0.point.timestamp) (event \($0.point.position))" }.joined(separator: " … ")
        sheet.step("the last dvol of each UTC day in \(window)", ends.isEmpty ? "none" : ends, Shown(Int64(days.count)))
    }

    private func stationarity(_ field: String, _ sheet: inout Worksheet) {
        sheet.inputs(stamp.execution, "trade_date")
        let rule = rules.stationarity
        sheet.windows(in: rules.file, at: ["stationarity"])
        guard let windows = stamp.windows else { return asStamped(field, &sheet) }
        let middle = windows.start(rule.recentDays)
        let recent = windows.dailyDvol(from: middle, to: stamp.trade)
        let older = windows.dailyDvol(from: windows.start(rule.olderDays), to: middle)
        describe(recent, "the recent \(rule.recentDays) d", &sheet)
        describe(older, "[trade_date − \(rule.olderDays) d, trade_date − \(rule.recentDays) d)", &sheet)
        let status = sheet.stationarity(recent.map(\.value.exact), older.map(\.value.exact), rule, in: rules.file, at: ["stationarity"])
        if field == "stationarity_status" {
            return sheet.step("the status", field, Shown(status.rawValue))
        }
        sheet.step("the status", "stationarity_status", Shown(status.rawValue))
        sheet.rule(rules.file, "stationarity", "blend_weight")
        sheet.step("what \(status.rawValue) weighs", field, Shown(rule.blendWeight(status)))
    }

    /// A figure whose window was not read.
    private func asStamped(_ field: String, _ sheet: inout Worksheet) {
        sheet.note(
            "\(field) follows from the market's past, which was not read: it is shown as event \(stamp.event.record.position) stamped it, not recomputed"
        )
        sheet.step("as stamped", field, sheet.stamped(field, stamp.payload))
    }

    // MARK: - Missing figures

    private func quality(_ sheet: inout Worksheet) {
        guard mapping.marketProxy != nil else {
            _ = sheet.mapping(of: stamp.execution, rules.marketProxy)
            return sheet.step("the symbol has no market", "context_quality", Shown(mapping.quality))
        }
        var isStale = false
        for (kind, observation, reach) in [
            (MarketKind.gexHourly, stamp.gex, rules.gexReach), (MarketKind.volMetrics, stamp.vol, rules.volReach),
        ] {
            guard join(observation, kind, &sheet), let (_, observed) = observation else { continue }
            let apart = minutes(observed.timestamp.microseconds - stamp.trade.microseconds)
            let isFresh = apart <= ExactNumber(reach.freshMinutes)
            sheet.step("\(kind.rawValue) is fresh", "\(apart) ≤ \(reach.freshMinutes)", Shown(isFresh))
            if !isFresh { isStale = true }
        }
        if stamp.gex == nil && stamp.vol == nil {
            return sheet.step("neither kind is within reach", "context_quality", Shown("unavailable"))
        }
        if isStale { return sheet.step("a used observation is not fresh", "context_quality", Shown("stale")) }
        _ = sheet.mapping(of: stamp.execution, rules.marketProxy)
        sheet.step("all fresh: the mapping's quality", "context_quality", Shown(mapping.quality))
    }

    private static let answered = [
        "spot_at_trade", "dvol", "iv_30d", "rv_30d", "vrp", "dvol_percentile", "gex_imbalance", "gamma_regime",
        "term_structure_state", "volume_24h", "open_interest",
    ]

    private func missingFields(_ sheet: inout Worksheet) {
        var missing: [String] = []
        for field in Self.answered {
            let value = sheet.stamped(field, stamp.payload)
            sheet.input(field, value, stamp.event)
            if value.isNull { missing.append(field) }
        }
        let token = "gamma_regime_history"
        if mapping.marketProxy == nil {
            missing.append("market_proxy")
        } else if stamp.payload.gammaRegime != nil,
            hasHistory(pastImbalances).map({ !$0 }) ?? stamp.payload.missingFields.contains(token)
        {
            missing.append(token)
        }
        sheet.step(
            "the null ones; gamma_regime_history where the fixed thresholds named the regime; market_proxy where unmapped",
            "missing_fields", Shown(missing.sorted { $0.isBytewiseLess(than: $1) }))
    }
}
