import Crypto

/// The tag of an answer for `ETag` (RFC 9110, section 8.8.3).
package struct EntityTag: Sendable, Equatable {
    /// The text in the header.
    package let header: String

    /// A tag for exact bytes. The text contains no quotes.
    package static func strong(_ text: String) -> EntityTag { EntityTag(header: "\"\(text)\"") }

    /// A tag for the content of an answer, except the time of the request.
    static func weak(_ text: String) -> EntityTag { EntityTag(header: "W/\"\(text)\"") }

    private init(header: String) { self.header = header }

    /// 24 hexadecimal digits of a SHA-256.
    static func digest(_ parts: [[UInt8]]) -> String {
        var hash = SHA256()
        for part in parts { hash.update(data: part) }
        return hash.finalize().prefix(12).map { byte in
            byte < 16 ? "0" + String(byte, radix: 16) : String(byte, radix: 16)
        }.joined()
    }
}
