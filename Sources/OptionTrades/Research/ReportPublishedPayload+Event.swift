package import LedgerEvents
package import LedgerJSON
package import LedgerValues

/// The payload of `ReportPublished`: somebody showed a report pack (docs/contract/research.md, "Report packs").
package struct ReportPublishedPayload: EventPayload, Equatable {
    /// The moment that the pack's documents are as of.
    package let asOf: Instant
    /// SHA-256 of the pack's `manifest.json`, which names every file with its digest.
    package let manifestDigest: Digest32
    /// The position that the pack's documents are as of.
    package let position: Int64
    package let publishedBy: String
    /// As they were asked for.
    package let underlyings: [String]

    package init(asOf: Instant, manifestDigest: Digest32, position: Int64, publishedBy: String, underlyings: [String]) {
        self.asOf = asOf
        self.manifestDigest = manifestDigest
        self.position = position
        self.publishedBy = publishedBy
        self.underlyings = underlyings
    }

    /// `ReportPublished`: the only event of its stream. Whoever publishes the same manifest again adds nothing.
    package func event() -> NewEvent {
        NewEvent(
            .reportPublished, identity: Identity.reportPublished(manifest: manifestDigest),
            stream: Streams.report(manifest: manifestDigest), effectiveAt: asOf, payload: encode(), expectedVersion: 0)
    }

    /// The canonical JSON of the payload.
    package func encode() -> [UInt8] {
        JSONWriter.bytes(reservingCapacity: 256) { out in
            out.beginObject()
            out.key("as_of"); out.instant(asOf)
            out.key("manifest_digest"); out.digest(manifestDigest)
            out.key("position"); out.integer(position)
            out.key("published_by"); out.string(publishedBy)
            out.key("underlyings"); out.strings(underlyings)
            out.endObject()
        }
    }

    private static let keys: [StaticString] = ["as_of", "manifest_digest", "position", "published_by", "underlyings"]

    package init(decoding payload: [UInt8]) throws(PayloadError) { try self.init(decoding: try PayloadReader.document(payload)) }

    package init(decoding payload: JSONValue) throws(PayloadError) {
        var members = try MemberCursor(payload)
        let asOf = try members.instant("as_of")
        let hex = try members.text("manifest_digest")
        guard let digest = Digest32(hex: hex) else { throw members.error("manifest_digest", "is not a digest") }
        let position = try members.integer("position")
        let publishedBy = try members.text("published_by")
        let underlyings = try members.texts("underlyings")
        try members.finish(Self.keys)
        self.init(asOf: asOf, manifestDigest: digest, position: position, publishedBy: publishedBy, underlyings: underlyings)
    }
}
