// Made by `swift run payload-generator` from schema/events/ForwardMarkRecorded.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerJSON
package import LedgerValues

/// A source's quote for a contract at a time. The quote is not judged here: any side may be null, zero or crossed.
package struct OptionQuote: Sendable {
    /// `timestamp`: The source's time bucket.
    package var timestamp: Instant
    /// `exchange_timestamp`: The time at which the quote was made, if the source gives it. It can lie minutes after its bucket.
    package var exchangeTimestamp: Instant?
    /// `bid`: Per contract, in the currency of the underlying's market.
    package var bid: FixedDecimal?
    /// `ask`: Per contract, in the currency of the underlying's market.
    package var ask: FixedDecimal?
    /// `bid_size`: In contracts.
    package var bidSize: FixedDecimal?
    /// `ask_size`: In contracts.
    package var askSize: FixedDecimal?
    /// `mark`: The source's own mark. 0 is a valid price.
    package var mark: FixedDecimal?
    /// `mark_iv`: In vol points: 58.3 means 58.3 %.
    package var markIV: FixedDecimal?
    /// `underlying_price`
    package var underlyingPrice: FixedDecimal?
    /// `volume_24h`: In contracts.
    package var volume24h: FixedDecimal?
    /// `open_interest`: In contracts.
    package var openInterest: FixedDecimal?
    /// `rounded`: Whether a figure had more than 10 fractional digits on the wire and was rounded half to even.
    package var rounded: Bool

    package init(
        timestamp: Instant,
        exchangeTimestamp: Instant? = nil,
        bid: FixedDecimal? = nil,
        ask: FixedDecimal? = nil,
        bidSize: FixedDecimal? = nil,
        askSize: FixedDecimal? = nil,
        mark: FixedDecimal? = nil,
        markIV: FixedDecimal? = nil,
        underlyingPrice: FixedDecimal? = nil,
        volume24h: FixedDecimal? = nil,
        openInterest: FixedDecimal? = nil,
        rounded: Bool = false
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
}

extension OptionQuote {
    /// The initial state for reading. Every field is read before a caller sees it.
    static var unread: Self {
        Self(
            timestamp: .minimum,
            rounded: false)
    }
}

extension OptionQuote {
    /// Writes the value as an object.
    package func write(to out: inout JSONWriter) {
        out.beginObject()
        out.key("ask")
        out.decimalString(self.ask)
        out.append(#","ask_size":"#)
        out.decimalString(self.askSize)
        out.append(#","bid":"#)
        out.decimalString(self.bid)
        out.append(#","bid_size":"#)
        out.decimalString(self.bidSize)
        out.append(#","exchange_timestamp":"#)
        out.instant(self.exchangeTimestamp)
        out.append(#","mark":"#)
        out.decimalString(self.mark)
        out.append(#","mark_iv":"#)
        out.decimalString(self.markIV)
        out.append(#","open_interest":"#)
        out.decimalString(self.openInterest)
        out.append(#","rounded":"#)
        out.bool(self.rounded)
        out.append(#","timestamp":"#)
        out.instant(self.timestamp)
        out.append(#","underlying_price":"#)
        out.decimalString(self.underlyingPrice)
        out.append(#","volume_24h":"#)
        out.decimalString(self.volume24h)
        out.endObject()
    }

    private static let keys: [StaticString] = [
        "ask", "ask_size", "bid", "bid_size", "exchange_timestamp", "mark", "mark_iv", "open_interest", "rounded", "timestamp",
        "underlying_price", "volume_24h",
    ]

    /// Reads an object that ``write(to:)`` wrote. `pointer` is its place in the payload, for errors.
    package init(decoding value: JSONValue, pointer: String) throws(PayloadError) {
        var members = try MemberCursor(value, pointer: pointer)
        self = .unread
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

extension CanonicalReader {
    /// Reads a `OptionQuote` or null.
    mutating func optionQuote(_ value: inout OptionQuote?) -> Bool {
        if isNull() { return true }
        var read = OptionQuote.unread
        guard take(#"{"ask":"#), decimal(&read.ask),
            take(#","ask_size":"#), decimal(&read.askSize),
            take(#","bid":"#), decimal(&read.bid),
            take(#","bid_size":"#), decimal(&read.bidSize),
            take(#","exchange_timestamp":"#), instant(&read.exchangeTimestamp),
            take(#","mark":"#), decimal(&read.mark),
            take(#","mark_iv":"#), decimal(&read.markIV),
            take(#","open_interest":"#), decimal(&read.openInterest),
            take(#","rounded":"#), truth(&read.rounded),
            take(#","timestamp":"#), instant(&read.timestamp),
            take(#","underlying_price":"#), decimal(&read.underlyingPrice),
            take(#","volume_24h":"#), decimal(&read.volume24h), take("}")
        else { return false }
        value = read
        return true
    }
}

extension OptionQuote: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: OptionQuote, right: OptionQuote) -> Bool {
        guard left.timestamp == right.timestamp,
            left.exchangeTimestamp == right.exchangeTimestamp,
            left.bid == right.bid,
            left.ask == right.ask,
            left.bidSize == right.bidSize,
            left.askSize == right.askSize,
            left.mark == right.mark,
            left.markIV == right.markIV,
            left.underlyingPrice == right.underlyingPrice,
            left.volume24h == right.volume24h,
            left.openInterest == right.openInterest,
            left.rounded == right.rounded
        else { return false }
        return true
    }
}
