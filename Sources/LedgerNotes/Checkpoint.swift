public import LedgerValues

/// A log's head in its signed form (C2SP tlog-checkpoint): one line each for the origin, the number of leaves and the
/// base64 root, followed by extension lines. The signature also vouches for the extensions, which are opaque to a
/// verifier of heads only.
public struct Checkpoint: Sendable, Equatable {
    /// The largest number of extension lines; no known writer uses more.
    public static let maximumExtensions = 16

    /// The name of the log.
    public let origin: String
    public let size: Int64
    public let root: Digest32
    /// The extension lines, none of them empty, without control characters.
    public let extensions: [String]

    public init(origin: String, size: Int64, root: Digest32, extensions: [String] = []) throws(NoteError) {
        guard VerifierKey.isName(origin), size >= 0 else { throw NoteError("a checkpoint has an origin and a size") }
        guard extensions.count <= Self.maximumExtensions,
            extensions.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { $0 >= 0x20 } })
        else { throw NoteError("a checkpoint has at most \(Self.maximumExtensions) extension lines, none of them empty") }
        self.origin = origin
        self.size = size
        self.root = root
        self.extensions = extensions
    }

    /// Reads a note's text, in exactly the form that ``text`` writes.
    public init(parsing text: [UInt8]) throws(NoteError) {
        guard let string = String(validating: text, as: UTF8.self) else { throw NoteError("the checkpoint is not UTF-8") }
        let lines = string.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count >= 4, let end = lines.last, end.isEmpty else {
            throw NoteError("a checkpoint starts with three lines: origin, size and root")
        }
        guard let size = Int64(lines[1]), size >= 0, Array("\(size)".utf8) == Array(lines[1].utf8) else {
            throw NoteError("the checkpoint's size is not a whole number in shortest form")
        }
        guard let bytes = Base64.decode(lines[2]), let root = Digest32(bytes: bytes.span) else {
            throw NoteError("the checkpoint's root is not the base64 of 32 bytes")
        }
        try self.init(
            origin: String(lines[0]), size: size, root: root, extensions: lines[3..<(lines.count - 1)].map(String.init))
    }

    public var text: [UInt8] {
        Array(([origin, "\(size)", Base64.encode(root.bytes)] + extensions).map { $0 + "\n" }.joined().utf8)
    }

    /// Reads a signed checkpoint. Throws unless the key signed it and the key's name is the origin.
    public static func verified(_ note: SignedNote, _ key: NoteVerifier) throws(NoteError) -> Checkpoint {
        try note.verify(key)
        let checkpoint = try Checkpoint(parsing: note.text)
        guard Array(checkpoint.origin.utf8) == Array(key.name.utf8) else {
            throw NoteError("the checkpoint's origin is not the name of the key that signed it")
        }
        return checkpoint
    }

    public func signed(by signer: NoteSigner) throws(NoteError) -> SignedNote {
        try SignedNote(signing: text, with: signer)
    }
}
