import LedgerEvents
import LedgerExplanations
import LedgerJSON
import LedgerProjections
import LedgerRules
import LedgerValues

/// Explains rows of `alignment` from the trade's row and its latest stamp: every signal, the score and the confidence.
struct AlignmentExplainer: ViewExplainer {
    let rules: AlignmentRules
    private static let view = AlignmentProjection.name

    static func needs(_ row: RowMembers) -> ExplanationNeeds { .positions(row.eventPositions) }

    func explain(_ field: String, _ sheet: inout Worksheet) throws(ExplanationError) {
        let execution = try sheet.row.execution(of: Self.view)
        let event = try sheet.row.input("context", of: Self.view)
        switch field {
        case "event_positions":
            return sheet.positions([execution.event.record.position, event?.record.position].compactMap { $0 })
        case "inputs":
            return sheet.namedInputs(["context": event?.record.position, "execution": execution.event.record.position])
        case "warning":
            return sheet.step("the sentence that every row carries", field, Shown(Alignment.warning))
        case "strategy_intent":
            sheet.rule(rules.file, "strategy", "intent")
            return sheet.step("nobody has said what the trade was meant to do", field, Shown(rules.strategyIntent))
        default: break
        }
        if execution[field] != nil { return sheet.copy(field, of: execution) }
        let stamp = try sheet.stamp(event, of: execution, view: Self.view)
        switch field {
        case "context_quality": sheet.copy(field, Shown(stamp?.contextQuality), event)
        case "dvol_percentile": sheet.copy(field, Shown(stamp?.dvolPercentile), event)
        case "gamma_regime": sheet.copy(field, Shown(stamp?.gammaRegime), event)
        case "mapping_quality": sheet.copy(field, Shown(stamp?.mappingQuality), event)
        case "market_proxy": sheet.copy(field, Shown(stamp?.marketProxy), event)
        case "assumed_strategy":
            sheet.step("what the direction stands for", field, Shown(strategy(execution, &sheet)?.rawValue))
        default: figure(field, execution, stamp, event, &sheet)
        }
    }

    private func strategy(_ execution: ExplainedExecution, _ sheet: inout Worksheet) -> AssumedStrategy? {
        sheet.inputs(execution, "direction")
        sheet.rule(rules.file, "strategy", "assumed")
        return execution.row.direction.flatMap { rules.assumedStrategy(direction: $0.rawValue) }
    }

    /// Explains a column that depends on the signals. Views that show the label beside their own figures use it too.
    func figure(
        _ field: String, _ execution: ExplainedExecution, _ stamp: ContextStampedPayload?, _ event: DecodedEvent?,
        _ sheet: inout Worksheet
    ) {
        let strategy = strategy(execution, &sheet)
        let signals = signals(stamp, event, strategy, &sheet)
        switch field {
        case "observed_signal_count":
            return sheet.step(
                "the signals that the stamp has", signals.map(\.signal.rawValue).joined(separator: ", "),
                Shown(Int64(signals.count)))
        case "missing_signals":
            let missing = AlignmentSignal.allCases.filter { signal in !signals.contains { $0.signal == signal } }
            return sheet.step("the signals that it lacks", field, Shown(missing.map(\.rawValue)))
        default: break
        }
        let isScored = isScored(strategy, stamp, event, signals, &sheet)
        switch field {
        case "drivers", "detractors":
            impacts(field, isScored ? signals : [], strategy, &sheet)
        case "alignment_score":
            if isScored { _ = score(signals, &sheet) } else { sheet.step("no score", field, .null) }
        case "alignment_label":
            label(isScored ? score(signals, &sheet) : nil, &sheet)
        case "confidence":
            _ = confidence(isScored ? stamp : nil, event, signals.count, &sheet)
        case "confidence_label":
            let confidence = confidence(isScored ? stamp : nil, event, signals.count, &sheet)
            for index in rules.confidence.steps.indices {
                sheet.rule(rules.file, path: ["confidence", "labels", "from", "\(index)"])
            }
            sheet.rule(rules.file, "confidence", "labels", "otherwise")
            sheet.step(
                "the first that \(confidence) reaches", field, Shown(rules.confidence.label(of: confidence).rawValue))
        default: break
        }
    }

    /// Whether the signals suffice for a score. If not, a note says why.
    private func isScored(
        _ strategy: AssumedStrategy?, _ stamp: ContextStampedPayload?, _ event: DecodedEvent?,
        _ signals: [ExplainedSignal], _ sheet: inout Worksheet
    ) -> Bool {
        sheet.rule(rules.file, "scored", "minimum_signals")
        sheet.rule(rules.file, "scored", "signals")
        sheet.rule(rules.file, "scored", "unscored_context_qualities")
        guard strategy != nil else {
            sheet.note("no score: the row has no direction, so that no strategy can be assumed")
            return false
        }
        guard let stamp else { return false }
        sheet.input("context_quality", Shown(stamp.contextQuality), event)
        guard rules.scores(contextQuality: stamp.contextQuality) else {
            sheet.note("no score: the context is \(stamp.contextQuality)")
            return false
        }
        let counted = signals.count { rules.countedSignals.contains($0.signal) }
        sheet.step(
            "enough counted signals are observed", "\(counted) ≥ \(rules.minimumSignals)",
            Shown(counted >= rules.minimumSignals))
        if counted < rules.minimumSignals {
            sheet.note("no score: \(counted) of the counted signals observed, \(rules.minimumSignals) are needed")
        }
        return counted >= rules.minimumSignals
    }

