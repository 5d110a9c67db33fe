import LedgerEvents
import LedgerExplanations
import LedgerJSON
import LedgerProjections
import LedgerRules
import LedgerValues

/// Explains rows of `context` by the rules that stamped them: from the stamp, from the observations that it names and,
/// if they were read, from all observations that the stamp could see.
struct ContextExplainer: ViewExplainer {
    /// Decides which trades are executions.
    let rules: ContextRules
    /// Every usable installed version, by its path. The version that made a stamp explains it.
    let stamped: [ByteKey: ContextRules]
    private static let view = ContextProjection.name

    init(version: Int, files: [String], read: RuleFileReader) throws {
        rules = try ContextRules(version: version, read: read)
        var stamped: [ByteKey: ContextRules] = [:]
        for path in files where path.hasPrefix("context/rules.v") && path.hasSuffix(".yaml") {
            do {
                stamped[ByteKey(path)] = try ContextRules(path: path, read: read)
            } catch is RuleError {
                // A version still being written explains nothing yet, and no stamp refers to it.
            }
        }
        self.stamped = stamped
    }

    static func needs(_ row: RowMembers) -> ExplanationNeeds {
        var positions = row.eventPositions
        for member in row.root["inputs"]?.members.map(\.value) ?? [] {
            positions += member.integer.map { [$0] } ?? member.elements.compactMap(\.integer)
        }
        return .positions(Array(Set(positions)).sorted())
    }

    var quotedFiles: [RuleFile] { stamped.values.flatMap(\.files).sorted { $0.path.isBytewiseLess(than: $1.path) } }

    /// The largest number of a market's observations that are read to recompute its history.
    private static let mostObservations = 100_000

    /// For a column that depends on its market's history: all observations that the stamp could see.
    func background(_ row: RowMembers, field: String?) -> ExplanationBackground? {
        guard field.map({ ContextFigures.ofThePast.contains($0) }) ?? true, let market = row.root["market_proxy"]?.string,
            let position = row.root["observed_through_position"]?.integer
        else { return nil }
        return ExplanationBackground(
            prefixes: [MarketKind.gexHourly, .volMetrics].map { Streams.market(kind: $0.rawValue, subject: market) },
            upTo: position, most: Self.mostObservations
        ) { events in
            var builder = MarketSeriesBuilder()
            for event in events {
                // A subject may itself contain a colon, so the prefix can match a longer subject too.
                guard let payload = event.payload(as: MarketObservedPayload.self), payload.subject.isBytewiseEqual(to: market)
                else { continue }
                builder.add(payload, at: event.record.position)
            }
            return builder.finish()[ByteKey(market)] ?? MarketSeries()
        }
    }

    /// A stamp with everything it was made from.
    struct Stamp {
        let execution: ExplainedExecution
        let event: DecodedEvent
        let payload: ContextStampedPayload
        /// The rules that made the stamp. Nil if they are not installed in the same form.
        let rules: ContextRules?
        let mapping: MarketProxyRules.Mapping?
        let gex: (event: DecodedEvent, observation: MarketObservedPayload)?
        let vol: (event: DecodedEvent, observation: MarketObservedPayload)?
        let windows: ExplainedWindows?

        var trade: Instant { execution.row.tradeDate }
    }

    func explain(_ field: String, _ sheet: inout Worksheet) throws(ExplanationError) {
        let positions = RowMembers(root: sheet.row.published.root).eventPositions
        let events = positions.compactMap { sheet.row.event(at: $0) }
        guard events.count == positions.count, let execution = events.lazy.compactMap({ ExplainedExecution($0) }).first else {
            throw .missingEvent(view: Self.view, position: nil, expected: "execution")
        }
        // `spot_at_trade` of this view is the stamp's: the market's spot, not the row's.
        if field != "spot_at_trade", execution[field] != nil { return sheet.copy(field, of: execution) }
        for event in events {
            guard let payload = event.payload(as: ContextStampedPayload.self) else { continue }
            if field == "event_positions" { return sheet.positions(positions) }
            guard sheet.isCurrent(payload.basis, of: execution, event, "stamp") else { break }
            let stamp = try stamp(payload, event, execution, &sheet)
            return figure(field, stamp, &sheet)
        }
        throw .missingEvent(view: Self.view, position: nil, expected: "stamp of the row as it is")
    }

    private func stamp(
        _ payload: ContextStampedPayload, _ event: DecodedEvent, _ execution: ExplainedExecution,
        _ sheet: inout Worksheet
    ) throws(ExplanationError) -> Stamp {
        var own: ContextRules?
        for reference in payload.rules {
            guard let found = stamped[ByteKey(reference.file)] else { continue }
            own = found
        }
        if let found = own {
            let known = ContextStamper(rules: found).ruleReferences
            if known != payload.rules { own = nil }
        }
        if own == nil {
            let names = payload.rules.map { "\($0.file) (\($0.digest.prefix(12))…)" }.joined(separator: ", ")
            sheet.note(
                "the rules that made the stamp are not installed as they were: \(names.isEmpty ? "it names none" : names); its figures are shown as stamped, not recomputed"
            )
        }
        let mapping = own?.marketProxy.mapping(of: execution.row.underlyingSymbol)
        return Stamp(
            execution: execution, event: event, payload: payload, rules: own, mapping: mapping,
            gex: try observation("gex_hourly", payload, sheet), vol: try observation("vol_metrics", payload, sheet),
            windows: (sheet.row.background as? MarketSeries).map { ExplainedWindows(series: $0, trade: execution.row.tradeDate) })
    }

