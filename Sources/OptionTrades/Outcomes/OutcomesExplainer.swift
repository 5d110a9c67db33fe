import LedgerEvents
import LedgerExplanations
import LedgerProjections
import LedgerRules
import LedgerValues

/// Explains rows of `outcomes` from the trade's row, its stamp and the horizon's mark: entry, mark and fees.
struct OutcomesExplainer: ViewExplainer {
    let rules: OutcomesRules
    private static let view = OutcomesProjection.name

    static func needs(_ row: RowMembers) -> ExplanationNeeds { .positions(row.eventPositions) }

    /// The facts behind a row at one horizon.
    struct Facts {
        let execution: ExplainedExecution
        let stampEvent: DecodedEvent?
        let markEvent: DecodedEvent?
        let horizon: Horizon
        let target: HorizonTarget
        /// The mark of the current row and target. Nil while pending.
        let mark: ForwardMarkPayload?
        let judged: JudgedMark
        let isPending: Bool

        var isMeasurable: Bool { target.instant != nil && !target.isAfterExpiry }
    }

    func explain(_ field: String, _ sheet: inout Worksheet) throws(ExplanationError) {
        let execution = try sheet.row.execution(of: Self.view)
        let stampEvent = try sheet.row.input("context", of: Self.view)
        let markEvent = try sheet.row.input("mark", of: Self.view)
        let positions = [execution.event, stampEvent, markEvent].compactMap { $0?.record.position }
        switch field {
        case "event_positions": return sheet.positions(positions)
        case "inputs":
            return sheet.namedInputs([
                "context": stampEvent?.record.position, "execution": execution.event.record.position,
                "mark": markEvent?.record.position,
            ])
        default: break
        }
        if execution[field] != nil { return sheet.copy(field, of: execution) }
        guard let horizon = sheet.row.key.last.flatMap({ Horizon(parsing: $0) }) else {
            throw .missingEvent(view: Self.view, position: nil, expected: "horizon in the row's key")
        }
        let stamp = try sheet.stamp(stampEvent, of: execution, view: Self.view)
        switch field {
        case "horizon_key": return sheet.step("of the row's key", field, Shown(horizon.key))
        case "horizon_days":
            return sheet.step("the horizon's days, null for expiry", horizon.key, Shown(horizon.days.map { Int64($0) }))
        case "entry_premium_usd":
            if let exact = sheet.premium(of: execution, rules.trades).exact { sheet.round(field, exact) }
            return
        case "premium_source":
            let premium = sheet.premium(of: execution, rules.trades).premium
            return sheet.step("where the entry premium is from", field, Shown(premium.source.rawValue))
        case "alignment_label":
            return AlignmentExplainer(rules: rules.alignment).figure(field, execution, stamp, stampEvent, &sheet)
        case "gamma_regime": return sheet.copy(field, Shown(stamp?.gammaRegime), stampEvent)
        case "dvol_bucket": return bucket(stamp, stampEvent, &sheet)
        case "spot_at_entry":
            _ = spotAtEntry(execution, stamp, stampEvent, &sheet)
            return
        case "moneyness_at_entry":
            let spot = spotAtEntry(execution, stamp, stampEvent, &sheet)
            return sheet.moneyness(spot, "spot_at_entry", execution)
        default: break
        }
        let facts = try facts(execution, stampEvent, markEvent, horizon, &sheet)
        OutcomeFigures(facts: facts, rules: rules).explain(field, &sheet) { sheet in
            spotAtEntry(execution, stamp, stampEvent, &sheet)
        }
    }

