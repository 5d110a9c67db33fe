public import Events
public import JSON
public import Values

/// A source's quote for a contract at a time. The quote is not judged here: any side may be null, zero or crossed.
public struct OptionQuote: Sendable, Equatable {
    /// The source's time bucket.
    public var timestamp: Instant
    /// The time at which the quote was made, if the source gives it. It can lie minutes after its bucket.
    public var exchangeTimestamp: Instant?
    /// Per contract, in the currency of the underlying's market.
    public var bid: FixedDecimal?
    public var ask: FixedDecimal?
    /// In contracts.
    public var bidSize: FixedDecimal?
    public var askSize: FixedDecimal?
    /// The source's own mark. 0 is a valid price.
    public var mark: FixedDecimal?
    /// In vol points: 58.3 means 58.3 %.
    public var markIV: FixedDecimal?
    public var underlyingPrice: FixedDecimal?
    /// In contracts.
    public var volume24h: FixedDecimal?
    /// In contracts.
    public var openInterest: FixedDecimal?
    /// Whether a figure had more than 10 fractional digits on the wire and was rounded half to even.
    public var rounded: Bool

    public init(
        timestamp: Instant, exchangeTimestamp: Instant? = nil, bid: FixedDecimal? = nil, ask: FixedDecimal? = nil,
        bidSize: FixedDecimal? = nil, askSize: FixedDecimal? = nil, mark: FixedDecimal? = nil,
        markIV: FixedDecimal? = nil, underlyingPrice: FixedDecimal? = nil, volume24h: FixedDecimal? = nil,
        openInterest: FixedDecimal? = nil, rounded: Bool = false
    ) {
        self.timestamp = timestamp
        self.exchangeTimestamp = exchangeTimestamp
        self.bid = bid
        self.ask = ask
        self.bidSize = bidSize
        self.askSize = askSize
        self.mark = mark
        self.markIV = markIV
        self.underlyingPrice = underlyingPrice
        self.volume24h = volume24h
        self.openInterest = openInterest
        self.rounded = rounded
    }

    /// The time at which the quote holds: ``exchangeTimestamp``, else ``timestamp``.
    public var time: Instant { exchangeTimestamp ?? timestamp }

    /// Writes the quote as an object.
    public func write(to out: inout JSONWriter) {
        out.beginObject()
        out.key("ask")
        out.decimalString(ask)
        out.key("ask_size")
        out.decimalString(askSize)
        out.key("bid")
        out.decimalString(bid)
        out.key("bid_size")
        out.decimalString(bidSize)
        out.key("exchange_timestamp")
        out.instant(exchangeTimestamp)
        out.key("mark")
        out.decimalString(mark)
        out.key("mark_iv")
        out.decimalString(markIV)
        out.key("open_interest")
        out.decimalString(openInterest)
        out.key("rounded")
        out.bool(rounded)
        out.key("timestamp")
        out.instant(timestamp)
        out.key("underlying_price")
        out.decimalString(underlyingPrice)
        out.key("volume_24h")
        out.decimalString(volume24h)
        out.endObject()
    }

    private static let keys: [StaticString] = [
        "ask", "ask_size", "bid", "bid_size", "exchange_timestamp", "mark", "mark_iv", "open_interest", "rounded",
        "timestamp", "underlying_price", "volume_24h",
    ]

    /// Reads an object that ``write(to:)`` wrote. `pointer` is its place in the payload, for errors.
    public init(decoding value: JSONValue, pointer: String = "/quote") throws(PayloadError) {
        var members = try MemberCursor(value, pointer: pointer)
        ask = try members.optionalDecimal("ask")
        askSize = try members.optionalDecimal("ask_size")
        bid = try members.optionalDecimal("bid")
        bidSize = try members.optionalDecimal("bid_size")
        exchangeTimestamp = try members.optionalInstant("exchange_timestamp")
        mark = try members.optionalDecimal("mark")
        markIV = try members.optionalDecimal("mark_iv")
        openInterest = try members.optionalDecimal("open_interest")
        rounded = try members.bool("rounded")
        timestamp = try members.instant("timestamp")
        underlyingPrice = try members.optionalDecimal("underlying_price")
        volume24h = try members.optionalDecimal("volume_24h")
        try members.finish(Self.keys)
    }
}
