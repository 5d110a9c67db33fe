/// The public half of a witness's Ed25519 key (C2SP tlog-cosignature, type 0x04).
///
/// A cosignature says: at a time, the largest tree of a log that the witness had seen, each continuing the one before, had this root.
public struct CosignatureVerifier: Sendable, Equatable {
    static let algorithm: UInt8 = 0x04
    static let header = "cosignature/v1"

    private let key: NamedKey

    public var name: String { key.name }
    /// The 32 bytes of the public key.
    public var publicKey: [UInt8] { key.publicKey }
    /// The first 4 bytes of SHA-256(name ‖ 0x0A ‖ 0x04 ‖ public key), as a number.
    public var keyHash: UInt32 { key.hash }

    public init(name: String, publicKey: [UInt8]) throws(NoteError) {
        key = try NamedKey(name: name, algorithm: Self.algorithm, publicKey: publicKey)
    }

    /// Reads `<name>+<hash>+<key>`.
    public init(vkey: String) throws(NoteError) {
        let parsed = try VerifierKey(parsing: vkey)
        guard parsed.algorithm == Self.algorithm else { throw NoteError("not a witness's key: its type is not 0x04") }
        try self.init(name: parsed.name, publicKey: parsed.key)
    }

    fileprivate init(_ key: NamedKey) { self.key = key }

    /// `<name>+<hash>+<key>`.
    public var vkey: String { key.text }

    /// The newest time at which this witness cosigned the note's text, in seconds since 1970. Nil if no line is of this key.
    ///
    /// Throws if a line that names this key does not verify: such a note is malformed.
    public func time(in note: SignedNote) throws(NoteError) -> UInt64? {
        var newest: UInt64?
        for line in note.signatures where line.keyHash == keyHash && Array(line.name.utf8) == Array(name.utf8) {
            guard line.bytes.count == 72 else { throw NoteError("the cosignature of \(name) is not valid") }
            let time = line.bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
            guard key.isValid(Array(line.bytes.dropFirst(8)), for: Self.message(note.text, time)) else {
                throw NoteError("the cosignature of \(name) is not valid")
            }
            newest = max(newest ?? 0, time)
        }
        return newest
    }

    static func message(_ text: [UInt8], _ time: UInt64) -> [UInt8] { Array("\(header)\ntime \(time)\n".utf8) + text }
}

/// The private half of a witness's key.
public struct Cosigner: Sendable {
    public let verifier: CosignatureVerifier
    private let seed: NamedSeed

    /// - Parameters:
    ///   - name: as a verifier has it.
    ///   - seed: the 32 bytes of an Ed25519 private key, never a log's.
    public init(name: String, seed: [UInt8]) throws(NoteError) {
        self.init(try NamedSeed(name: name, algorithm: CosignatureVerifier.algorithm, seed: seed))
    }

    /// Reads `PRIVATE+KEY+<name>+<hash>+<seed>` of type 0x04. Errors quote nothing of it.
    public init(skey: String) throws(NoteError) {
        self.init(
            try NamedSeed(
                parsing: skey, algorithm: CosignatureVerifier.algorithm,
                expected: "a witness's private key of the form PRIVATE+KEY+<name>+<hash>+<seed>"))
    }

    private init(_ seed: NamedSeed) {
        self.seed = seed
        verifier = CosignatureVerifier(seed.key)
    }

    /// Makes a new key from the system's random numbers.
    public static func generate(name: String) throws(NoteError) -> Cosigner {
        Cosigner(try NamedSeed.generate(name: name, algorithm: CosignatureVerifier.algorithm))
    }

    /// `PRIVATE+KEY+<name>+<hash>+<seed>`: a secret.
    public var skey: String { seed.text }

    /// The same key under another name.
    public func named(_ name: String) throws(NoteError) -> Cosigner { Cosigner(try seed.named(name)) }

    /// The line that cosigns a note's text.
    ///
    /// The time is in seconds since 1970, from 1 to 2^63 − 1.
    public func cosign(_ note: SignedNote, at time: UInt64) throws(NoteError) -> SignedNote.Signature {
        guard 1...UInt64(Int64.max) ~= time else { throw NoteError("a cosignature's time is from 1 to 2^63 - 1") }
        let signature = try seed.signature(for: CosignatureVerifier.message(note.text, time))
        let stamp = (0..<8).map { UInt8(truncatingIfNeeded: time >> UInt64(56 - 8 * $0)) }
        return SignedNote.Signature(name: verifier.name, keyHash: verifier.keyHash, bytes: stamp + signature)
    }
}
