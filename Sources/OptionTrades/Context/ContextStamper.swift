package import LedgerEvents
import LedgerRules
package import LedgerValues

/// Works out the market context of executions (docs/contract/context.md, "Figures").
///
/// The stamper is pure: a row, the series of the market behind it, and the rules determine the stamp. A missing figure
/// is null and listed, never zero. The market's figures stay in fields of the stamp and never become figures of the
/// traded contract.
package struct ContextStamper: Sendable {
    package let rules: ContextRules
    /// The `rules` of every stamp: the files that it depends on, in path order.
    package let ruleReferences: [RuleReference]

    package init(rules: ContextRules) {
        self.rules = rules
        ruleReferences = rules.stampFiles.map {
            RuleReference(version: $0.version, digest: $0.digest, file: $0.path)
        }
    }

    /// The market whose series stamps a row. Nil if the row's symbol is unmapped.
    package func market(of row: ExecutionRow) -> String? {
        rules.marketProxy.mapping(of: row.underlyingSymbol).marketProxy
    }

    /// `context_key`: the market, else `unmapped:` followed by the symbol, if the row has one.
    package func contextKey(of row: ExecutionRow) -> String {
        market(of: row) ?? "unmapped:" + (row.underlyingSymbol ?? "")
    }

    /// Stamps one row. For many rows of one market, prepare a ``ContextHistory`` once.
    ///
    /// - Parameter series: the series of ``market(of:)``, nil without observations
    package func stamp(
        row: ExecutionRow, series: MarketSeries?, observedThrough: Int64
    ) -> (payload: ContextStampedPayload, effectiveAt: Instant) {
        stamp(row: row, history: series.map { ContextHistory($0, rules: rules) }, observedThrough: observedThrough)
    }

    /// Stamps a row from a market's history.
    ///
    /// - Parameters:
    ///   - history: the history of ``market(of:)``, prepared under the same rules; nil without observations
    ///   - observedThrough: the log's position up to which observations were read
    /// - Returns: the payload, and its valid time: the latest of the trade and the observations joined to it.
    package func stamp(
        row: ExecutionRow, history: ContextHistory?, observedThrough: Int64
    ) -> (payload: ContextStampedPayload, effectiveAt: Instant) {
        let mapping = rules.marketProxy.mapping(of: row.underlyingSymbol)
        var stamp = emptyStamp(of: row, mapping, observedThrough: observedThrough)
        guard mapping.marketProxy != nil else {
            stamp.contextQuality = mapping.quality
            stamp.missingFields = missing(in: stamp, besides: ["market_proxy"])
            return (stamp, row.tradeDate)
        }
        let trade = row.tradeDate
        let gex = history?.series.gex.joined(to: trade, rules.join, rules.gexReach)
        let vol = history?.series.vol.joined(to: trade, rules.join, rules.volReach)
        var inputs = ContextInputs(gex: gex?.point.position, vol: vol?.point.position)
        fillSpot(&stamp, gex, vol, &inputs)
        fillVolatility(&stamp, vol?.point, history, trade, &inputs)
        var besides: [String] = []
        if let imbalance = gex?.point.imbalance {
            let (regime, hasHistory) = regime(of: imbalance, history, trade)
            stamp.gexImbalance = imbalance.rounded()
            stamp.gammaRegime = regime
            inputs.use(.gex, for: "gamma_regime", "gex_imbalance")
            if !hasHistory { besides.append("gamma_regime_history") }
        }
        let stationarity = stationarity(history, trade)
        stamp.stationarityStatus = stationarity.status.rawValue
        stamp.stationarityBlendWeight = stationarity.blendWeight
        if gex == nil && vol == nil {
            stamp.contextQuality = "unavailable"
        } else if gex?.isFresh == false || vol?.isFresh == false {
            stamp.contextQuality = "stale"
        } else {
            stamp.contextQuality = mapping.quality
        }
        stamp.missingFields = missing(in: stamp, besides: besides)
        stamp.inputs = inputs.list
        let observed = [gex?.point.timestamp, vol?.point.timestamp].compactMap { $0 }.max()
        return (stamp, max(trade, observed ?? trade))
    }

    // MARK: - Figures

    /// Fills the spot, the only figure that falls back from one kind to the other.
    private func fillSpot(
        _ stamp: inout ContextStampedPayload, _ gex: JoinedObservation<GexPoint>?, _ vol: JoinedObservation<VolPoint>?,
        _ inputs: inout ContextInputs
    ) {
        let distance: Int64
        if let gex, let spot = gex.point.spot {
            (stamp.spotAtTrade, stamp.spotSource, distance) = (spot, MarketKind.gexHourly.rawValue, gex.distance)
            inputs.use(.gex, for: "spot_at_trade")
        } else if let vol, let spot = vol.point.spot {
            (stamp.spotAtTrade, stamp.spotSource, distance) = (spot, MarketKind.volMetrics.rawValue, vol.distance)
            inputs.use(.vol, for: "spot_at_trade")
        } else {
            return
        }
        // |Δt| in microseconds ÷ 60,000,000, half to even to 4 digits.
        stamp.spotTimeDeltaMinutes =
            ExactNumber(Int(distance)).divided(by: ExactNumber(60_000_000))?.rounded(fractionDigits: 4)
    }

    private func fillVolatility(
        _ stamp: inout ContextStampedPayload, _ vol: VolPoint?, _ history: ContextHistory?, _ trade: Instant,
        _ inputs: inout ContextInputs
    ) {
        guard let vol, let history else { return }
        stamp.dvol = vol.dvol
        stamp.iv30d = vol.ivAtm30d
        stamp.rv30d = vol.rv30d
        if vol.dvol != nil { inputs.use(.vol, for: "dvol") }
        if vol.ivAtm30d != nil { inputs.use(.vol, for: "iv_30d") }
        if vol.rv30d != nil { inputs.use(.vol, for: "rv_30d") }
        if let premium = vol.premium { (stamp.vrp, stamp.vrpSource) = (premium.value, premium.source) }
        if stamp.vrp != nil { inputs.use(.vol, for: "vrp") }
        if let dvol = vol.dvol {
            let days = history.lastDvols(
                from: start(rules.dvolPercentile.windowDays, before: trade), before: trade, trade: trade)
            stamp.dvolPercentile = DvolRank.percentile(of: dvol, among: days, rules.dvolPercentile)?.rounded()
            if stamp.dvolPercentile != nil { inputs.use(.vol, for: "dvol_percentile") }
        }
        if let near = vol.ivAtm7d, let far = vol.ivAtm30d {
            let slope = near - far
            if slope >= rules.termStructure.nearTermRiskFrom {
                stamp.termStructureState = "near_term_risk"
            } else {
                stamp.termStructureState = slope <= rules.termStructure.contangoTo ? "contango" : "flat"
            }
            inputs.use(.vol, for: "term_structure_state")
        }
    }

    /// The regime of an unrounded imbalance, and whether the market's own history decided it.
    private func regime(
        of imbalance: ExactNumber, _ history: ContextHistory?, _ trade: Instant
    ) -> (name: String, hasHistory: Bool) {
        let gamma = rules.gammaRegime
        let thresholds = history?.gammaThresholds(from: start(gamma.windowDays, before: trade), before: trade)
        let upper = thresholds?.upper ?? ExactNumber(gamma.fallbackUpper)
        let lower = thresholds?.lower ?? ExactNumber(gamma.fallbackLower)
        let name = imbalance >= upper ? "long_gamma" : imbalance <= lower ? "short_gamma" : "neutral"
        return (name, thresholds != nil)
    }

    private func stationarity(_ history: ContextHistory?, _ trade: Instant) -> StationarityTest {
        let middle = start(rules.stationarity.recentDays, before: trade)
        func values(from start: Instant, before end: Instant) -> [ExactNumber] {
            history?.lastDvols(from: start, before: end, trade: trade).map(\.exact) ?? []
        }
        return StationarityTest(
            recent: values(from: middle, before: trade),
            older: values(from: start(rules.stationarity.olderDays, before: trade), before: middle), rules.stationarity)
    }

    private func start(_ days: Int, before trade: Instant) -> Instant {
        trade.advanced(byMicroseconds: -Int64(days) * 86_400_000_000) ?? .minimum
    }

    // MARK: - The stamp

    private func emptyStamp(
        of row: ExecutionRow, _ mapping: MarketProxyRules.Mapping, observedThrough: Int64
    ) -> ContextStampedPayload {
        ContextStampedPayload(
            source: row.source, sourceTradeID: row.sourceTradeID, contextKey: contextKey(of: row),
            basis: Basis(of: row), rules: ruleReferences, quoteUnderlying: row.underlyingSymbol,
            marketProxy: mapping.marketProxy, mappingMethod: mapping.method, mappingConfidence: mapping.confidence,
            mappingQuality: mapping.quality, smileState: rules.smileState, contextQuality: mapping.quality,
            observedThroughPosition: observedThrough)
    }

    /// The null figures among those that a stamp accounts for, plus `besides`, sorted bytewise.
    private func missing(in stamp: ContextStampedPayload, besides: [String]) -> [String] {
        let figures: [(name: String, isMissing: Bool)] = [
            ("spot_at_trade", stamp.spotAtTrade == nil), ("dvol", stamp.dvol == nil), ("iv_30d", stamp.iv30d == nil),
            ("rv_30d", stamp.rv30d == nil), ("vrp", stamp.vrp == nil),
            ("dvol_percentile", stamp.dvolPercentile == nil), ("gex_imbalance", stamp.gexImbalance == nil),
            ("gamma_regime", stamp.gammaRegime == nil), ("term_structure_state", stamp.termStructureState == nil),
            ("volume_24h", stamp.volume24h == nil), ("open_interest", stamp.openInterest == nil),
        ]
        return (figures.filter(\.isMissing).map(\.name) + besides).sorted { $0.isBytewiseLess(than: $1) }
    }
}

/// The joined observation behind each figure. The windows behind a percentile or a regime are not listed, because they
/// follow from the market, the rules and the position observed through.
private struct ContextInputs {
    enum Kind { case gex, vol }

    private let gex: Int64?
    private let vol: Int64?
    private var fields: [(name: String, position: Int64)] = []

    init(gex: Int64?, vol: Int64?) {
        self.gex = gex
        self.vol = vol
        if let gex { fields.append((MarketKind.gexHourly.rawValue, gex)) }
        if let vol { fields.append((MarketKind.volMetrics.rawValue, vol)) }
    }

    mutating func use(_ kind: Kind, for names: String...) {
        guard let position = kind == .gex ? gex : vol else { return }
        for name in names { fields.append((name, position)) }
    }

    var list: [EventInput] {
        fields.sorted { $0.name.isBytewiseLess(than: $1.name) }
            .map { EventInput(field: $0.name, position: $0.position) }
    }
}
