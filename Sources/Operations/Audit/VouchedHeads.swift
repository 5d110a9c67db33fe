import LedgerNotes
import LedgerValues

/// The beginning of the file of signed checkpoints that the key's owner has verified and proven before, signed with the same key.
///
/// Whoever reads the file again compares the digest of that beginning, and need not check each of its signatures and proofs. A note
/// that does not fit is passed over, and everything is checked. `audit verify` never relies on it.
struct VouchedHeads: Sendable, Equatable {
    /// The bytes of whole records.
    let length: Int64
    /// Their SHA-256.
    let digest: Digest32

    /// The first line is no origin, and the second no size, so that the note is never taken for a checkpoint.
    private static let title = "alpha-ledger/vouched-heads/v1"

    init(length: Int64, digest: Digest32) {
        self.length = length
        self.digest = digest
    }

    /// Nil unless it is a note of that key.
    init?(_ bytes: [UInt8], signedBy key: NoteVerifier) {
        guard let note = try? SignedNote(parsing: bytes), (try? note.verify(key)) != nil else { return nil }
        let lines = String(decoding: note.text, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 4, String(lines[0]).isBytewiseEqual(to: Self.title), lines[1].hasPrefix("bytes "),
            let length = Int64(lines[1].dropFirst(6)), length > 0, lines[2].hasPrefix("sha256 "),
            let digest = Digest32(hex: String(lines[2].dropFirst(7)))
        else { return nil }
        self.init(length: length, digest: digest)
    }

    func signed(by key: NoteSigner) throws(NoteError) -> SignedNote {
        try SignedNote(signing: Array("\(Self.title)\nbytes \(length)\nsha256 \(digest)\n".utf8), with: key)
    }
}
