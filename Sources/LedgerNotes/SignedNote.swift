/// A text with signatures (C2SP signed-note): the text, a blank line, then one line per signature:
/// `— <key name> base64(key hash ‖ signature)`.
public struct SignedNote: Sendable, Equatable {
    /// A signature line. The name and the hash together identify the key.
    public struct Signature: Sendable, Equatable {
        public let name: String
        public let keyHash: UInt32
        public let bytes: [UInt8]
    }

    /// The largest size of a note; a longer note is refused unread.
    public static let maximumBytes = 1 << 20
    public static let maximumSignatures = 100

    /// The signed text; ends with a newline.
    public let text: [UInt8]
    public let signatures: [Signature]

    /// Signs a text.
    public init(signing text: [UInt8], with signer: NoteSigner) throws(NoteError) {
        guard Self.isText(text) else { throw NoteError("a note's text is UTF-8, ends with a newline, and has no control characters") }
        self.text = text
        signatures = [
            Signature(
                name: signer.verifier.name, keyHash: signer.verifier.keyHash, bytes: try signer.signature(for: text))
        ]
    }

    /// Reads a note without verifying it. Refuses any note that is not exactly of the form.
    public init(parsing bytes: [UInt8]) throws(NoteError) {
        guard bytes.count <= Self.maximumBytes else { throw NoteError("the note is too long") }
        guard let split = (1..<max(1, bytes.count)).last(where: { bytes[$0] == 0x0a && bytes[$0 - 1] == 0x0a }) else {
            throw NoteError("the note has no blank line before its signatures")
        }
        let text = Array(bytes[..<split])
        let block = bytes[(split + 1)...]
        guard Self.isText(text) else { throw NoteError("the note's text is not UTF-8 lines without control characters") }
        guard block.last == 0x0a else { throw NoteError("the note does not end with a signature line") }
        var signatures: [Signature] = []
        for line in block.dropLast().split(separator: 0x0a, omittingEmptySubsequences: false) {
            guard signatures.count < Self.maximumSignatures else { throw NoteError("the note has too many signatures") }
            guard let line = String(validating: line, as: UTF8.self), let signature = Self.signature(line) else {
                throw NoteError("the note has a malformed signature line")
            }
            signatures.append(signature)
        }
        self.text = text
        self.signatures = signatures
    }

    private init(_ text: [UInt8], _ signatures: [Signature]) {
        self.text = text
        self.signatures = signatures
    }

    /// The note with further signatures, each line at most once.
    public func adding(_ others: [Signature]) -> SignedNote {
        SignedNote(text, others.reduce(into: signatures) { all, line in if !all.contains(line) { all.append(line) } })
    }

    /// The note with the signatures that pass.
    public func keeping(_ isKept: (Signature) -> Bool) -> SignedNote { SignedNote(text, signatures.filter(isKept)) }

    /// Reads signature lines alone, as a witness answers them. Throws if there is none.
    public static func signatures(parsing bytes: [UInt8]) throws(NoteError) -> [Signature] {
        let head = Array("-\n".utf8)
        let note = try SignedNote(parsing: head + [0x0a] + bytes)
        // A blank line among the bytes would end a longer text.
        guard note.text == head else { throw NoteError("there is a text before the signature lines") }
        return note.signatures
    }

    /// Signature lines in their transmitted form.
    public static func lines(_ signatures: [Signature]) -> [UInt8] {
        signatures.flatMap { line in
            let hash = (0..<4).map { UInt8(truncatingIfNeeded: line.keyHash >> UInt32(24 - 8 * $0)) }
            return Array("— \(line.name) \(Base64.encode(hash + line.bytes))\n".utf8)
        }
    }

    /// Throws unless the key signed the text. Signatures of other keys are ignored; every line that names this key must
    /// verify.
    public func verify(_ key: NoteVerifier) throws(NoteError) {
        let own = signatures.filter { $0.keyHash == key.keyHash && Array($0.name.utf8) == Array(key.name.utf8) }
        if own.isEmpty { throw NoteError("the note has no signature of \(key.vkey)") }
        guard own.allSatisfy({ key.isValid($0.bytes, for: text) }) else {
            throw NoteError("the note's signature of \(key.vkey) is not valid")
        }
    }

    /// The note in its transmitted form.
    public var bytes: [UInt8] { text + [0x0a] + Self.lines(signatures) }

    private static func signature(_ line: String) -> Signature? {
        let parts = line.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3, Array(parts[0].utf8) == Array("—".utf8), VerifierKey.isName(parts[1]),
            let bytes = Base64.decode(parts[2]), bytes.count > 4
        else { return nil }
        return Signature(
            name: String(parts[1]), keyHash: bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) },
            bytes: Array(bytes.dropFirst(4)))
    }

    private static func isText(_ bytes: [UInt8]) -> Bool {
        bytes.last == 0x0a && bytes.allSatisfy { $0 >= 0x20 || $0 == 0x0a }
            && String(validating: bytes, as: UTF8.self) != nil
    }
}
