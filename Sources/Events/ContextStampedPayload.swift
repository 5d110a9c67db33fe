public import Values

/// The payload of `ContextStamped`: the market around an execution, by the rules of the time (spec 3, section 5).
///
/// A figure whose input was missing is nil, never zero, and stands in ``missingFields``.
public struct ContextStampedPayload: Sendable {
    /// The fields, in one place that all copies of the value share.
    @usableFromInline final class Storage: Sendable {
        @usableFromInline let fields: Fields

        init(_ fields: Fields) { self.fields = fields }
    }

    @usableFromInline private(set) var storage: Storage

    init(_ fields: Fields) { storage = Storage(fields) }

    private var fields: Fields {
        get { storage.fields }
        set { storage = Storage(newValue) }
    }

    public var source: String {
        @inlinable get { storage.fields.source }
        set { fields.source = newValue }
    }
    public var sourceTradeID: String {
        @inlinable get { storage.fields.sourceTradeID }
        set { fields.sourceTradeID = newValue }
    }
    /// The market proxy, or `unmapped:<symbol>`.
    public var contextKey: String {
        @inlinable get { storage.fields.contextKey }
        set { fields.contextKey = newValue }
    }
    public var basis: Basis {
        @inlinable get { storage.fields.basis }
        set { fields.basis = newValue }
    }
    /// The rule files that the stamp follows from, in bytewise order of their paths.
    public var rules: [RuleReference] {
        @inlinable get { storage.fields.rules }
        set { fields.rules = newValue }
    }
    /// The traded underlying, as the row names it.
    public var quoteUnderlying: String? {
        @inlinable get { storage.fields.quoteUnderlying }
        set { fields.quoteUnderlying = newValue }
    }
    public var marketProxy: String? {
        @inlinable get { storage.fields.marketProxy }
        set { fields.marketProxy = newValue }
    }
    public var mappingMethod: String {
        @inlinable get { storage.fields.mappingMethod }
        set { fields.mappingMethod = newValue }
    }
    public var mappingConfidence: FixedDecimal {
        @inlinable get { storage.fields.mappingConfidence }
        set { fields.mappingConfidence = newValue }
    }
    public var mappingQuality: String {
        @inlinable get { storage.fields.mappingQuality }
        set { fields.mappingQuality = newValue }
    }
    /// The proxy's spot, a backdrop: never the traded underlying's unless it is mapped to itself.
    public var spotAtTrade: FixedDecimal? {
        @inlinable get { storage.fields.spotAtTrade }
        set { fields.spotAtTrade = newValue }
    }
    /// The kind of observation that the spot comes from.
    public var spotSource: String? {
        @inlinable get { storage.fields.spotSource }
        set { fields.spotSource = newValue }
    }
    /// The distance of that observation from the trade, absolute, 4 places.
    public var spotTimeDeltaMinutes: FixedDecimal? {
        @inlinable get { storage.fields.spotTimeDeltaMinutes }
        set { fields.spotTimeDeltaMinutes = newValue }
    }
    /// Vol points.
    public var dvol: FixedDecimal? {
        @inlinable get { storage.fields.dvol }
        set { fields.dvol = newValue }
    }
    /// Vol points.
    public var iv30d: FixedDecimal? {
        @inlinable get { storage.fields.iv30d }
        set { fields.iv30d = newValue }
    }
    /// Vol points.
    public var rv30d: FixedDecimal? {
        @inlinable get { storage.fields.rv30d }
        set { fields.rv30d = newValue }
    }
    /// Vol points.
    public var vrp: FixedDecimal? {
        @inlinable get { storage.fields.vrp }
        set { fields.vrp = newValue }
    }
    /// `observed` or `derived`.
    public var vrpSource: String? {
        @inlinable get { storage.fields.vrpSource }
        set { fields.vrpSource = newValue }
    }
    /// 0…100
    public var dvolPercentile: FixedDecimal? {
        @inlinable get { storage.fields.dvolPercentile }
        set { fields.dvolPercentile = newValue }
    }
    /// −1…1
    public var gexImbalance: FixedDecimal? {
        @inlinable get { storage.fields.gexImbalance }
        set { fields.gexImbalance = newValue }
    }
    public var gammaRegime: String? {
        @inlinable get { storage.fields.gammaRegime }
        set { fields.gammaRegime = newValue }
    }
    public var termStructureState: String? {
        @inlinable get { storage.fields.termStructureState }
        set { fields.termStructureState = newValue }
    }
    public var stationarityStatus: String? {
        @inlinable get { storage.fields.stationarityStatus }
        set { fields.stationarityStatus = newValue }
    }
    public var stationarityBlendWeight: FixedDecimal? {
        @inlinable get { storage.fields.stationarityBlendWeight }
        set { fields.stationarityBlendWeight = newValue }
    }
    public var smileRichCheap: String? {
        @inlinable get { storage.fields.smileRichCheap }
        set { fields.smileRichCheap = newValue }
    }
    public var smileState: String {
        @inlinable get { storage.fields.smileState }
        set { fields.smileState = newValue }
    }
    public var volume24h: FixedDecimal? {
        @inlinable get { storage.fields.volume24h }
        set { fields.volume24h = newValue }
    }
    public var openInterest: FixedDecimal? {
        @inlinable get { storage.fields.openInterest }
        set { fields.openInterest = newValue }
    }
    public var contextQuality: String {
        @inlinable get { storage.fields.contextQuality }
        set { fields.contextQuality = newValue }
    }
    /// Sorted bytewise.
    public var missingFields: [String] {
        @inlinable get { storage.fields.missingFields }
        set { fields.missingFields = newValue }
    }
    /// The observations used, sorted by field; not content.
    public var inputs: [EventInput] {
        @inlinable get { storage.fields.inputs }
        set { fields.inputs = newValue }
    }
    /// The head of the log when the backfill began; not content.
    public var observedThroughPosition: Int64 {
        @inlinable get { storage.fields.observedThroughPosition }
        set { fields.observedThroughPosition = newValue }
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

extension ContextStampedPayload {
    /// The fields as they are stored, read and written; see the properties of the same names.
    @usableFromInline struct Fields: Sendable {
        @usableFromInline var source: String
        @usableFromInline var sourceTradeID: String
        @usableFromInline var contextKey: String
        @usableFromInline var basis: Basis
        @usableFromInline var rules: [RuleReference]
        @usableFromInline var quoteUnderlying: String?
        @usableFromInline var marketProxy: String?
        @usableFromInline var mappingMethod: String
        @usableFromInline var mappingConfidence: FixedDecimal
        @usableFromInline var mappingQuality: String
        @usableFromInline var spotAtTrade: FixedDecimal?
        @usableFromInline var spotSource: String?
        @usableFromInline var spotTimeDeltaMinutes: FixedDecimal?
        @usableFromInline var dvol: FixedDecimal?
        @usableFromInline var iv30d: FixedDecimal?
        @usableFromInline var rv30d: FixedDecimal?
        @usableFromInline var vrp: FixedDecimal?
        @usableFromInline var vrpSource: String?
        @usableFromInline var dvolPercentile: FixedDecimal?
        @usableFromInline var gexImbalance: FixedDecimal?
        @usableFromInline var gammaRegime: String?
        @usableFromInline var termStructureState: String?
        @usableFromInline var stationarityStatus: String?
        @usableFromInline var stationarityBlendWeight: FixedDecimal?
        @usableFromInline var smileRichCheap: String?
        @usableFromInline var smileState: String
        @usableFromInline var volume24h: FixedDecimal?
        @usableFromInline var openInterest: FixedDecimal?
        @usableFromInline var contextQuality: String
        @usableFromInline var missingFields: [String]
        @usableFromInline var inputs: [EventInput]
        @usableFromInline var observedThroughPosition: Int64
    }
}
