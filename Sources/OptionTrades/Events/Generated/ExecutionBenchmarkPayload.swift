// Made by `swift run payload-generator` from schema/events/ExecutionBenchmarkRecorded.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerJSON
package import LedgerValues

/// The payload of `ExecutionBenchmarkRecorded`: the quote nearest to an execution, and how it was looked for. Facts
/// only; the projection judges (docs/contract/event-types.md, "ExecutionBenchmarkRecorded").
@dynamicMemberLookup
package struct ExecutionBenchmarkPayload: Sendable {
    /// The fields. Dynamic member lookup exposes them as members of the value.
    package struct Fields: Sendable {
        /// `source`
        package var source: String
        /// `source_trade_id`
        package var sourceTradeID: String
        /// `basis`
        package var basis: Basis
        /// `quote`: Null if no quote was found or nothing was looked up.
        package var quote: OptionQuote?
        /// `quote_source`: The origin of the quote (benchmark_source). Null without a quote.
        package var quoteSource: String?
        /// `model`: An option model's estimate; the volatility in vol points. Null where there is none.
        package var model: ModelMark?
        /// `window_from`: The beginning of the look-up's window, inclusive. Null if nothing was looked up.
        package var windowFrom: Instant?
        /// `window_to`: The end of the look-up's window, inclusive. Null if nothing was looked up.
        package var windowTo: Instant?
        /// `error`: The reason why no look-up was made or why it failed, without secrets.
        package var error: String?
        /// `not_entitled`: Whether the look-up failed with 401 or 403.
        package var notEntitled: Bool
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
        basis: Basis,
        quote: OptionQuote? = nil,
        quoteSource: String? = nil,
        model: ModelMark? = nil,
        windowFrom: Instant? = nil,
        windowTo: Instant? = nil,
        error: String? = nil,
        notEntitled: Bool = false,
        lookedUpAt: Instant,
        inputs: [EventInput] = []
    ) {
        self.init(
            Fields(
                source: source,
                sourceTradeID: sourceTradeID,
                basis: basis,
                quote: quote,
                quoteSource: quoteSource,
                model: model,
                windowFrom: windowFrom,
                windowTo: windowTo,
                error: error,
                notEntitled: notEntitled,
                lookedUpAt: lookedUpAt,
                inputs: inputs))
    }
}

extension ExecutionBenchmarkPayload.Fields {
    /// The initial state for reading. Every field is read before a caller sees it.
    static var unread: Self {
        Self(
            source: "",
            sourceTradeID: "",
            basis: Basis.unread,
            notEntitled: false,
            lookedUpAt: .minimum,
            inputs: [])
    }
}

extension ExecutionBenchmarkPayload {
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
        if !contentOnly {
            out.append(#","inputs":"#)
            EventInput.write(withInputs ? self.inputs : [], to: &out)
            out.append(#","looked_up_at":"#)
            out.instant(self.lookedUpAt)
        }
        out.append(#","model":"#)
        if let model = self.model { model.write(to: &out) } else { out.null() }
        out.append(#","not_entitled":"#)
        out.bool(self.notEntitled)
        out.append(#","quote":"#)
        if let quote = self.quote { quote.write(to: &out) } else { out.null() }
        out.append(#","quote_source":"#)
        out.string(self.quoteSource)
        out.append(#","source":"#)
        out.string(self.source)
        out.append(#","source_trade_id":"#)
        out.string(self.sourceTradeID)
        out.append(#","window_from":"#)
        out.instant(self.windowFrom)
        out.append(#","window_to":"#)
        out.instant(self.windowTo)
        out.endObject()
    }

    private static let keys: [StaticString] = [
        "basis", "error", "inputs", "looked_up_at", "model", "not_entitled", "quote", "quote_source", "source",
        "source_trade_id", "window_from", "window_to",
    ]

    /// Reads a payload. Canonical bytes, as the log holds them, read several times as fast as others.
    package init(decoding payload: [UInt8]) throws(PayloadError) {
        if let canonical = CanonicalReader.read(payload, { $0.executionBenchmark() }) {
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
        fields.inputs = try members.object("inputs", EventInput.read)
        fields.lookedUpAt = try members.instant("looked_up_at")
        fields.model = try members.optionalObject("model", ModelMark.init(decoding:pointer:))
        fields.notEntitled = try members.bool("not_entitled")
        fields.quote = try members.optionalObject("quote", OptionQuote.init(decoding:pointer:))
        fields.quoteSource = try members.optionalText("quote_source")
        fields.source = try members.text("source")
        fields.sourceTradeID = try members.text("source_trade_id")
        fields.windowFrom = try members.optionalInstant("window_from")
        fields.windowTo = try members.optionalInstant("window_to")
        try members.finish(Self.keys)
        self.init(fields)
    }
}

extension ExecutionBenchmarkPayload: Equatable {
    /// Two payloads are equal if they encode to the same bytes.
    package static func == (left: ExecutionBenchmarkPayload, right: ExecutionBenchmarkPayload) -> Bool { left.encode() == right.encode() }
}

extension CanonicalReader {
    /// Reads a `ExecutionBenchmarkPayload`.
    mutating func executionBenchmark() -> ExecutionBenchmarkPayload? {
        var fields = ExecutionBenchmarkPayload.Fields.unread
        guard take(#"{"basis":"#), basis(&fields.basis),
            take(#","error":"#), sharedText(&fields.error),
            take(#","inputs":"#), inputs(&fields.inputs),
            take(#","looked_up_at":"#), instant(&fields.lookedUpAt),
            take(#","model":"#), modelMark(&fields.model),
            take(#","not_entitled":"#), truth(&fields.notEntitled),
            take(#","quote":"#), optionQuote(&fields.quote),
            take(#","quote_source":"#), sharedText(&fields.quoteSource),
            take(#","source":"#), sharedText(&fields.source),
            take(#","source_trade_id":"#), text(&fields.sourceTradeID),
            take(#","window_from":"#), instant(&fields.windowFrom),
            take(#","window_to":"#), instant(&fields.windowTo), take("}"), isAtEnd
        else { return nil }
        return ExecutionBenchmarkPayload(fields)
    }
}