    /// start + Σ impacts, clamped to the bounds.
    private func score(_ signals: [ExplainedSignal], _ sheet: inout Worksheet) -> FixedDecimal {
        for key in ["start", "lowest", "highest"] { sheet.rule(rules.file, "score", key) }
        var sum = rules.startScore
        var words = "\(sum)"
        for impact in signals.compactMap(\.impact) {
            sum += impact
            words += impact.isNegative ? " − \(impact.magnitude)" : " + \(impact)"
        }
        sheet.step("start and impacts", words, Shown(sum))
        let kept = min(max(sum, rules.lowestScore), rules.highestScore)
        sheet.step("kept within bounds", "clamp(\(sum), \(rules.lowestScore), \(rules.highestScore))", Shown(kept))
        return kept
    }

    private func label(_ score: FixedDecimal?, _ sheet: inout Worksheet) {
        guard let score else {
            return sheet.step("there is no score", "alignment_label", Shown(AlignmentLabel.insufficientData.rawValue))
        }
        for index in rules.labelSteps.indices { sheet.rule(rules.file, path: ["labels", "from", "\(index)"]) }
        sheet.rule(rules.file, "labels", "otherwise")
        sheet.step("the first that \(score) reaches", "alignment_label", Shown(rules.label(of: score).rawValue))
    }

    /// start × factors × (base + share × observed ÷ all). Without a score, the rules' own value.
    private func confidence(
        _ stamp: ContextStampedPayload?, _ event: DecodedEvent?, _ observed: Int, _ sheet: inout Worksheet
    ) -> FixedDecimal {
        let rule = rules.confidence
        guard let stamp else {
            sheet.rule(rules.file, "confidence", "unscored")
            sheet.step("without a score", "confidence.unscored", Shown(rule.unscored))
            return rule.unscored
        }
        sheet.rule(rules.file, "confidence", "start")
        var product = rule.start.exact
        var words = "\(rule.start)"
        func multiply(_ factor: FixedDecimal?, _ key: String) {
            guard let factor else { return }
            sheet.rule(rules.file, "confidence", key)
            product = product * factor.exact
            words += " × \(factor)"
        }
        sheet.input("mapping_quality", Shown(stamp.mappingQuality), event)
        multiply(rule.byMappingQuality[ByteKey(stamp.mappingQuality)], "mapping_quality")
        sheet.input("context_quality", Shown(stamp.contextQuality), event)
        multiply(rule.byContextQuality[ByteKey(stamp.contextQuality)], "context_quality")
        sheet.input("stationarity_status", Shown(stamp.stationarityStatus), event)
        if let listed = stamp.stationarityStatus.flatMap({ rule.byStationarity[ByteKey($0)] }) {
            multiply(listed, "stationarity")
        } else {
            multiply(rule.otherStationarity, "other_stationarity")
        }
        sheet.rule(rules.file, "confidence", "coverage")
        let total = AlignmentSignal.allCases.count
        let share = ExactNumber(observed).divided(by: ExactNumber(total)) ?? .zero
        let coverage = rule.coverageBase.exact + rule.coverageShare.exact * share
        sheet.step(
            "coverage", "\(rule.coverageBase) + \(rule.coverageShare) × \(observed) ÷ \(total)", Shown(exact: coverage))
        product = product * coverage
        sheet.step("the factors that apply × coverage", "\(words) × \(coverage)", Shown(exact: product))
        sheet.round("confidence", product, digits: 4)
        return product.rounded(fractionDigits: 4) ?? rule.unscored
    }

    /// The signals that support or contradict the strategy, largest impact first.
    private func impacts(
        _ field: String, _ signals: [ExplainedSignal], _ strategy: AssumedStrategy?, _ sheet: inout Worksheet
    ) {
        let isDriver = field == "drivers"
        var found: [(signal: ExplainedSignal, impact: FixedDecimal)] = []
        for signal in signals {
            guard let impact = signal.impact, isDriver ? impact > .zero : impact < .zero else { continue }
            found.append((signal, impact))
        }
        found.sort { left, right in
            let (a, b) = (left.impact.magnitude, right.impact.magnitude)
            return a == b ? left.signal.signal.rawValue.isBytewiseLess(than: right.signal.signal.rawValue) : a > b
        }
        var list: [String] = []
        for (signal, impact) in found {
            guard let strategy else { continue }
            let words = SignalExplanation(
                of: signal.signal, value: signal.value.text, impact: impact, strategy: strategy, rules: rules)
            list.append(
                "{\"explanation\":\(Shown(words.explanation).json),\"impact\":\(impact),\"rule\":\(Shown(words.rule).json),\"signal\":\(Shown(signal.signal.rawValue).json),\"value\":\(signal.value.json)}"
            )
        }
        sheet.step(
            isDriver ? "impacts above 0, the largest first" : "impacts below 0, the largest first", field,
            Shown(json: "[\(list.joined(separator: ","))]"))
    }
}

extension Worksheet {
    /// The stamp that an event holds. Nil unless it was made from the current row.
    mutating func stamp(
        _ event: DecodedEvent?, of execution: ExplainedExecution, view: String
    ) throws(ExplanationError) -> ContextStampedPayload? {
        guard let event else {
            note("no context was stamped for the trade as it is now")
            return nil
        }
        guard let payload = event.payload(as: ContextStampedPayload.self) else {
            throw .missingEvent(view: view, position: event.record.position, expected: "context")
        }
        return isCurrent(payload.basis, of: execution, event, "stamp") ? payload : nil
    }
}
