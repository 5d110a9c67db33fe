// Made by `swift run payload-generator` from schema/events/ContextStamped.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerJSON
package import LedgerValues

/// The payload of `ContextStamped`: the market around an execution, by the rules of the time
/// (docs/contract/event-types.md, "ContextStamped").
///
/// A figure with a missing input is nil, never zero, and `missingFields` lists it.
@dynamicMemberLookup
package struct ContextStampedPayload: Sendable {
    /// The fields. Dynamic member lookup exposes them as members of the value.
    package struct Fields: Sendable {
        /// `source`
        package var source: String
        /// `source_trade_id`
        package var sourceTradeID: String
        /// `context_key`: The market proxy, or unmapped:<symbol>.
        package var contextKey: String
        /// `basis`
        package var basis: Basis
        /// `rules`: The rule files that the stamp follows from, sorted by file.
        package var rules: [RuleReference]
        /// `quote_underlying`: The traded underlying, as the row names it.
        package var quoteUnderlying: String?
        /// `market_proxy`
        package var marketProxy: String?
        /// `mapping_method`
        package var mappingMethod: String
        /// `mapping_confidence`
        package var mappingConfidence: FixedDecimal
        /// `mapping_quality`
        package var mappingQuality: String
        /// `spot_at_trade`: The proxy's spot, as a backdrop. It is the traded underlying's own price only if the underlying is mapped
        /// to itself.
        package var spotAtTrade: FixedDecimal?
        /// `spot_source`: The kind of the observation that supplied the spot.
        package var spotSource: String?
        /// `spot_time_delta_minutes`: The absolute distance between that observation and the trade, rounded to 4 places.
        package var spotTimeDeltaMinutes: FixedDecimal?
        /// `dvol`: Vol points.
        package var dvol: FixedDecimal?
        /// `iv_30d`: Vol points.
        package var iv30d: FixedDecimal?
        /// `rv_30d`: Vol points.
        package var rv30d: FixedDecimal?
        /// `vrp`: Vol points.
        package var vrp: FixedDecimal?
        /// `vrp_source`: observed or derived.
        package var vrpSource: String?
        /// `dvol_percentile`: 0 to 100.
        package var dvolPercentile: FixedDecimal?
        /// `gex_imbalance`: −1 to 1.
        package var gexImbalance: FixedDecimal?
        /// `gamma_regime`
        package var gammaRegime: String?
        /// `term_structure_state`
        package var termStructureState: String?
        /// `stationarity_status`
        package var stationarityStatus: String?
        /// `stationarity_blend_weight`
        package var stationarityBlendWeight: FixedDecimal?
        /// `smile_rich_cheap`
        package var smileRichCheap: String?
        /// `smile_state`
        package var smileState: String
        /// `volume_24h`
        package var volume24h: FixedDecimal?
        /// `open_interest`
        package var openInterest: FixedDecimal?
        /// `context_quality`
        package var contextQuality: String
        /// `missing_fields`: Sorted bytewise.
        package var missingFields: [String]
        /// `inputs`: The observations used, sorted by field. They are not part of the content.
        package var inputs: [EventInput]
        /// `observed_through_position`: The head of the log when the backfill began. It is not part of the content.
        package var observedThroughPosition: Int64
    }

    @usableFromInline var shared: Shared<Fields>

    init(_ fields: Fields) { shared = Shared(fields) }

    @inlinable package subscript<Value>(dynamicMember field: WritableKeyPath<Fields, Value>) -> Value {
        get { shared.fields[keyPath: field] }
        set { shared.fields[keyPath: field] = newValue }
    }

    package init(
        source: String,
        sourceTradeID: String,
        contextKey: String,
        basis: Basis,
        rules: [RuleReference] = [],
        quoteUnderlying: String? = nil,
        marketProxy: String? = nil,
        mappingMethod: String,
        mappingConfidence: FixedDecimal,
        mappingQuality: String,
        spotAtTrade: FixedDecimal? = nil,
        spotSource: String? = nil,
        spotTimeDeltaMinutes: FixedDecimal? = nil,
        dvol: FixedDecimal? = nil,
        iv30d: FixedDecimal? = nil,
        rv30d: FixedDecimal? = nil,
        vrp: FixedDecimal? = nil,
        vrpSource: String? = nil,
        dvolPercentile: FixedDecimal? = nil,
        gexImbalance: FixedDecimal? = nil,
        gammaRegime: String? = nil,
        termStructureState: String? = nil,
        stationarityStatus: String? = nil,
        stationarityBlendWeight: FixedDecimal? = nil,
        smileRichCheap: String? = nil,
        smileState: String,
        volume24h: FixedDecimal? = nil,
        openInterest: FixedDecimal? = nil,
        contextQuality: String,
        missingFields: [String] = [],
        inputs: [EventInput] = [],
        observedThroughPosition: Int64
    ) {
        self.init(
            Fields(
                source: source,
                sourceTradeID: sourceTradeID,
                contextKey: contextKey,
                basis: basis,
                rules: rules,
                quoteUnderlying: quoteUnderlying,
                marketProxy: marketProxy,
                mappingMethod: mappingMethod,
                mappingConfidence: mappingConfidence,
                mappingQuality: mappingQuality,
                spotAtTrade: spotAtTrade,
                spotSource: spotSource,
                spotTimeDeltaMinutes: spotTimeDeltaMinutes,
                dvol: dvol,
                iv30d: iv30d,
                rv30d: rv30d,
                vrp: vrp,
                vrpSource: vrpSource,
                dvolPercentile: dvolPercentile,
                gexImbalance: gexImbalance,
                gammaRegime: gammaRegime,
                termStructureState: termStructureState,
                stationarityStatus: stationarityStatus,
                stationarityBlendWeight: stationarityBlendWeight,
                smileRichCheap: smileRichCheap,
                smileState: smileState,
                volume24h: volume24h,
                openInterest: openInterest,
                contextQuality: contextQuality,
                missingFields: missingFields,
                inputs: inputs,
                observedThroughPosition: observedThroughPosition))
    }
}

