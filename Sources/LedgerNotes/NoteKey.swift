/// Why a key, a note or a checkpoint is unusable.
public struct NoteError: Error, Equatable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}

/// The public half of a note's Ed25519 key, with its name (C2SP signed-note).
public struct NoteVerifier: Sendable, Equatable {
    static let algorithm: UInt8 = 0x01

    private let key: NamedKey

    public var name: String { key.name }
    /// The 32 bytes of the public key.
    public var publicKey: [UInt8] { key.publicKey }
    /// The first 4 bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key), as a number.
    public var keyHash: UInt32 { key.hash }

    /// Makes a verifier of a name and a public key of 32 bytes.
    ///
    /// - Parameters:
    ///   - name: not empty, without `+`, spaces or control characters.
    ///   - publicKey: an Ed25519 key.
    public init(name: String, publicKey: [UInt8]) throws(NoteError) {
        key = try NamedKey(name: name, algorithm: Self.algorithm, publicKey: publicKey)
    }

    /// Reads `<name>+<hash>+<key>`.
    public init(vkey: String) throws(NoteError) {
        let parsed = try VerifierKey(parsing: vkey)
        guard parsed.algorithm == Self.algorithm, parsed.key.count == 32 else {
            throw NoteError("not a verifier key of the form <name>+<hash>+<key> with an Ed25519 key")
        }
        try self.init(name: parsed.name, publicKey: parsed.key)
    }

    fileprivate init(_ key: NamedKey) { self.key = key }

    /// `<name>+<hash>+<key>`.
    public var vkey: String { key.text }

    func isValid(_ signature: [UInt8], for text: [UInt8]) -> Bool { key.isValid(signature, for: text) }
}

/// The private half of a note's Ed25519 key, with its name.
public struct NoteSigner: Sendable {
    public let verifier: NoteVerifier
    private let seed: NamedSeed

    /// Makes a signer of a name and a private key.
    ///
    /// - Parameters:
    ///   - name: as a verifier has it.
    ///   - seed: the 32 bytes of an Ed25519 private key.
    public init(name: String, seed: [UInt8]) throws(NoteError) {
        self.init(try NamedSeed(name: name, algorithm: NoteVerifier.algorithm, seed: seed))
    }

    /// Reads `PRIVATE+KEY+<name>+<hash>+<seed>`. Errors quote nothing of it.
    public init(skey: String) throws(NoteError) {
        self.init(
            try NamedSeed(
                parsing: skey, algorithm: NoteVerifier.algorithm,
                expected: "a private key of the form PRIVATE+KEY+<name>+<hash>+<seed> for Ed25519"))
    }

    private init(_ seed: NamedSeed) {
        self.seed = seed
        verifier = NoteVerifier(seed.key)
    }

    /// Makes a new key from the system's random numbers.
    public static func generate(name: String) throws(NoteError) -> NoteSigner {
        NoteSigner(try NamedSeed.generate(name: name, algorithm: NoteVerifier.algorithm))
    }

    /// `PRIVATE+KEY+<name>+<hash>+<seed>`: a secret.
    public var skey: String { seed.text }

    /// The same key under another name.
    public func named(_ name: String) throws(NoteError) -> NoteSigner { NoteSigner(try seed.named(name)) }

    func signature(for text: [UInt8]) throws(NoteError) -> [UInt8] { try seed.signature(for: text) }
}