    /// The observation of the given kind that a stamp names as joined to the trade. Nil if it names none of the kind.
    private func observation(
        _ kind: String, _ payload: ContextStampedPayload, _ sheet: Worksheet
    ) throws(ExplanationError) -> (event: DecodedEvent, observation: MarketObservedPayload)? {
        guard let position = payload.inputs.first(where: { $0.field.isBytewiseEqual(to: kind) })?.positions.first else {
            return nil
        }
        guard let event = sheet.row.event(at: position), let observation = event.payload(as: MarketObservedPayload.self),
            observation.kind.rawValue.isBytewiseEqual(to: kind)
        else { throw .missingEvent(view: Self.view, position: position, expected: "observation of \(kind)") }
        return (event, observation)
    }

    private func figure(_ field: String, _ stamp: Stamp, _ sheet: inout Worksheet) {
        let payload = stamp.payload
        switch field {
        case "inputs":
            let members: [(String, JSONNode)] = payload.inputs.map { input in
                (
                    input.field,
                    input.positions.count == 1
                        ? .integer(input.positions[0]) : .array(input.positions.map(JSONNode.integer))
                )
            }
            return sheet.copy("inputs", Shown(.object(members)), stamp.event)
        case "rules":
            let list: [JSONNode] = payload.rules.map { rule in
                .object([
                    ("digest", .string(rule.digest)), ("file", .string(rule.file)),
                    ("version", .integer(Int64(rule.version))),
                ])
            }
            return sheet.copy("rules", Shown(.array(list)), stamp.event)
        case "observed_through_position":
            return sheet.copy(field, Shown(payload.observedThroughPosition), stamp.event)
        case "quote_underlying":
            sheet.inputs(stamp.execution, "underlying_symbol")
            return sheet.copy(field, Shown(payload.quoteUnderlying), stamp.event)
        default: break
        }
        guard let rules = stamp.rules, let mapping = stamp.mapping else {
            return sheet.copy(field, sheet.stamped(field, payload), stamp.event)
        }
        sheet.input(field, sheet.stamped(field, payload), stamp.event)
        switch field {
        case "context_key", "market_proxy", "mapping_method", "mapping_confidence", "mapping_quality":
            mapped(field, stamp, rules, &sheet)
        case "smile_state":
            sheet.rule(rules.file, field)
            sheet.step("no smile of the traded contract is sourced", field, Shown(rules.smileState))
        case "smile_rich_cheap", "volume_24h", "open_interest":
            sheet.null(field, because: "\(field) is not sourced")
        case _ where mapping.marketProxy == nil && field != "context_quality" && field != "missing_fields":
            _ = sheet.mapping(of: stamp.execution, rules.marketProxy)
            sheet.null(field, because: "the symbol is unmapped: it has no market")
        default:
            ContextFigures(stamp: stamp, rules: rules, mapping: mapping).explain(field, &sheet)
        }
    }

    private func mapped(_ field: String, _ stamp: Stamp, _ rules: ContextRules, _ sheet: inout Worksheet) {
        let mapping = sheet.mapping(of: stamp.execution, rules.marketProxy)
        let symbol = stamp.execution.row.underlyingSymbol ?? ""
        switch field {
        case "context_key":
            sheet.step("the market, or unmapped: and the symbol", field, Shown(mapping.marketProxy ?? "unmapped:\(symbol)"))
        case "market_proxy": sheet.step("the market behind the symbol", field, Shown(mapping.marketProxy))
        case "mapping_method": sheet.step("how it is mapped", field, Shown(mapping.method))
        case "mapping_confidence": sheet.step("how far the mapping holds", field, Shown(mapping.confidence))
        default: sheet.step("what the mapping is", field, Shown(mapping.quality))
        }
    }
}

extension Worksheet {
    /// A figure in the form that the stamp holds.
    func stamped(_ field: String, _ payload: ContextStampedPayload) -> Shown {
        switch field {
        case "context_key": Shown(payload.contextKey)
        case "context_quality": Shown(payload.contextQuality)
        case "dvol": Shown(payload.dvol)
        case "dvol_percentile": Shown(payload.dvolPercentile)
        case "gamma_regime": Shown(payload.gammaRegime)
        case "gex_imbalance": Shown(payload.gexImbalance)
        case "iv_30d": Shown(payload.iv30d)
        case "mapping_confidence": Shown(payload.mappingConfidence)
        case "mapping_method": Shown(payload.mappingMethod)
        case "mapping_quality": Shown(payload.mappingQuality)
        case "market_proxy": Shown(payload.marketProxy)
        case "missing_fields": Shown(payload.missingFields)
        case "open_interest": Shown(payload.openInterest)
        case "rv_30d": Shown(payload.rv30d)
        case "smile_rich_cheap": Shown(payload.smileRichCheap)
        case "smile_state": Shown(payload.smileState)
        case "spot_at_trade": Shown(payload.spotAtTrade)
        case "spot_source": Shown(payload.spotSource)
        case "spot_time_delta_minutes": Shown(payload.spotTimeDeltaMinutes)
        case "stationarity_blend_weight": Shown(payload.stationarityBlendWeight)
        case "stationarity_status": Shown(payload.stationarityStatus)
        case "term_structure_state": Shown(payload.termStructureState)
        case "volume_24h": Shown(payload.volume24h)
        case "vrp": Shown(payload.vrp)
        case "vrp_source": Shown(payload.vrpSource)
        default: .null
        }
    }
}
