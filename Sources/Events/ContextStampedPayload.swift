public import Values

/// The payload of `ContextStamped`: the market around an execution, by the rules of the time (spec 3, section 5).
///
/// A figure whose input was missing is nil, never zero, and stands in ``missingFields``.
public struct ContextStampedPayload: Sendable {
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
    /// The proxy's spot, a backdrop: never the traded underlying's unless it is mapped to itself.
    public var spotAtTrade: FixedDecimal?
    /// The kind of observation that the spot comes from.
    public var spotSource: String?
    /// The distance of that observation from the trade, absolute, 4 places.
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
    /// The observations used, sorted by field; not content.
    public var inputs: [EventInput]
    /// The head of the log when the backfill began; not content.
    public var observedThroughPosition: Int64

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
        self.source = source
        self.sourceTradeID = sourceTradeID
        self.contextKey = contextKey
        self.basis = basis
        self.rules = rules
        self.quoteUnderlying = quoteUnderlying
        self.marketProxy = marketProxy
        self.mappingMethod = mappingMethod
        self.mappingConfidence = mappingConfidence
        self.mappingQuality = mappingQuality
        self.spotAtTrade = spotAtTrade
        self.spotSource = spotSource
        self.spotTimeDeltaMinutes = spotTimeDeltaMinutes
        self.dvol = dvol
        self.iv30d = iv30d
        self.rv30d = rv30d
        self.vrp = vrp
        self.vrpSource = vrpSource
        self.dvolPercentile = dvolPercentile
        self.gexImbalance = gexImbalance
        self.gammaRegime = gammaRegime
        self.termStructureState = termStructureState
        self.stationarityStatus = stationarityStatus
        self.stationarityBlendWeight = stationarityBlendWeight
        self.smileRichCheap = smileRichCheap
        self.smileState = smileState
        self.volume24h = volume24h
        self.openInterest = openInterest
        self.contextQuality = contextQuality
        self.missingFields = missingFields
        self.inputs = inputs
        self.observedThroughPosition = observedThroughPosition
    }
}
