public import Events
public import JSON
public import Values

/// The price of a directly mapped underlying at a horizon, taken from an observation.
public struct HorizonSpot: Sendable, Equatable {
    public var price: FixedDecimal
    /// The kind of observation: `spot` or `gex_hourly`.
    public var kind: String
    /// The observation's time.
    public var timestamp: Instant

    public init(price: FixedDecimal, kind: String, timestamp: Instant) {
        self.price = price
        self.kind = kind
        self.timestamp = timestamp
    }

    func write(to out: inout JSONWriter) {
        out.beginObject()
        out.key("kind")
        out.string(kind)
        out.key("price")
        out.decimalString(price)
        out.key("timestamp")
        out.instant(timestamp)
        out.endObject()
    }

    init(decoding value: JSONValue, pointer: String) throws(PayloadError) {
        var members = try MemberCursor(value, pointer: pointer)
        kind = try members.text("kind")
        price = try members.decimal("price")
        timestamp = try members.instant("timestamp")
        try members.finish(["kind", "price", "timestamp"])
    }
}

/// The payload of `ForwardMarkRecorded`: the quote nearest to a horizon of an execution, how it was looked for, and
/// what the market had done by then. Facts only; the projection judges (docs/contract/event-types.md, "ForwardMarkRecorded").
@dynamicMemberLookup
public struct ForwardMarkPayload: Sendable {
    /// The fields. Dynamic member lookup exposes them as members of the payload.
    public struct Fields: Sendable {
        public var source: String
        public var sourceTradeID: String
        /// `1d`, `7d`, …, `expiry`.
        public var horizonKey: String
        /// Nil for `expiry`.
        public var horizonDays: Int?
        /// The basis, including the horizon's target.
        public var basis: Basis
        /// Nil if no quote was found or nothing was looked up.
        public var quote: OptionQuote?
        /// The origin of the quote (`mark_source`). Nil without a quote.
        public var quoteSource: String?
        /// The look-up's window, both ends inclusive. Nil if nothing was looked up.
        public var windowFrom: Instant?
        public var windowTo: Instant?
        /// The reason why no look-up was made or why it failed, without secrets.
        public var error: String?
        /// Whether the look-up failed with 401 or 403.
        public var notEntitled: Bool
        /// The underlying's price at the horizon, for directly mapped symbols only.
        public var spot: HorizonSpot?
        /// Vol points, for directly mapped symbols only.
        public var realizedVol: FixedDecimal?
        /// The time of the look-up. It is not part of the content.
        public var lookedUpAt: Instant
        /// The events used, sorted by field. They are not part of the content.
        public var inputs: [EventInput]
    }

    @usableFromInline var shared: Shared<Fields>

    init(_ fields: Fields) { shared = Shared(fields) }

    @inlinable public subscript<Value>(dynamicMember field: WritableKeyPath<Fields, Value>) -> Value {
        get { shared.fields[keyPath: field] }
        set { shared.fields[keyPath: field] = newValue }
    }

    public init(
        source: String, sourceTradeID: String, horizonKey: String, horizonDays: Int?, basis: Basis,
        quote: OptionQuote? = nil, quoteSource: String? = nil, windowFrom: Instant? = nil, windowTo: Instant? = nil,
        error: String? = nil, notEntitled: Bool = false, spot: HorizonSpot? = nil, realizedVol: FixedDecimal? = nil,
        lookedUpAt: Instant, inputs: [EventInput] = []
    ) {
        self.init(
            Fields(
                source: source, sourceTradeID: sourceTradeID, horizonKey: horizonKey, horizonDays: horizonDays,
                basis: basis, quote: quote, quoteSource: quoteSource, windowFrom: windowFrom, windowTo: windowTo,
                error: error, notEntitled: notEntitled, spot: spot, realizedVol: realizedVol, lookedUpAt: lookedUpAt,
                inputs: inputs))
    }

    /// The event's valid time: the target, or the quote's time if that is later. The trade's date stands in for an
    /// absent target.
    public var effectiveAt: Instant { max(self.basis.target ?? self.basis.tradeDate, self.quote?.time ?? .minimum) }
}

extension ForwardMarkPayload {
    /// The canonical JSON of the payload.
    public func encode() -> [UInt8] { JSONWriter.bytes(reservingCapacity: 1024) { write(to: &$0) } }

