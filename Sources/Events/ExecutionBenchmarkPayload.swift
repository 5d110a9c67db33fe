public import JSON
public import Values

/// What an option model says that a contract is worth.
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
/// only; the projection judges (spec 3, section 6).
public struct ExecutionBenchmarkPayload: Sendable {
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
    public var basis: Basis {
        @inlinable get { storage.fields.basis }
        set { fields.basis = newValue }
    }
    /// Nil where none was found, or none was looked for.
    public var quote: OptionQuote? {
        @inlinable get { storage.fields.quote }
        set { fields.quote = newValue }
    }
    /// Where the quote comes from (`benchmark_source`); nil without one.
    public var quoteSource: String? {
        @inlinable get { storage.fields.quoteSource }
        set { fields.quoteSource = newValue }
    }
    public var model: ModelMark? {
        @inlinable get { storage.fields.model }
        set { fields.model = newValue }
    }
    /// The look-up's window, both ends inclusive; nil where nothing was looked up.
    public var windowFrom: Instant? {
        @inlinable get { storage.fields.windowFrom }
        set { fields.windowFrom = newValue }
    }
    public var windowTo: Instant? {
        @inlinable get { storage.fields.windowTo }
        set { fields.windowTo = newValue }
    }
    /// Why there was no look-up, or how it failed; without secrets.
    public var error: String? {
        @inlinable get { storage.fields.error }
        set { fields.error = newValue }
    }
    /// Whether the look-up failed with 401 or 403.
    public var notEntitled: Bool {
        @inlinable get { storage.fields.notEntitled }
        set { fields.notEntitled = newValue }
    }
    /// When the look-up was made; not content.
    public var lookedUpAt: Instant {
        @inlinable get { storage.fields.lookedUpAt }
        set { fields.lookedUpAt = newValue }
    }
    /// The events used, such as an imported quote's, sorted by field; not content.
    public var inputs: [EventInput] {
        @inlinable get { storage.fields.inputs }
        set { fields.inputs = newValue }
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

    /// When the event holds in the world: the trade's date, or the quote's time where that is later.
    public var effectiveAt: Instant { max(basis.tradeDate, quote?.time ?? .minimum) }
}

extension ExecutionBenchmarkPayload {
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
        if !contentOnly {
            out.key("inputs")
            EventInput.write(EventInput.sorted(inputs), to: &out)
            out.key("looked_up_at")
            out.instant(lookedUpAt)
        }
        out.key("model")
        if let model { model.write(to: &out) } else { out.null() }
        out.key("not_entitled")
        out.bool(notEntitled)
        out.key("quote")
        if let quote { quote.write(to: &out) } else { out.null() }
        out.key("quote_source")
        out.string(quoteSource)
        out.key("source")
        out.string(source)
        out.key("source_trade_id")
        out.string(sourceTradeID)
        out.key("window_from")
        out.instant(windowFrom)
        out.key("window_to")
        out.instant(windowTo)
        out.endObject()
        return out.bytes
    }

    private static let keys: [StaticString] = [
        "basis", "error", "inputs", "looked_up_at", "model", "not_entitled", "quote", "quote_source", "source",
        "source_trade_id", "window_from", "window_to",
    ]

    /// Reads a payload; several times as fast where the bytes are canonical, as in the log, as where they are not.
    public init(decoding payload: [UInt8]) throws(PayloadError) {
        if let canonical = CanonicalReader.read(payload, { $0.benchmark() }) {
            self = canonical
        } else {
            try self.init(decoding: try PayloadReader.document(payload))
        }
    }

    /// Reads a parsed payload, in one pass over its members where they are in canonical order.
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
    /// Whether both encode to the same bytes.
    public static func == (left: ExecutionBenchmarkPayload, right: ExecutionBenchmarkPayload) -> Bool {
        left.encode() == right.encode()
    }
}

extension ExecutionBenchmarkPayload {
    /// The fields as they are stored, read and written; see the properties of the same names.
    @usableFromInline struct Fields: Sendable {
        @usableFromInline var source: String
        @usableFromInline var sourceTradeID: String
        @usableFromInline var basis: Basis
        @usableFromInline var quote: OptionQuote?
        @usableFromInline var quoteSource: String?
        @usableFromInline var model: ModelMark?
        @usableFromInline var windowFrom: Instant?
        @usableFromInline var windowTo: Instant?
        @usableFromInline var error: String?
        @usableFromInline var notEntitled: Bool
        @usableFromInline var lookedUpAt: Instant
        @usableFromInline var inputs: [EventInput]
    }
}
