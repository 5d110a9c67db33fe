import JSON
public import Values

/// The payload of `AlphaRowRejected`: a row that broke the contract, and why.
public struct RejectedRowPayload: Sendable, Equatable {
    public let source: String
    /// The row's exact source text.
    public let raw: String
    /// `<reason>:<key>` or `<reason>`, sorted bytewise, at least one.
    public let reasons: [String]
    /// The trade id, where the row carries a usable one.
    public let sourceTradeID: String?

    public init(source: String, raw: String, reasons: [String], sourceTradeID: String?) {
        self.source = source
        self.raw = raw
        self.reasons = reasons
        self.sourceTradeID = sourceTradeID
    }

    /// The SHA-256 of the raw text's UTF-8 bytes.
    public var rawDigest: Digest32 { Digest32(sha256Of: raw) }

    /// The SHA-256 of the canonical JSON array of the reasons.
    public var reasonsDigest: Digest32 {
        var out = JSONWriter()
        writeReasons(to: &out)
        return Digest32(sha256Of: out.bytes)
    }

    /// The canonical JSON of the payload.
    public func encode() -> [UInt8] {
        var out = JSONWriter(reservingCapacity: raw.utf8.count * 5 / 4 + 256)
        out.beginObject()
        out.key("raw")
        out.string(raw)
        out.key("reasons")
        writeReasons(to: &out)
        out.key("source")
        out.string(source)
        out.key("source_trade_id")
        out.string(sourceTradeID)
        out.endObject()
        return out.bytes
    }

    private func writeReasons(to out: inout JSONWriter) {
        out.beginArray()
        for reason in reasons { out.string(reason) }
        out.endArray()
    }

    public init(decoding payload: [UInt8]) throws(PayloadError) {
        let reader = try PayloadReader(
            try PayloadReader.document(payload),
            keys: ["raw", "reasons", "source", "source_trade_id"])
        self.init(
            source: try reader.string("source"),
            raw: try reader.string("raw"), reasons: try reader.strings("reasons"),
            sourceTradeID: try reader.optionalString("source_trade_id"))
    }
}