    private func facts(
        _ execution: ExplainedExecution, _ stampEvent: DecodedEvent?, _ markEvent: DecodedEvent?, _ horizon: Horizon,
        _ sheet: inout Worksheet
    ) throws(ExplanationError) -> Facts {
        let row = execution.row
        let target = HorizonTarget(of: row, horizon: horizon, rules: rules)
        let isPending = !target.isAfterExpiry && target.instant.map { $0 > sheet.row.now } ?? false
        var mark: ForwardMarkPayload?
        if let markEvent {
            guard let payload = markEvent.payload(as: ForwardMarkPayload.self) else {
                throw .missingEvent(view: Self.view, position: markEvent.record.position, expected: "mark")
            }
            if !isPending, sheet.isCurrent(payload.basis, of: execution, target: target.instant, markEvent, "mark") {
                mark = payload
            }
        }
        return Facts(
            execution: execution, stampEvent: stampEvent, markEvent: markEvent, horizon: horizon, target: target,
            mark: mark,
            judged: JudgedMark(
                of: mark?.quote, horizon: horizon, target: target.instant ?? .minimum, rules: rules),
            isPending: isPending)
    }

    // MARK: - The entry

    private func bucket(_ stamp: ContextStampedPayload?, _ event: DecodedEvent?, _ sheet: inout Worksheet) {
        sheet.input("dvol_percentile", Shown(stamp?.dvolPercentile), event)
        for index in rules.dvolBuckets.indices { sheet.rule(rules.file, path: ["dvol_buckets", "below", "\(index)"]) }
        sheet.rule(rules.file, "dvol_buckets", stamp?.dvolPercentile == nil ? "unknown" : "otherwise")
        let percentile = Shown(stamp?.dvolPercentile).text
        sheet.step(
            "the first bucket that \(percentile) is below, else the last; unknown without a percentile", "dvol_bucket",
            Shown(rules.dvolBucket(of: stamp?.dvolPercentile)))
    }

    /// Explains the spot at entry and ends in it: the row's own, or the stamp's for a symbol that is its own market.
    private func spotAtEntry(
        _ execution: ExplainedExecution, _ stamp: ContextStampedPayload?, _ event: DecodedEvent?,
        _ sheet: inout Worksheet
    ) -> FixedDecimal? {
        let row = execution.row
        sheet.inputs(execution, "spot_at_trade")
        if let spot = row.spotAtTrade {
            sheet.step("the row's own spot", "spot_at_trade", Shown(spot))
            return spot
        }
        sheet.rule(rules.file, "direct_mapping_method")
        let mapping = sheet.mapping(of: execution, rules.trades.marketProxy)
        guard rules.isDirectlyMapped(row.underlyingSymbol) else {
            sheet.null("spot_at_entry", because: "the row has no spot, and the symbol is not its own market: no proxy's spot stands for it")
            return nil
        }
        guard let stamp else {
            sheet.null("spot_at_entry", because: "the row has no spot, and no context is stamped")
            return nil
        }
        sheet.input("stamp.mapping_method", Shown(stamp.mappingMethod), event)
        sheet.input("stamp.market_proxy", Shown(stamp.marketProxy), event)
        sheet.input("stamp.spot_at_trade", Shown(stamp.spotAtTrade), event)
        guard stamp.mappingMethod.isBytewiseEqual(to: rules.directMappingMethod), let market = mapping.marketProxy,
            let stamped = stamp.marketProxy, market.isBytewiseEqual(to: stamped)
        else {
            sheet.null("spot_at_entry", because: "the stamp is not of the symbol's own market")
            return nil
        }
        sheet.step("the stamp's spot: the symbol is its own market", "spot_at_trade", Shown(stamp.spotAtTrade))
        return stamp.spotAtTrade
    }
}

extension Worksheet {
    /// spot ÷ strike.
    mutating func moneyness(_ spot: FixedDecimal?, _ name: String, _ execution: ExplainedExecution) {
        inputs(execution, "strike")
        guard let spot, let strike = execution.row.strike, let ratio = spot.exact.divided(by: strike.exact) else {
            return null(
                "\(name) ÷ strike", missing: missing([name: spot == nil, "strike": execution.row.strike == nil]))
        }
        step("\(name) ÷ strike", "\(spot) ÷ \(strike)", Shown(exact: ratio))
        round("moneyness", ratio)
    }
}
