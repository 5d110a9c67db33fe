import Crypto

/// What an answer is known by in `ETag` (RFC 9110, section 8.8.3).
public struct EntityTag: Sendable, Equatable {
    /// As the header has it.
    public let header: String

    /// Stands for the very bytes. The text has no quotes.
    public static func strong(_ text: String) -> EntityTag { EntityTag(header: "\"\(text)\"") }

    /// Stands for all that the answer says but the moment at which it was asked.
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
