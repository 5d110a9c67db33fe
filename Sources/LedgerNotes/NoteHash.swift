public import LedgerValues

/// A hash as a line of a note: the base64 of its 32 bytes.
public enum NoteHash {
    public static func encode(_ hash: Digest32) -> String { Base64.encode(hash.bytes) }

    /// Nil unless the text is the canonical base64 of 32 bytes.
    public static func decode(_ text: some StringProtocol) -> Digest32? {
        Base64.decode(text).flatMap { Digest32(bytes: $0.span) }
    }
}
