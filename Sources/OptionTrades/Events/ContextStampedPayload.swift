public import Events
public import Values

/// The payload of `ContextStamped`: the market around an execution, by the rules of the time
/// (docs/contract/event-types.md, "ContextStamped").
///
/// A figure with a missing input is nil, never zero, and ``missingFields`` lists it.
@dynamicMemberLookup
public struct ContextStampedPayload: Sendable {
    /// The fields. Dynamic member lookup exposes them as members of the payload.
    public struct Fields: Sendable {
        public var source: String
        public var sourceTradeID: String
        /// The market proxy, or `unmapped:<symbol>`.
        public var contextKey: String
        public var basis: Basis
        /// The rule files that the stamp follows from, in bytewise order of their paths.
        public var rules: [RuleReference]
        /// The traded underlying, as the row names it.
        public var quoteUnderlying: String?
        public var marketProxy: String?
        public var mappingMethod: String
        public var mappingConfidence: FixedDecimal
        public var mappingQuality: String
        /// The proxy's spot, as a backdrop. It is the traded underlying's own price only if the underlying is mapped to
        /// itself.
        public var spotAtTrade: FixedDecimal?
        /// The kind of the observation that supplied the spot.
        public var spotSource: String?
        /// The absolute distance between that observation and the trade, rounded to 4 places.
        public var spotTimeDeltaMinutes: FixedDecimal?
        /// Vol points.
        public var dvol: FixedDecimal?
        /// Vol points.
        public var iv30d: FixedDecimal?
        /// Vol points.
        public var rv30d: FixedDecimal?
        /// Vol points.
        public var vrp: FixedDecimal?
        /// `observed` or `derived`.
        public var vrpSource: String?
        /// 0…100
        public var dvolPercentile: FixedDecimal?
        /// −1…1
        public var gexImbalance: FixedDecimal?
        public var gammaRegime: String?
        public var termStructureState: String?
        public var stationarityStatus: String?
        public var stationarityBlendWeight: FixedDecimal?
        public var smileRichCheap: String?
        public var smileState: String
        public var volume24h: FixedDecimal?
        public var openInterest: FixedDecimal?
        public var contextQuality: String
        /// Sorted bytewise.
        public var missingFields: [String]
        /// The observations used, sorted by field. They are not part of the content.
        public var inputs: [EventInput]
        /// The head of the log when the backfill began. It is not part of the content.
        public var observedThroughPosition: Int64
    }

    @usableFromInline var shared: Shared<Fields>

    init(_ fields: Fields) { shared = Shared(fields) }

    @inlinable public subscript<Value>(dynamicMember field: WritableKeyPath<Fields, Value>) -> Value {
        get { shared.fields[keyPath: field] }
        set { shared.fields[keyPath: field] = newValue }
    }

    public init(
        source: String, sourceTradeID: String, contextKey: String, basis: Basis, rules: [RuleReference],
        quoteUnderlying: String? = nil, marketProxy: String? = nil, mappingMethod: String,
        mappingConfidence: FixedDecimal, mappingQuality: String, spotAtTrade: FixedDecimal? = nil,
        spotSource: String? = nil, spotTimeDeltaMinutes: FixedDecimal? = nil, dvol: FixedDecimal? = nil,
        iv30d: FixedDecimal? = nil, rv30d: FixedDecimal? = nil, vrp: FixedDecimal? = nil, vrpSource: String? = nil,
        dvolPercentile: FixedDecimal? = nil, gexImbalance: FixedDecimal? = nil, gammaRegime: String? = nil,
        termStructureState: String? = nil, stationarityStatus: String? = nil,
        stationarityBlendWeight: FixedDecimal? = nil, smileRichCheap: String? = nil, smileState: String,
        volume24h: FixedDecimal? = nil, openInterest: FixedDecimal? = nil, contextQuality: String,
        missingFields: [String] = [], inputs: [EventInput] = [], observedThroughPosition: Int64
    ) {
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
}
