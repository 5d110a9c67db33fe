package import LedgerEvents
import LedgerJSON
package import LedgerValues

/// The payload of `AlphaRowRejected`: a row that broke the contract, and the reasons.
///
/// Version 1 of the payload carries the whole row, of up to ``longestRaw`` bytes. For a longer row, version 2 carries
/// its length, digest and beginning, because a leaf has to stay below 64 KiB.
package struct RejectedRowPayload: Sendable, Equatable {
    /// The largest size of a row that is carried whole, in bytes.
    package static let longestRaw = 16_384
    /// The largest size of the beginning of a longer row, in bytes.
    package static let longestPrefix = 1_024

    package let source: String
    /// The row's exact source text. Nil if it is longer than ``longestRaw``.
    package let raw: String?
    package let rawByteCount: Int
    /// The SHA-256 of the raw text's UTF-8 bytes.
    package let rawDigest: Digest32
    /// The beginning of a row that is not carried whole, cut between two scalars. Nil for other rows.
    package let rawPrefix: String?
    /// `<reason>:<key>` or `<reason>`, sorted bytewise, at least one.
    package let reasons: [String]
    /// The trade id, if the row carries a usable one.
    package let sourceTradeID: String?

    /// - Parameter raw: the row's exact source text, of any length
    package init(source: String, raw: String, reasons: [String], sourceTradeID: String?) {
        self.source = source
        rawByteCount = raw.utf8.count
        rawDigest = Digest32(sha256Of: raw)
        let isWhole = rawByteCount <= Self.longestRaw
        self.raw = isWhole ? raw : nil
        rawPrefix = isWhole ? nil : Self.prefix(of: raw)
        self.reasons = reasons
        self.sourceTradeID = sourceTradeID
    }

    private static func prefix(of raw: String) -> String {
        var end = raw.unicodeScalars.startIndex
        var bytes = 0
        while end < raw.unicodeScalars.endIndex {
            bytes += raw.unicodeScalars[end].utf8.count
            if bytes > longestPrefix { break }
            raw.unicodeScalars.formIndex(after: &end)
        }
        return String(raw.unicodeScalars[..<end])
    }

    /// 1 for a row that is carried whole, 2 for others.
    package var schemaVersion: Int { raw == nil ? 2 : 1 }

    /// The SHA-256 of the canonical JSON array of the reasons.
    package var reasonsDigest: Digest32 {
        var out = JSONWriter()
        writeReasons(to: &out)
        return Digest32(sha256Of: out.bytes)
    }

    /// The canonical JSON of the payload.
    package func encode() -> [UInt8] {
        var out = JSONWriter(reservingCapacity: (raw ?? rawPrefix ?? "").utf8.count * 5 / 4 + 256)
        out.beginObject()
        out.key("raw")
        out.string(raw)
        if let rawPrefix {
            out.key("raw_bytes")
            out.integer(Int64(rawByteCount))
            out.key("raw_prefix")
            out.string(rawPrefix)
            out.key("raw_sha256")
            out.digest(rawDigest)
        }
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

    /// Reads version 1 of the payload.
    package init(decoding payload: [UInt8]) throws(PayloadError) {
        let reader = try PayloadReader(
            try PayloadReader.document(payload),
            keys: ["raw", "reasons", "source", "source_trade_id"])
        let raw = try reader.string("raw")
        // A payload from the time before the limit may be longer than ``longestRaw``.
        self.raw = raw
        rawByteCount = raw.utf8.count
        rawDigest = Digest32(sha256Of: raw)
        rawPrefix = nil
        reasons = try reader.strings("reasons")
        source = try reader.string("source")
        sourceTradeID = try reader.optionalString("source_trade_id")
    }

    /// Reads version 2 of the payload.
    package init(decodingCut payload: [UInt8]) throws(PayloadError) {
        let reader = try PayloadReader(
            try PayloadReader.document(payload),
            keys: ["raw", "raw_bytes", "raw_prefix", "raw_sha256", "reasons", "source", "source_trade_id"])
        guard try reader.optionalString("raw") == nil else { throw reader.error("raw", "is not null") }
        raw = nil
        rawByteCount = Int(try reader.integer("raw_bytes"))
        rawPrefix = try reader.string("raw_prefix")
        guard let digest = Digest32(hex: try reader.string("raw_sha256")) else {
            throw reader.error("raw_sha256", "is not a digest")
        }
        rawDigest = digest
        reasons = try reader.strings("reasons")
        source = try reader.string("source")
        sourceTradeID = try reader.optionalString("source_trade_id")
    }
}
