import Crypto

/// Why a key, a note or a checkpoint is unusable.
public struct NoteError: Error, Equatable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}

/// The public half of a note's Ed25519 key, with its name (C2SP signed-note).
public struct NoteVerifier: Sendable, Equatable {
    static let algorithm: UInt8 = 0x01

    public let name: String
    /// The 32 bytes of the public key.
    public let publicKey: [UInt8]
    /// The first 4 bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key), as a number.
    public let keyHash: UInt32
    private let key: Curve25519.Signing.PublicKey

    /// Makes a verifier of a name and a public key of 32 bytes.
    ///
    /// - Parameters:
    ///   - name: not empty, without `+`, spaces or control characters.
    ///   - publicKey: an Ed25519 key.
    public init(name: String, publicKey: [UInt8]) throws(NoteError) {
        guard Self.isName(name) else { throw NoteError("a key name is not empty and has neither spaces nor +") }
        guard publicKey.count == 32, let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey) else {
            throw NoteError("not an Ed25519 public key")
        }
        self.name = name
        self.publicKey = publicKey
        self.key = key
        keyHash = keyID(name, Self.algorithm, publicKey)
    }

    /// Reads `<name>+<hash>+<key>`.
    public init(vkey: String) throws(NoteError) {
        let parsed = try VerifierKey(parsing: vkey)
        guard parsed.algorithm == Self.algorithm, parsed.key.count == 32 else {
            throw NoteError("not a verifier key of the form <name>+<hash>+<key> with an Ed25519 key")
        }
        try self.init(name: parsed.name, publicKey: parsed.key)
    }

    /// `<name>+<hash>+<key>`.
    public var vkey: String { "\(name)+\(hexadecimal(keyHash))+\(Base64.encode([Self.algorithm] + publicKey))" }

    func isValid(_ signature: [UInt8], for text: [UInt8]) -> Bool {
        signature.count == 64 && key.isValidSignature(signature, for: text)
    }

    public static func == (left: NoteVerifier, right: NoteVerifier) -> Bool {
        Array(left.name.utf8) == Array(right.name.utf8) && left.publicKey == right.publicKey
    }

    static func isName(_ name: some StringProtocol) -> Bool {
        !name.isEmpty
            && name.unicodeScalars.allSatisfy {
                $0 != "+" && $0.value >= 0x20 && $0.value != 0x7f && !$0.properties.isWhitespace
            }
    }
}

/// The private half of a note's Ed25519 key, with its name.
public struct NoteSigner: Sendable {
    public let verifier: NoteVerifier
    private let seed: [UInt8]

    /// Makes a signer of a name and a private key.
    ///
    /// - Parameters:
    ///   - name: as a verifier has it.
    ///   - seed: the 32 bytes of an Ed25519 private key.
    public init(name: String, seed: [UInt8]) throws(NoteError) {
        guard seed.count == 32, let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed) else {
            throw NoteError("not an Ed25519 private key")
        }
        verifier = try NoteVerifier(name: name, publicKey: Array(key.publicKey.rawRepresentation))
        self.seed = seed
    }

    /// Reads `PRIVATE+KEY+<name>+<hash>+<seed>`. Errors quote nothing of it.
    public init(skey: String) throws(NoteError) {
        let parts = skey.split(separator: "+", maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0] == "PRIVATE", parts[1] == "KEY", let key = Base64.decode(parts[4]),
            key.count == 33, key[0] == NoteVerifier.algorithm
        else { throw NoteError("not a private key of the form PRIVATE+KEY+<name>+<hash>+<seed> for Ed25519") }
        try self.init(name: String(parts[2]), seed: Array(key.dropFirst()))
        guard Array(parts[3].utf8) == Array(hexadecimal(verifier.keyHash).utf8) else {
            throw NoteError("the private key's hash is not that of its name and key")
        }
    }

    /// Makes a new key from the system's random numbers.
    public static func generate(name: String) throws(NoteError) -> NoteSigner {
        try NoteSigner(name: name, seed: Array(Curve25519.Signing.PrivateKey().rawRepresentation))
    }

    /// `PRIVATE+KEY+<name>+<hash>+<seed>`: a secret.
    public var skey: String {
        "PRIVATE+KEY+\(verifier.name)+\(hexadecimal(verifier.keyHash))+\(Base64.encode([NoteVerifier.algorithm] + seed))"
    }

    /// The same key under another name.
    public func named(_ name: String) throws(NoteError) -> NoteSigner { try NoteSigner(name: name, seed: seed) }

    func signature(for text: [UInt8]) throws(NoteError) -> [UInt8] {
        guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed),
            let signature = try? key.signature(for: text)
        else { throw NoteError("signing failed") }
        return Array(signature)
    }
}

func hexadecimal(_ hash: UInt32) -> String {
    let text = String(hash, radix: 16)
    return String(repeating: "0", count: 8 - text.count) + text
}