extension ContextStampedPayload.Fields {
    /// The initial state for reading. Every field is read before a caller sees it.
    static var unread: Self {
        Self(
            source: "",
            sourceTradeID: "",
            contextKey: "",
            basis: Basis.unread,
            rules: [],
            mappingMethod: "",
            mappingConfidence: .zero,
            mappingQuality: "",
            smileState: "",
            contextQuality: "",
            missingFields: [],
            inputs: [],
            observedThroughPosition: 0)
    }
}

extension ContextStampedPayload {
    /// The canonical JSON of the payload.
    package func encode() -> [UInt8] { JSONWriter.bytes(reservingCapacity: 1536) { write(to: &$0) } }

    /// Writes the canonical JSON of the payload.
    ///
    /// - Parameter withInputs: whether to write the events behind the figures. If false, `inputs` is empty.
    package func write(to out: inout JSONWriter, withInputs: Bool = true) {
        write(contentOnly: false, withInputs: withInputs, to: &out)
    }

    /// The canonical JSON of the content: the payload without `inputs` and `observed_through_position`.
    package func contentBytes() -> [UInt8] {
        JSONWriter.bytes(reservingCapacity: 1536) { write(contentOnly: true, withInputs: false, to: &$0) }
    }

    /// The SHA-256 of ``contentBytes()``.
    package var contentDigest: Digest32 { Digest32(sha256Of: contentBytes()) }

