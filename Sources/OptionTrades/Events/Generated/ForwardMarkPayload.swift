// Made by `swift run payload-generator` from schema/events/ForwardMarkRecorded.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerJSON
package import LedgerValues

/// The payload of `ForwardMarkRecorded`: the quote nearest to a horizon of an execution, how it was looked for, and
/// what the market had done by then. Facts only; the projection judges (docs/contract/event-types.md, "ForwardMarkRecorded").
@dynamicMemberLookup
package struct ForwardMarkPayload: Sendable {
    /// The fields. Dynamic member lookup exposes them as members of the value.
    package struct Fields: Sendable {
        /// `source`
        package var source: String
        /// `source_trade_id`
        package var sourceTradeID: String
        /// `horizon_key`: 1d, 7d, …, expiry.
        package var horizonKey: String
        /// `horizon_days`: Null for expiry.
        package var horizonDays: Int?
        /// `basis`: The basis, including the horizon's target.
        package var basis: Basis
        /// `quote`: Null if no quote was found or nothing was looked up.
        package var quote: OptionQuote?
        /// `quote_source`: The origin of the quote (mark_source). Null without a quote.
        package var quoteSource: String?
        /// `window_from`: The beginning of the look-up's window, inclusive. Null if nothing was looked up.
        package var windowFrom: Instant?
        /// `window_to`: The end of the look-up's window, inclusive. Null if nothing was looked up.
        package var windowTo: Instant?
        /// `error`: The reason why no look-up was made or why it failed, without secrets.
        package var error: String?
        /// `not_entitled`: Whether the look-up failed with 401 or 403.
        package var notEntitled: Bool
        /// `spot`: The underlying's price at the horizon, for directly mapped symbols. Null where absent.
        package var spot: HorizonSpot?
        /// `realized_vol`: Vol points, for directly mapped symbols only.
        package var realizedVol: FixedDecimal?
        /// `looked_up_at`: The time of the look-up. It is not part of the content.
        package var lookedUpAt: Instant
        /// `inputs`: The events used, sorted by field. They are not part of the content.
        package var inputs: [EventInput]
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
        horizonKey: String,
        horizonDays: Int? = nil,
        basis: Basis,
        quote: OptionQuote? = nil,
        quoteSource: String? = nil,
        windowFrom: Instant? = nil,
        windowTo: Instant? = nil,
        error: String? = nil,
        notEntitled: Bool = false,
        spot: HorizonSpot? = nil,
        realizedVol: FixedDecimal? = nil,
        lookedUpAt: Instant,
        inputs: [EventInput] = []
    ) {
        self.init(
            Fields(
                source: source,
                sourceTradeID: sourceTradeID,
                horizonKey: horizonKey,
                horizonDays: horizonDays,
                basis: basis,
                quote: quote,
                quoteSource: quoteSource,
                windowFrom: windowFrom,
                windowTo: windowTo,
                error: error,
                notEntitled: notEntitled,
                spot: spot,
                realizedVol: realizedVol,
                lookedUpAt: lookedUpAt,
                inputs: inputs))
    }
}

extension ForwardMarkPayload.Fields {
    /// The initial state for reading. Every field is read before a caller sees it.
    static var unread: Self {
        Self(
            source: "",
            sourceTradeID: "",
            horizonKey: "",
            basis: Basis.unread,
            notEntitled: false,
            lookedUpAt: .minimum,
            inputs: [])
    }
}

extension ForwardMarkPayload {
    /// The canonical JSON of the payload.
    package func encode() -> [UInt8] { JSONWriter.bytes(reservingCapacity: 1024) { write(to: &$0) } }

    /// Writes the canonical JSON of the payload.
    ///
    /// - Parameter withInputs: whether to write the events behind the figures. If false, `inputs` is empty.
    package func write(to out: inout JSONWriter, withInputs: Bool = true) {
        write(contentOnly: false, withInputs: withInputs, to: &out)
    }

    /// The canonical JSON of the content: the payload without `inputs` and `looked_up_at`.
    package func contentBytes() -> [UInt8] {
        JSONWriter.bytes(reservingCapacity: 1024) { write(contentOnly: true, withInputs: false, to: &$0) }
    }

    /// The SHA-256 of ``contentBytes()``.
    package var contentDigest: Digest32 { Digest32(sha256Of: contentBytes()) }

