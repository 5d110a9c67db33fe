public import Events
public import JSON
public import Values

extension ContextStampedPayload {
    /// The canonical JSON of the payload.
    public func encode() -> [UInt8] { JSONWriter.bytes(reservingCapacity: 1536) { write(to: &$0) } }

    /// Writes the canonical JSON of the payload.
    ///
    /// - Parameter withInputs: whether to write the observations behind the stamp. If false, `inputs` is empty.
    public func write(to out: inout JSONWriter, withInputs: Bool = true) {
        write(contentOnly: false, withInputs: withInputs, to: &out)
    }

    /// The canonical JSON of the content: the payload without `inputs` and `observed_through_position`.
    public func contentBytes() -> [UInt8] {
        JSONWriter.bytes(reservingCapacity: 1536) { write(contentOnly: true, withInputs: false, to: &$0) }
    }

    /// The SHA-256 of ``contentBytes()``.
    public var contentDigest: Digest32 { Digest32(sha256Of: contentBytes()) }

    private func write(contentOnly: Bool, withInputs: Bool, to out: inout JSONWriter) {
        out.beginObject()
        out.key("basis")
        self.basis.write(to: &out)
        out.key("context_key")
        out.string(self.contextKey)
        out.key("context_quality")
        out.string(self.contextQuality)
        out.key("dvol")
        out.decimalString(self.dvol)
        out.key("dvol_percentile")
        out.decimalString(self.dvolPercentile)
        out.key("gamma_regime")
        out.string(self.gammaRegime)
        out.key("gex_imbalance")
        out.decimalString(self.gexImbalance)
        if !contentOnly {
            out.key("inputs")
            EventInput.write(withInputs ? EventInput.sorted(self.inputs) : [], to: &out)
        }
        out.key("iv_30d")
        out.decimalString(self.iv30d)
        out.key("mapping_confidence")
        out.decimalString(self.mappingConfidence)
        out.key("mapping_method")
        out.string(self.mappingMethod)
        out.key("mapping_quality")
        out.string(self.mappingQuality)
        out.key("market_proxy")
        out.string(self.marketProxy)
        out.key("missing_fields")
        out.beginArray()
        for field in self.missingFields { out.string(field) }
        out.endArray()
        if !contentOnly {
            out.key("observed_through_position")
            out.integer(self.observedThroughPosition)
        }
        out.key("open_interest")
        out.decimalString(self.openInterest)
        out.key("quote_underlying")
        out.string(self.quoteUnderlying)
        out.key("rules")
        out.beginArray()
        for rule in rules { rule.write(to: &out) }
        out.endArray()
        out.key("rv_30d")
        out.decimalString(self.rv30d)
        out.key("smile_rich_cheap")
        out.string(self.smileRichCheap)
        out.key("smile_state")
        out.string(self.smileState)
        out.key("source")
        out.string(self.source)
        out.key("source_trade_id")
        out.string(self.sourceTradeID)
        out.key("spot_at_trade")
        out.decimalString(self.spotAtTrade)
        out.key("spot_source")
        out.string(self.spotSource)
        out.key("spot_time_delta_minutes")
        out.decimalString(self.spotTimeDeltaMinutes)
        out.key("stationarity_blend_weight")
        out.decimalString(self.stationarityBlendWeight)
        out.key("stationarity_status")
        out.string(self.stationarityStatus)
        out.key("term_structure_state")
        out.string(self.termStructureState)
        out.key("volume_24h")
        out.decimalString(self.volume24h)
        out.key("vrp")
        out.decimalString(self.vrp)
        out.key("vrp_source")
        out.string(self.vrpSource)
        out.endObject()
    }

    private static let keys: [StaticString] = [
        "basis", "context_key", "context_quality", "dvol", "dvol_percentile", "gamma_regime", "gex_imbalance",
        "inputs", "iv_30d", "mapping_confidence", "mapping_method", "mapping_quality", "market_proxy",
        "missing_fields", "observed_through_position", "open_interest", "quote_underlying", "rules", "rv_30d",
        "smile_rich_cheap", "smile_state", "source", "source_trade_id", "spot_at_trade", "spot_source",
        "spot_time_delta_minutes", "stationarity_blend_weight", "stationarity_status", "term_structure_state",
        "volume_24h", "vrp", "vrp_source",
    ]

