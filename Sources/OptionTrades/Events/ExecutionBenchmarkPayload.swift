public import Events
public import JSON
public import Values

/// The value of a contract according to an option model.
public struct ModelMark: Sendable, Equatable {
    /// Per contract.
    public var mark: FixedDecimal
    /// Vol points.
    public var iv: FixedDecimal?

    public init(mark: FixedDecimal, iv: FixedDecimal? = nil) {
        self.mark = mark
        self.iv = iv
    }

    func write(to out: inout JSONWriter) {
        out.beginObject()
        out.key("iv")
        out.decimalString(iv)
        out.key("mark")
        out.decimalString(mark)
        out.endObject()
    }

    init(decoding value: JSONValue, pointer: String) throws(PayloadError) {
        var members = try MemberCursor(value, pointer: pointer)
        iv = try members.optionalDecimal("iv")
        mark = try members.decimal("mark")
        try members.finish(["iv", "mark"])
    }
}

/// The payload of `ExecutionBenchmarkRecorded`: the quote nearest to an execution, and how it was looked for. Facts
/// only; the projection judges (docs/contract/event-types.md, "ExecutionBenchmarkRecorded").
@dynamicMemberLookup
public struct ExecutionBenchmarkPayload: Sendable {
    /// The fields. Dynamic member lookup exposes them as members of the payload.
    public struct Fields: Sendable {
        public var source: String
        public var sourceTradeID: String
        public var basis: Basis
        /// Nil if no quote was found or nothing was looked up.
        public var quote: OptionQuote?
        /// The origin of the quote (`benchmark_source`). Nil without a quote.
        public var quoteSource: String?
        public var model: ModelMark?
        /// The look-up's window, both ends inclusive. Nil if nothing was looked up.
        public var windowFrom: Instant?
        public var windowTo: Instant?
        /// The reason why no look-up was made or why it failed, without secrets.
        public var error: String?
        /// Whether the look-up failed with 401 or 403.
        public var notEntitled: Bool
        /// The time of the look-up. It is not part of the content.
        public var lookedUpAt: Instant
        /// The events used, such as an imported quote's, sorted by field. They are not part of the content.
        public var inputs: [EventInput]
    }

    @usableFromInline var shared: Shared<Fields>

    init(_ fields: Fields) { shared = Shared(fields) }

    @inlinable public subscript<Value>(dynamicMember field: WritableKeyPath<Fields, Value>) -> Value {
        get { shared.fields[keyPath: field] }
        set { shared.fields[keyPath: field] = newValue }
    }

    public init(
        source: String, sourceTradeID: String, basis: Basis, quote: OptionQuote? = nil, quoteSource: String? = nil,
        model: ModelMark? = nil, windowFrom: Instant? = nil, windowTo: Instant? = nil, error: String? = nil,
        notEntitled: Bool = false, lookedUpAt: Instant, inputs: [EventInput] = []
    ) {
        self.init(
            Fields(
                source: source, sourceTradeID: sourceTradeID, basis: basis, quote: quote, quoteSource: quoteSource,
                model: model, windowFrom: windowFrom, windowTo: windowTo, error: error, notEntitled: notEntitled,
                lookedUpAt: lookedUpAt, inputs: inputs))
    }

    /// The event's valid time: the trade's date, or the quote's time if that is later.
    public var effectiveAt: Instant { max(self.basis.tradeDate, self.quote?.time ?? .minimum) }
}

extension ExecutionBenchmarkPayload {
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
        if !contentOnly {
            out.key("inputs")
            EventInput.write(EventInput.sorted(self.inputs), to: &out)
            out.key("looked_up_at")
            out.instant(self.lookedUpAt)
        }
        out.key("model")
        if let model = self.model { model.write(to: &out) } else { out.null() }
        out.key("not_entitled")
        out.bool(self.notEntitled)
        out.key("quote")
        if let quote = self.quote { quote.write(to: &out) } else { out.null() }
        out.key("quote_source")
        out.string(self.quoteSource)
        out.key("source")
        out.string(self.source)
        out.key("source_trade_id")
        out.string(self.sourceTradeID)
        out.key("window_from")
        out.instant(self.windowFrom)
        out.key("window_to")
        out.instant(self.windowTo)
        out.endObject()
    }

    private static let keys: [StaticString] = [
        "basis", "error", "inputs", "looked_up_at", "model", "not_entitled", "quote", "quote_source", "source",
        "source_trade_id", "window_from", "window_to",
    ]

    /// Reads a payload. Canonical bytes, as the log holds them, read several times as fast as others.
    public init(decoding payload: [UInt8]) throws(PayloadError) {
        if let canonical = CanonicalReader.read(payload, { $0.benchmark() }) {
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
        let inputs = try EventInput.read(try members.value("inputs"))
        let lookedUpAt = try members.instant("looked_up_at")
        let modelValue = try members.value("model")
        let model = modelValue.isNull ? nil : try ModelMark(decoding: modelValue, pointer: "/model")
        let notEntitled = try members.bool("not_entitled")
        let quoteValue = try members.value("quote")
        let quote = quoteValue.isNull ? nil : try OptionQuote(decoding: quoteValue)
        let quoteSource = try members.optionalText("quote_source")
        let source = try members.text("source")
        let sourceTradeID = try members.text("source_trade_id")
        let windowFrom = try members.optionalInstant("window_from")
        let windowTo = try members.optionalInstant("window_to")
        try members.finish(Self.keys)
        self.init(
            Fields(
                source: source, sourceTradeID: sourceTradeID, basis: basis, quote: quote, quoteSource: quoteSource,
                model: model, windowFrom: windowFrom, windowTo: windowTo, error: error, notEntitled: notEntitled,
                lookedUpAt: lookedUpAt, inputs: inputs))
    }
}

extension ExecutionBenchmarkPayload: Equatable {
    /// Two payloads are equal if they encode to the same bytes.
    public static func == (left: ExecutionBenchmarkPayload, right: ExecutionBenchmarkPayload) -> Bool {
        left.encode() == right.encode()
    }
}
