// Made by `swift run payload-generator` from schema/events/ReportPublished.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerValues

/// The payload of `ReportPublished`: somebody showed a report pack (docs/contract/research.md, "Report packs").
package struct ReportPublishedPayload: CodedFields {
    /// `as_of`: The moment that the pack's documents are as of.
    package var asOf: Instant = .minimum
    /// `manifest_digest`: SHA-256 of the pack's manifest.json, in lower-case hexadecimal digits.
    package var manifestDigest = Digest32([UInt8](repeating: 0, count: 32))
    /// `position`: The position that the pack's documents are as of.
    package var position: Int64 = 0
    /// `published_by`: Who published it.
    package var publishedBy: String = ""
    /// `underlyings`: The underlyings that were asked for.
    package var underlyings: [String] = []

    package init() {}

    package init(
        asOf: Instant, manifestDigest: Digest32, position: Int64, publishedBy: String, underlyings: [String]
    ) {
        self.asOf = asOf
        self.manifestDigest = manifestDigest
        self.position = position
        self.publishedBy = publishedBy
        self.underlyings = underlyings
    }

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.instant("as_of", &asOf)
        try fields.digest("manifest_digest", &manifestDigest)
        try fields.integer("position", &position)
        try fields.text("published_by", &publishedBy)
        try fields.texts("underlyings", &underlyings)
    }
}

extension ReportPublishedPayload: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: ReportPublishedPayload, right: ReportPublishedPayload) -> Bool {
        guard left.asOf == right.asOf,
            left.manifestDigest == right.manifestDigest,
            left.position == right.position,
            left.underlyings == right.underlyings,
            left.publishedBy.isBytewiseEqual(to: right.publishedBy)
        else { return false }
        return true
    }
}