    private func write(contentOnly: Bool, withInputs: Bool, to out: inout JSONWriter) {
        out.beginObject()
        out.key("basis")
        self.basis.write(to: &out)
        out.append(#","error":"#)
        out.string(self.error)
        out.append(#","horizon_days":"#)
        out.integer(self.horizonDays)
        out.append(#","horizon_key":"#)
        out.string(self.horizonKey)
        if !contentOnly {
            out.append(#","inputs":"#)
            EventInput.write(withInputs ? self.inputs : [], to: &out)
            out.append(#","looked_up_at":"#)
            out.instant(self.lookedUpAt)
        }
        out.append(#","not_entitled":"#)
        out.bool(self.notEntitled)
        out.append(#","quote":"#)
        if let quote = self.quote { quote.write(to: &out) } else { out.null() }
        out.append(#","quote_source":"#)
        out.string(self.quoteSource)
        out.append(#","realized_vol":"#)
        out.decimalString(self.realizedVol)
        out.append(#","source":"#)
        out.string(self.source)
        out.append(#","source_trade_id":"#)
        out.string(self.sourceTradeID)
        out.append(#","spot":"#)
        if let spot = self.spot { spot.write(to: &out) } else { out.null() }
        out.append(#","window_from":"#)
        out.instant(self.windowFrom)
        out.append(#","window_to":"#)
        out.instant(self.windowTo)
        out.endObject()
    }

    private static let keys: [StaticString] = [
        "basis", "error", "horizon_days", "horizon_key", "inputs", "looked_up_at", "not_entitled", "quote", "quote_source",
        "realized_vol", "source", "source_trade_id", "spot", "window_from", "window_to",
    ]

    /// Reads a payload. Canonical bytes, as the log holds them, read several times as fast as others.
    package init(decoding payload: [UInt8]) throws(PayloadError) {
        if let canonical = CanonicalReader.read(payload, { $0.forwardMark() }) {
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
        fields.error = try members.optionalText("error")
        fields.horizonDays = try members.optionalCount("horizon_days")
        fields.horizonKey = try members.text("horizon_key")
        fields.inputs = try members.object("inputs", EventInput.read)
        fields.lookedUpAt = try members.instant("looked_up_at")
        fields.notEntitled = try members.bool("not_entitled")
        fields.quote = try members.optionalObject("quote", OptionQuote.init(decoding:pointer:))
        fields.quoteSource = try members.optionalText("quote_source")
        fields.realizedVol = try members.optionalDecimal("realized_vol")
        fields.source = try members.text("source")
        fields.sourceTradeID = try members.text("source_trade_id")
        fields.spot = try members.optionalObject("spot", HorizonSpot.init(decoding:pointer:))
        fields.windowFrom = try members.optionalInstant("window_from")
        fields.windowTo = try members.optionalInstant("window_to")
        try members.finish(Self.keys)
        self.init(fields)
    }
}

extension ForwardMarkPayload: Equatable {
    /// Two payloads are equal if they encode to the same bytes.
    package static func == (left: ForwardMarkPayload, right: ForwardMarkPayload) -> Bool { left.encode() == right.encode() }
}

extension CanonicalReader {
    /// Reads a `ForwardMarkPayload`.
    mutating func forwardMark() -> ForwardMarkPayload? {
        var fields = ForwardMarkPayload.Fields.unread
        guard take(#"{"basis":"#), basis(&fields.basis),
            take(#","error":"#), sharedText(&fields.error),
            take(#","horizon_days":"#), integer(&fields.horizonDays),
            take(#","horizon_key":"#), sharedText(&fields.horizonKey),
            take(#","inputs":"#), inputs(&fields.inputs),
            take(#","looked_up_at":"#), instant(&fields.lookedUpAt),
            take(#","not_entitled":"#), truth(&fields.notEntitled),
            take(#","quote":"#), optionQuote(&fields.quote),
            take(#","quote_source":"#), sharedText(&fields.quoteSource),
            take(#","realized_vol":"#), decimal(&fields.realizedVol),
            take(#","source":"#), sharedText(&fields.source),
            take(#","source_trade_id":"#), text(&fields.sourceTradeID),
            take(#","spot":"#), horizonSpot(&fields.spot),
            take(#","window_from":"#), instant(&fields.windowFrom),
            take(#","window_to":"#), instant(&fields.windowTo), take("}"), isAtEnd
        else { return nil }
        return ForwardMarkPayload(fields)
    }
}
