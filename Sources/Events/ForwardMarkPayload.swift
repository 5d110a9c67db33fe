public import JSON
public import Values

/// The price of a directly mapped underlying at a horizon, as an observation gave it.
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
/// what the market had done by then. Facts only; the projection judges (spec 3, section 8).
public struct ForwardMarkPayload: Sendable {
    public var source: String
    public var sourceTradeID: String
    /// `1d`, `7d`, …, `expiry`.
    public var horizonKey: String
    /// Nil for `expiry`.
    public var horizonDays: Int?
    /// With the target of the horizon.
    public var basis: Basis
    /// Nil where none was found, or none was looked for.
    public var quote: OptionQuote?
    /// Where the quote comes from (`mark_source`); nil without one.
    public var quoteSource: String?
    /// The look-up's window, both ends inclusive; nil where nothing was looked up.
    public var windowFrom: Instant?
    public var windowTo: Instant?
    /// Why there was no look-up, or how it failed; without secrets.
    public var error: String?
    /// Whether the look-up failed with 401 or 403.
    public var notEntitled: Bool
    /// The underlying's price at the horizon, for directly mapped symbols only.
    public var spot: HorizonSpot?
    /// Vol points, for directly mapped symbols only.
    public var realizedVol: FixedDecimal?
    /// When the look-up was made; not content.
    public var lookedUpAt: Instant
    /// The events used, sorted by field; not content.
    public var inputs: [EventInput]

    public init(
        source: String, sourceTradeID: String, horizonKey: String, horizonDays: Int?, basis: Basis,
        quote: OptionQuote? = nil, quoteSource: String? = nil, windowFrom: Instant? = nil, windowTo: Instant? = nil,
        error: String? = nil, notEntitled: Bool = false, spot: HorizonSpot? = nil, realizedVol: FixedDecimal? = nil,
        lookedUpAt: Instant, inputs: [EventInput] = []
    ) {
        self.source = source
        self.sourceTradeID = sourceTradeID
        self.horizonKey = horizonKey
        self.horizonDays = horizonDays
        self.basis = basis
        self.quote = quote
        self.quoteSource = quoteSource
        self.windowFrom = windowFrom
        self.windowTo = windowTo
        self.error = error
        self.notEntitled = notEntitled
        self.spot = spot
        self.realizedVol = realizedVol
        self.lookedUpAt = lookedUpAt
        self.inputs = inputs
    }

    /// When the event holds in the world: the target (the trade's date where there is none), or the quote's time
    /// where that is later.
    public var effectiveAt: Instant { max(basis.target ?? basis.tradeDate, quote?.time ?? .minimum) }
}

extension ForwardMarkPayload {
    /// The canonical JSON of the payload.
    public func encode() -> [UInt8] { bytes(contentOnly: false) }

    /// The canonical JSON of the content: the payload without `inputs` and `looked_up_at`.
    public func contentBytes() -> [UInt8] { bytes(contentOnly: true) }

    /// The SHA-256 of ``contentBytes()``.
    public var contentDigest: Digest32 { Digest32(sha256Of: contentBytes()) }

    private func bytes(contentOnly: Bool) -> [UInt8] {
        var out = JSONWriter(reservingCapacity: 1024)
        out.beginObject()
        out.key("basis")
        basis.write(to: &out)
        out.key("error")
        out.string(error)
        out.key("horizon_days")
        out.integer(horizonDays)
        out.key("horizon_key")
        out.string(horizonKey)
        if !contentOnly {
            out.key("inputs")
            EventInput.write(EventInput.sorted(inputs), to: &out)
            out.key("looked_up_at")
            out.instant(lookedUpAt)
        }
        out.key("not_entitled")
        out.bool(notEntitled)
        out.key("quote")
        if let quote { quote.write(to: &out) } else { out.null() }
        out.key("quote_source")
        out.string(quoteSource)
        out.key("realized_vol")
        out.decimalString(realizedVol)
        out.key("source")
        out.string(source)
        out.key("source_trade_id")
        out.string(sourceTradeID)
        out.key("spot")
        if let spot { spot.write(to: &out) } else { out.null() }
        out.key("window_from")
        out.instant(windowFrom)
        out.key("window_to")
        out.instant(windowTo)
        out.endObject()
        return out.bytes
    }

    private static let keys: [StaticString] = [
        "basis", "error", "horizon_days", "horizon_key", "inputs", "looked_up_at", "not_entitled", "quote",
        "quote_source", "realized_vol", "source", "source_trade_id", "spot", "window_from", "window_to",
    ]

    public init(decoding payload: [UInt8]) throws(PayloadError) {
        try self.init(decoding: try PayloadReader.document(payload))
    }

    /// Reads a parsed payload, in one pass over its members where they are in canonical order.
    public init(decoding payload: JSONValue) throws(PayloadError) {
        var members = try MemberCursor(payload)
        basis = try Basis(decoding: try members.value("basis"))
        error = try members.optionalText("error")
        horizonDays = try members.optionalInteger("horizon_days").map(Int.init)
        horizonKey = try members.text("horizon_key")
        inputs = try EventInput.read(try members.value("inputs"))
        lookedUpAt = try members.instant("looked_up_at")
        notEntitled = try members.bool("not_entitled")
        let quote = try members.value("quote")
        self.quote = quote.isNull ? nil : try OptionQuote(decoding: quote)
        quoteSource = try members.optionalText("quote_source")
        realizedVol = try members.optionalDecimal("realized_vol")
        source = try members.text("source")
        sourceTradeID = try members.text("source_trade_id")
        let spot = try members.value("spot")
        self.spot = spot.isNull ? nil : try HorizonSpot(decoding: spot, pointer: "/spot")
        windowFrom = try members.optionalInstant("window_from")
        windowTo = try members.optionalInstant("window_to")
        try members.finish(Self.keys)
    }
}

extension ForwardMarkPayload: Equatable {
    /// Whether both encode to the same bytes.
    public static func == (left: ForwardMarkPayload, right: ForwardMarkPayload) -> Bool {
        left.encode() == right.encode()
    }
}