    /// Writes the canonical JSON of the payload.
    public func write(to out: inout JSONWriter) { write(contentOnly: false, to: &out) }

    /// The canonical JSON of the content: the payload without `inputs` and `looked_up_at`.
    public func contentBytes() -> [UInt8] { JSONWriter.bytes(reservingCapacity: 1024) { write(contentOnly: true, to: &$0) } }

    /// The SHA-256 of ``contentBytes()``.
    public var contentDigest: Digest32 { Digest32(sha256Of: contentBytes()) }

    private func write(contentOnly: Bool, to out: inout JSONWriter) {
        out.beginObject()
        out.key("basis")
        self.basis.write(to: &out)
        out.key("error")
        out.string(self.error)
        out.key("horizon_days")
        out.integer(self.horizonDays)
        out.key("horizon_key")
        out.string(self.horizonKey)
        if !contentOnly {
            out.key("inputs")
            EventInput.write(EventInput.sorted(self.inputs), to: &out)
            out.key("looked_up_at")
            out.instant(self.lookedUpAt)
        }
        out.key("not_entitled")
        out.bool(self.notEntitled)
        out.key("quote")
        if let quote = self.quote { quote.write(to: &out) } else { out.null() }
        out.key("quote_source")
        out.string(self.quoteSource)
        out.key("realized_vol")
        out.decimalString(self.realizedVol)
        out.key("source")
        out.string(self.source)
        out.key("source_trade_id")
        out.string(self.sourceTradeID)
        out.key("spot")
        if let spot = self.spot { spot.write(to: &out) } else { out.null() }
        out.key("window_from")
        out.instant(self.windowFrom)
        out.key("window_to")
        out.instant(self.windowTo)
        out.endObject()
    }

    private static let keys: [StaticString] = [
        "basis", "error", "horizon_days", "horizon_key", "inputs", "looked_up_at", "not_entitled", "quote",
        "quote_source", "realized_vol", "source", "source_trade_id", "spot", "window_from", "window_to",
    ]

    /// Reads a payload. Canonical bytes, as the log holds them, read several times as fast as others.
    public init(decoding payload: [UInt8]) throws(PayloadError) {
        if let canonical = CanonicalReader.read(payload, { $0.mark() }) {
            self = canonical
        } else {
            try self.init(decoding: try PayloadReader.document(payload))
        }
    }

    /// Reads a parsed payload. Members in canonical order need a single pass.
    public init(decoding payload: JSONValue) throws(PayloadError) {
        var members = try MemberCursor(payload)
        let basis = try Basis(decoding: try members.value("basis"))
        let error = try members.optionalText("error")
        let horizonDays = try members.optionalInteger("horizon_days").map(Int.init)
        let horizonKey = try members.text("horizon_key")
        let inputs = try EventInput.read(try members.value("inputs"))
        let lookedUpAt = try members.instant("looked_up_at")
        let notEntitled = try members.bool("not_entitled")
        let quoteValue = try members.value("quote")
        let quote = quoteValue.isNull ? nil : try OptionQuote(decoding: quoteValue)
        let quoteSource = try members.optionalText("quote_source")
        let realizedVol = try members.optionalDecimal("realized_vol")
        let source = try members.text("source")
        let sourceTradeID = try members.text("source_trade_id")
        let spotValue = try members.value("spot")
        let spot = spotValue.isNull ? nil : try HorizonSpot(decoding: spotValue, pointer: "/spot")
        let windowFrom = try members.optionalInstant("window_from")
        let windowTo = try members.optionalInstant("window_to")
        try members.finish(Self.keys)
        self.init(
            Fields(
                source: source, sourceTradeID: sourceTradeID, horizonKey: horizonKey, horizonDays: horizonDays,
                basis: basis, quote: quote, quoteSource: quoteSource, windowFrom: windowFrom, windowTo: windowTo,
                error: error, notEntitled: notEntitled, spot: spot, realizedVol: realizedVol, lookedUpAt: lookedUpAt,
                inputs: inputs))
    }
}

extension ForwardMarkPayload: Equatable {
    /// Two payloads are equal if they encode to the same bytes.
    public static func == (left: ForwardMarkPayload, right: ForwardMarkPayload) -> Bool {
        left.encode() == right.encode()
    }
}