    /// Reads a payload. Canonical bytes, as the log holds them, read several times as fast as others.
    public init(decoding payload: [UInt8]) throws(PayloadError) {
        if let canonical = CanonicalReader.read(payload, { $0.stamp() }) {
            self = canonical
        } else {
            try self.init(decoding: try PayloadReader.document(payload))
        }
    }

    /// Reads a parsed payload. Members in canonical order need a single pass.
    public init(decoding payload: JSONValue) throws(PayloadError) {
        var members = try MemberCursor(payload)
        let basis = try Basis(decoding: try members.value("basis"))
        let contextKey = try members.text("context_key")
        let contextQuality = try members.text("context_quality")
        let dvol = try members.optionalDecimal("dvol")
        let dvolPercentile = try members.optionalDecimal("dvol_percentile")
        let gammaRegime = try members.optionalText("gamma_regime")
        let gexImbalance = try members.optionalDecimal("gex_imbalance")
        let inputs = try EventInput.read(try members.value("inputs"))
        let iv30d = try members.optionalDecimal("iv_30d")
        let mappingConfidence = try members.decimal("mapping_confidence")
        let mappingMethod = try members.text("mapping_method")
        let mappingQuality = try members.text("mapping_quality")
        let marketProxy = try members.optionalText("market_proxy")
        let missingFields = try members.texts("missing_fields")
        let observedThroughPosition = try members.integer("observed_through_position")
        let openInterest = try members.optionalDecimal("open_interest")
        let quoteUnderlying = try members.optionalText("quote_underlying")
        let rules = try Self.rules(try members.value("rules"))
        let rv30d = try members.optionalDecimal("rv_30d")
        let smileRichCheap = try members.optionalText("smile_rich_cheap")
        let smileState = try members.text("smile_state")
        let source = try members.text("source")
        let sourceTradeID = try members.text("source_trade_id")
        let spotAtTrade = try members.optionalDecimal("spot_at_trade")
        let spotSource = try members.optionalText("spot_source")
        let spotTimeDeltaMinutes = try members.optionalDecimal("spot_time_delta_minutes")
        let stationarityBlendWeight = try members.optionalDecimal("stationarity_blend_weight")
        let stationarityStatus = try members.optionalText("stationarity_status")
        let termStructureState = try members.optionalText("term_structure_state")
        let volume24h = try members.optionalDecimal("volume_24h")
        let vrp = try members.optionalDecimal("vrp")
        let vrpSource = try members.optionalText("vrp_source")
        try members.finish(Self.keys)
        self.init(
            Fields(
                source: source, sourceTradeID: sourceTradeID, contextKey: contextKey, basis: basis, rules: rules,
                quoteUnderlying: quoteUnderlying, marketProxy: marketProxy, mappingMethod: mappingMethod,
                mappingConfidence: mappingConfidence, mappingQuality: mappingQuality, spotAtTrade: spotAtTrade,
                spotSource: spotSource, spotTimeDeltaMinutes: spotTimeDeltaMinutes, dvol: dvol, iv30d: iv30d,
                rv30d: rv30d, vrp: vrp, vrpSource: vrpSource, dvolPercentile: dvolPercentile,
                gexImbalance: gexImbalance, gammaRegime: gammaRegime, termStructureState: termStructureState,
                stationarityStatus: stationarityStatus, stationarityBlendWeight: stationarityBlendWeight,
                smileRichCheap: smileRichCheap, smileState: smileState, volume24h: volume24h,
                openInterest: openInterest, contextQuality: contextQuality, missingFields: missingFields,
                inputs: inputs, observedThroughPosition: observedThroughPosition))
    }

    private static func rules(_ value: JSONValue) throws(PayloadError) -> [RuleReference] {
        guard value.kind == .array else { throw PayloadError(pointer: "/rules", problem: "is not an array") }
        var rules: [RuleReference] = []
        for element in value.elements {
            rules.append(try RuleReference(decoding: element, pointer: "/rules/\(rules.count)"))
        }
        return rules
    }
}

extension ContextStampedPayload: Equatable {
    /// Two payloads are equal if they encode to the same bytes.
    public static func == (left: ContextStampedPayload, right: ContextStampedPayload) -> Bool {
        left.encode() == right.encode()
    }
}