    private func write(contentOnly: Bool, withInputs: Bool, to out: inout JSONWriter) {
        out.beginObject()
        out.key("basis")
        self.basis.write(to: &out)
        out.append(#","context_key":"#)
        out.string(self.contextKey)
        out.append(#","context_quality":"#)
        out.string(self.contextQuality)
        out.append(#","dvol":"#)
        out.decimalString(self.dvol)
        out.append(#","dvol_percentile":"#)
        out.decimalString(self.dvolPercentile)
        out.append(#","gamma_regime":"#)
        out.string(self.gammaRegime)
        out.append(#","gex_imbalance":"#)
        out.decimalString(self.gexImbalance)
        if !contentOnly {
            out.append(#","inputs":"#)
            EventInput.write(withInputs ? self.inputs : [], to: &out)
        }
        out.append(#","iv_30d":"#)
        out.decimalString(self.iv30d)
        out.append(#","mapping_confidence":"#)
        out.decimalString(self.mappingConfidence)
        out.append(#","mapping_method":"#)
        out.string(self.mappingMethod)
        out.append(#","mapping_quality":"#)
        out.string(self.mappingQuality)
        out.append(#","market_proxy":"#)
        out.string(self.marketProxy)
        out.append(#","missing_fields":"#)
        out.strings(self.missingFields)
        if !contentOnly {
            out.append(#","observed_through_position":"#)
            out.integer(self.observedThroughPosition)
        }
        out.append(#","open_interest":"#)
        out.decimalString(self.openInterest)
        out.append(#","quote_underlying":"#)
        out.string(self.quoteUnderlying)
        out.append(#","rules":"#)
        RuleReference.write(self.rules, to: &out)
        out.append(#","rv_30d":"#)
        out.decimalString(self.rv30d)
        out.append(#","smile_rich_cheap":"#)
        out.string(self.smileRichCheap)
        out.append(#","smile_state":"#)
        out.string(self.smileState)
        out.append(#","source":"#)
        out.string(self.source)
        out.append(#","source_trade_id":"#)
        out.string(self.sourceTradeID)
        out.append(#","spot_at_trade":"#)
        out.decimalString(self.spotAtTrade)
        out.append(#","spot_source":"#)
        out.string(self.spotSource)
        out.append(#","spot_time_delta_minutes":"#)
        out.decimalString(self.spotTimeDeltaMinutes)
        out.append(#","stationarity_blend_weight":"#)
        out.decimalString(self.stationarityBlendWeight)
        out.append(#","stationarity_status":"#)
        out.string(self.stationarityStatus)
        out.append(#","term_structure_state":"#)
        out.string(self.termStructureState)
        out.append(#","volume_24h":"#)
        out.decimalString(self.volume24h)
        out.append(#","vrp":"#)
        out.decimalString(self.vrp)
        out.append(#","vrp_source":"#)
        out.string(self.vrpSource)
        out.endObject()
    }

    private static let keys: [StaticString] = [
        "basis", "context_key", "context_quality", "dvol", "dvol_percentile", "gamma_regime", "gex_imbalance", "inputs",
        "iv_30d", "mapping_confidence", "mapping_method", "mapping_quality", "market_proxy", "missing_fields",
        "observed_through_position", "open_interest", "quote_underlying", "rules", "rv_30d", "smile_rich_cheap", "smile_state",
        "source", "source_trade_id", "spot_at_trade", "spot_source", "spot_time_delta_minutes", "stationarity_blend_weight",
        "stationarity_status", "term_structure_state", "volume_24h", "vrp", "vrp_source",
    ]

    /// Reads a payload. Canonical bytes, as the log holds them, read several times as fast as others.
    package init(decoding payload: [UInt8]) throws(PayloadError) {
        if let canonical = CanonicalReader.read(payload, { $0.contextStamped() }) {
            self = canonical
        } else {
            try self.init(decoding: try PayloadReader.document(payload))
        }
    }

    /// Reads a parsed payload. Members in canonical order need a single pass.
    package init(decoding payload: JSONValue) throws(PayloadError) {
        var members = try MemberCursor(payload)
        var fields = Fields.unread
        fields.basis = try members.object("basis", Basis.init(decoding:pointer:))
        fields.contextKey = try members.text("context_key")
        fields.contextQuality = try members.text("context_quality")
        fields.dvol = try members.optionalDecimal("dvol")
        fields.dvolPercentile = try members.optionalDecimal("dvol_percentile")
        fields.gammaRegime = try members.optionalText("gamma_regime")
        fields.gexImbalance = try members.optionalDecimal("gex_imbalance")
        fields.inputs = try members.object("inputs", EventInput.read)
        fields.iv30d = try members.optionalDecimal("iv_30d")
        fields.mappingConfidence = try members.decimal("mapping_confidence")
        fields.mappingMethod = try members.text("mapping_method")
        fields.mappingQuality = try members.text("mapping_quality")
        fields.marketProxy = try members.optionalText("market_proxy")
        fields.missingFields = try members.texts("missing_fields")
        fields.observedThroughPosition = try members.integer("observed_through_position")
        fields.openInterest = try members.optionalDecimal("open_interest")
        fields.quoteUnderlying = try members.optionalText("quote_underlying")
        fields.rules = try members.object("rules", RuleReference.read)
        fields.rv30d = try members.optionalDecimal("rv_30d")
        fields.smileRichCheap = try members.optionalText("smile_rich_cheap")
        fields.smileState = try members.text("smile_state")
        fields.source = try members.text("source")
        fields.sourceTradeID = try members.text("source_trade_id")
        fields.spotAtTrade = try members.optionalDecimal("spot_at_trade")
        fields.spotSource = try members.optionalText("spot_source")
        fields.spotTimeDeltaMinutes = try members.optionalDecimal("spot_time_delta_minutes")
        fields.stationarityBlendWeight = try members.optionalDecimal("stationarity_blend_weight")
        fields.stationarityStatus = try members.optionalText("stationarity_status")
        fields.termStructureState = try members.optionalText("term_structure_state")
        fields.volume24h = try members.optionalDecimal("volume_24h")
        fields.vrp = try members.optionalDecimal("vrp")
        fields.vrpSource = try members.optionalText("vrp_source")
        try members.finish(Self.keys)
        self.init(fields)
    }
}

extension ContextStampedPayload: Equatable {
    /// Two payloads are equal if they encode to the same bytes.
    package static func == (left: ContextStampedPayload, right: ContextStampedPayload) -> Bool { left.encode() == right.encode() }
}

extension CanonicalReader {
    /// Reads a `ContextStampedPayload`.
    mutating func contextStamped() -> ContextStampedPayload? {
        var fields = ContextStampedPayload.Fields.unread
        guard take(#"{"basis":"#), basis(&fields.basis),
            take(#","context_key":"#), sharedText(&fields.contextKey),
            take(#","context_quality":"#), sharedText(&fields.contextQuality),
            take(#","dvol":"#), decimal(&fields.dvol),
            take(#","dvol_percentile":"#), decimal(&fields.dvolPercentile),
            take(#","gamma_regime":"#), sharedText(&fields.gammaRegime),
            take(#","gex_imbalance":"#), decimal(&fields.gexImbalance),
            take(#","inputs":"#), inputs(&fields.inputs),
            take(#","iv_30d":"#), decimal(&fields.iv30d),
            take(#","mapping_confidence":"#), decimal(&fields.mappingConfidence),
            take(#","mapping_method":"#), sharedText(&fields.mappingMethod),
            take(#","mapping_quality":"#), sharedText(&fields.mappingQuality),
            take(#","market_proxy":"#), sharedText(&fields.marketProxy),
            take(#","missing_fields":"#), texts(&fields.missingFields),
            take(#","observed_through_position":"#), integer(&fields.observedThroughPosition),
            take(#","open_interest":"#), decimal(&fields.openInterest),
            take(#","quote_underlying":"#), sharedText(&fields.quoteUnderlying),
            take(#","rules":"#), rules(&fields.rules),
            take(#","rv_30d":"#), decimal(&fields.rv30d),
            take(#","smile_rich_cheap":"#), sharedText(&fields.smileRichCheap),
            take(#","smile_state":"#), sharedText(&fields.smileState),
            take(#","source":"#), sharedText(&fields.source),
            take(#","source_trade_id":"#), text(&fields.sourceTradeID),
            take(#","spot_at_trade":"#), decimal(&fields.spotAtTrade),
            take(#","spot_source":"#), sharedText(&fields.spotSource),
            take(#","spot_time_delta_minutes":"#), decimal(&fields.spotTimeDeltaMinutes),
            take(#","stationarity_blend_weight":"#), decimal(&fields.stationarityBlendWeight),
            take(#","stationarity_status":"#), sharedText(&fields.stationarityStatus),
            take(#","term_structure_state":"#), sharedText(&fields.termStructureState),
            take(#","volume_24h":"#), decimal(&fields.volume24h),
            take(#","vrp":"#), decimal(&fields.vrp),
            take(#","vrp_source":"#), sharedText(&fields.vrpSource), take("}"), isAtEnd
        else { return nil }
        return ContextStampedPayload(fields)
    }
}
