package import LedgerEvents
package import LedgerJSON
package import LedgerProjections
import LedgerRules
package import LedgerValues

/// How consistent executions were with the market around them: a row an execution (docs/contract/alignment.md, "Columns").
///
/// A stored row lacks the free text of its drivers and detractors, `rule` and `explanation`, which no digest covers.
/// ``present(_:now:)`` adds it.
package struct AlignmentProjection: Projection {
    package static let name = "alignment"
    package static let codeVersion = 1
    package static let consumes = TradeEvents.firstVersions(of: TradeEvents.executions + [.contextStamped])

    /// A trade of any status, and its latest stamp in each context, including stamps made from older rows.
    package struct Facts: Sendable {
        /// Nil if a stamp came before the execution.
        var execution: TradeFact<ExecutionRow>?
        var stamps = TradeStamps()
    }

    package let identity: ProjectionIdentity
    private let rules: AlignmentRules

    package init(rules: AlignmentRules) {
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

    /// Writes one row, or no row for a trade that does not count.
    package func writeRows(of facts: Facts, to rows: inout RowWriter) {
        guard let execution = facts.execution, execution.value.isExecution(rules.trades) else { return }
        let row = execution.value
        let stamp = facts.stamps.latest(for: row)
        let alignment = Alignment(of: row, stamp: stamp?.value, rules: rules)
        Self.write(alignment, row, execution: execution.position, context: stamp?.position, to: &rows.out)
        rows.endRow(
            RowKey([row.source, row.sourceTradeID]),
            [
                .instant(row.tradeDate), .instant(row.tradeDate), .text(row.sourcePortfolio),
                .text(row.underlyingSymbol), .text(alignment.label), .text(alignment.confidenceLabel.rawValue),
            ])
    }

    private static func write(
        _ alignment: Alignment, _ row: ExecutionRow, execution: Int64, context: Int64?, to out: inout JSONWriter
    ) {
        let stamp = alignment.stamp
        out.beginObject()
        out.key("alignment_label"); out.string(alignment.label)
        out.key("alignment_score"); out.decimalString(alignment.score)
        out.key("assumed_strategy"); out.string(alignment.assumedStrategy?.rawValue)
        out.key("confidence"); out.decimalString(alignment.confidence)
        out.key("confidence_label"); out.string(alignment.confidenceLabel.rawValue)
        out.key("context_quality"); out.string(stamp?.contextQuality)
        out.key("detractors"); out.impacts(alignment.detractors)
        out.key("direction"); out.string(row.direction?.rawValue)
        out.key("drivers"); out.impacts(alignment.drivers)
        out.key("dvol_percentile"); out.decimalString(stamp?.dvolPercentile)
        out.key("event_positions"); out.eventPositions([execution, context])
        out.key("expiry"); out.date(row.expiry)
        out.key("gamma_regime"); out.string(stamp?.gammaRegime)
        out.key("inputs")
        out.beginObject()
        out.key("context"); out.integer(context)
        out.key("execution"); out.integer(execution)
        out.endObject()
        out.key("instrument"); out.string(row.instrument)
        out.key("mapping_quality"); out.string(stamp?.mappingQuality)
        out.key("market_proxy"); out.string(stamp?.marketProxy)
        out.key("missing_signals"); out.strings(alignment.missingSignals.map(\.rawValue))
        out.key("observed_signal_count"); out.integer(alignment.observedSignalCount)
        out.key("option_symbol"); out.string(row.optionSymbol)
        out.key("option_type"); out.string(row.optionType?.rawValue)
        out.key("quantity"); out.decimalString(row.quantity)
        out.key("source"); out.string(row.source)
        out.key("source_portfolio"); out.string(row.sourcePortfolio)
        out.key("source_trade_id"); out.string(row.sourceTradeID)
        out.key("strategy_intent"); out.string(alignment.strategyIntent)
        out.key("strike"); out.decimalString(row.strike)
        out.key("trade_date"); out.instant(row.tradeDate)
        out.key("underlying_symbol"); out.string(row.underlyingSymbol)
        out.key("warning"); out.string(Alignment.warning)
        out.endObject()
    }
}

extension JSONWriter {
    fileprivate mutating func impacts(_ impacts: [SignalImpact]) {
        beginArray()
        for impact in impacts {
            beginObject()
            key("impact"); decimalString(impact.impact)
            key("signal"); string(impact.signal.rawValue)
            key("value")
            switch impact.value {
            case .number(let number): decimalString(number)
            case .state(let state): string(state)
            }
            endObject()
        }
        endArray()
    }
}

// MARK: - The reader's form

extension AlignmentProjection {
    /// Adds the texts of a row's drivers and detractors.
    package func present(_ document: JSONDocument, now: Instant) -> [UInt8] {
        let root = document.root
        guard let strategy = root["assumed_strategy"]?.string.flatMap(AssumedStrategy.init(rawValue:)) else {
            return document.bytes
        }
        var out = JSONWriter(reservingCapacity: document.bytes.count + 1024)
        out.beginObject()
        for member in root.memberViews {
            out.key(member.key)
            if member.keyIs("drivers") || member.keyIs("detractors") {
                out.beginArray()
                for impact in member.value.elements { explain(impact, strategy, to: &out) }
                out.endArray()
            } else {
                out.raw(Array(document.bytes[member.value.sourceRange]))
            }
        }
        out.endObject()
        return out.bytes
    }

    private func explain(_ stored: JSONValue, _ strategy: AssumedStrategy, to out: inout JSONWriter) {
        let value = stored["value"]?.string
        let impact = stored["impact"]?.decimal
        var words: SignalExplanation?
        if let signal = stored["signal"]?.string.flatMap(AlignmentSignal.init(rawValue:)), let value, let impact {
            words = SignalExplanation(of: signal, value: value, impact: impact, strategy: strategy, rules: rules)
        }
        out.beginObject()
        out.key("explanation"); out.string(words?.explanation)
        out.key("impact"); out.decimalString(impact)
        out.key("rule"); out.string(words?.rule)
        out.key("signal"); out.string(stored["signal"]?.string)
        out.key("value"); out.string(value)
        out.endObject()
    }
}

// MARK: - Facts as JSON

extension AlignmentProjection {
    package func encode(_ facts: Facts, to out: inout JSONWriter) {
        out.beginObject()
        out.key("execution"); out.execution(facts.execution)
        // No row depends on the observations behind a stamp, and the stamp's event names them anyway.
        out.key("stamps"); facts.stamps.write(to: &out, withInputs: false)
        out.endObject()
    }

    package func facts(from document: [UInt8]) throws -> Facts {
        let root = try JSONDocument(parsing: document).root
        guard let execution = root["execution"], let stamps = root["stamps"], stamps.kind == .array else {
            throw RowProblem(description: "stored facts of an alignment lack a key")
        }
        return Facts(execution: try TradeFact.read(execution), stamps: try TradeStamps(stamps))
    }
}
