package import LedgerEvents
package import LedgerJSON
package import LedgerProjections
import LedgerRules
package import LedgerValues

/// The market around executions: one row for each execution and context key, from the latest stamp made of the execution as it
/// is now (docs/contract/context.md, "The view context").
///
/// The figures were computed when the stamp was made. The stamp holds them together with the rules that made them. The
/// rules here only decide which trades are executions.
package struct ContextProjection: Projection {
    package static let name = "context"
    package static let codeVersion = 1
    package static let consumes = TradeEvents.firstVersions(of: TradeEvents.executions + [.contextStamped])

    /// A trade of any status and its latest stamps.
    package struct Facts: Sendable {
        /// Nil if a stamp came before the execution.
        var execution: TradeFact<ExecutionRow>?
        var stamps = TradeStamps()
    }

    package let identity: ProjectionIdentity
    private let rules: ContextRules

    package init(rules: ContextRules) {
        self.rules = rules
        identity = ProjectionIdentity(
            name: Self.name, codeVersion: Self.codeVersion, ownRules: rules.file, rules: rules.files)
    }

    package static var entitiesAreSubjects: Bool { true }

    package func entities(touchedBy event: DecodedEvent) -> [RowKey] { event.trade }

    package func apply(_ event: DecodedEvent, to facts: inout Facts?, of entity: RowKey) {
        if let payload = event.payload(as: ExecutionPayload.self) {
            facts[orNew: Facts()].execution = TradeFact(payload.row, from: event.record)
        } else if let payload = event.payload(as: ContextStampedPayload.self) {
            facts[orNew: Facts()].stamps.record(payload, from: event.record)
        }
    }

    package func facts(_ facts: Facts, effectiveBy instant: Instant) -> Facts? {
        guard let execution = facts.execution, execution.isTraded(by: instant) else { return nil }
        return Facts(execution: execution, stamps: facts.stamps.held(by: instant))
    }

    package func writeRows(of facts: Facts, to rows: inout RowWriter) {
        guard let execution = facts.execution, execution.value.isExecution(rules.trades) else { return }
        let row = execution.value
        facts.stamps.forEachCurrent(for: row) { stamp in
            Self.write(execution, stamp, to: &rows.out)
            rows.endRow(
                RowKey([row.source, row.sourceTradeID, stamp.value.contextKey]),
                [
                    .instant(stamp.effectiveAt), .instant(row.tradeDate), .text(row.sourcePortfolio),
                    .text(row.underlyingSymbol), .text(stamp.value.gammaRegime), .text(stamp.value.contextQuality),
                ])
        }
    }

    private static func write(
        _ execution: TradeFact<ExecutionRow>, _ stamp: TradeFact<ContextStampedPayload>, to out: inout JSONWriter
    ) {
        let row = execution.value
        let context = stamp.value
        out.beginObject()
        out.key("context_key"); out.string(context.contextKey)
        out.key("context_quality"); out.string(context.contextQuality)
        out.key("direction"); out.string(row.direction?.rawValue)
        out.key("dvol"); out.decimalString(context.dvol)
        out.key("dvol_percentile"); out.decimalString(context.dvolPercentile)
        out.key("event_positions"); out.eventPositions([execution.position, stamp.position])
        out.key("expiry"); out.date(row.expiry)
        out.key("gamma_regime"); out.string(context.gammaRegime)
        out.key("gex_imbalance"); out.decimalString(context.gexImbalance)
        out.key("inputs"); EventInput.write(context.inputs, to: &out)
        out.key("instrument"); out.string(row.instrument)
        out.key("iv_30d"); out.decimalString(context.iv30d)
        out.key("mapping_confidence"); out.decimalString(context.mappingConfidence)
        out.key("mapping_method"); out.string(context.mappingMethod)
        out.key("mapping_quality"); out.string(context.mappingQuality)
        out.key("market_proxy"); out.string(context.marketProxy)
        out.key("missing_fields"); out.strings(context.missingFields)
        out.key("observed_through_position"); out.integer(context.observedThroughPosition)
        out.key("open_interest"); out.decimalString(context.openInterest)
        out.key("option_symbol"); out.string(row.optionSymbol)
        out.key("option_type"); out.string(row.optionType?.rawValue)
        out.key("quantity"); out.decimalString(row.quantity)
        out.key("quote_underlying"); out.string(context.quoteUnderlying)
        out.key("rules"); RuleReference.write(context.rules, to: &out)
        out.key("rv_30d"); out.decimalString(context.rv30d)
        out.key("smile_rich_cheap"); out.string(context.smileRichCheap)
        out.key("smile_state"); out.string(context.smileState)
        out.key("source"); out.string(row.source)
        out.key("source_portfolio"); out.string(row.sourcePortfolio)
        out.key("source_trade_id"); out.string(row.sourceTradeID)
        out.key("spot_at_trade"); out.decimalString(context.spotAtTrade)
        out.key("spot_source"); out.string(context.spotSource)
        out.key("spot_time_delta_minutes"); out.decimalString(context.spotTimeDeltaMinutes)
        out.key("stationarity_blend_weight"); out.decimalString(context.stationarityBlendWeight)
        out.key("stationarity_status"); out.string(context.stationarityStatus)
        out.key("strike"); out.decimalString(row.strike)
        out.key("term_structure_state"); out.string(context.termStructureState)
        out.key("trade_date"); out.instant(row.tradeDate)
        out.key("underlying_symbol"); out.string(row.underlyingSymbol)
        out.key("volume_24h"); out.decimalString(context.volume24h)
        out.key("vrp"); out.decimalString(context.vrp)
        out.key("vrp_source"); out.string(context.vrpSource)
        out.endObject()
    }
}

// MARK: - Facts as JSON

extension ContextProjection {
    package func encode(_ facts: Facts, to out: inout JSONWriter) {
        out.beginObject()
        out.key("execution"); out.execution(facts.execution)
        out.key("stamps"); facts.stamps.write(to: &out)
        out.endObject()
    }

    package func facts(from document: [UInt8]) throws -> Facts {
        let root = try JSONDocument(parsing: document).root
        guard let execution = root["execution"], let stamps = root["stamps"], stamps.kind == .array else {
            throw RowProblem(description: "stored facts of a context lack a key")
        }
        return Facts(execution: try TradeFact.read(execution), stamps: try TradeStamps(stamps))
    }
}
