import Crypto

/// The public half of a witness's Ed25519 key (C2SP tlog-cosignature, type 0x04).
///
/// A cosignature says: at a time, the largest tree of a log that the witness had seen, each continuing the one before, had this root.
public struct CosignatureVerifier: Sendable, Equatable {
    static let algorithm: UInt8 = 0x04
    static let header = "cosignature/v1"

    public let name: String
    /// The 32 bytes of the public key.
    public let publicKey: [UInt8]
    /// The first 4 bytes of SHA-256(name ‖ 0x0A ‖ 0x04 ‖ public key), as a number.
    public let keyHash: UInt32
    private let key: Curve25519.Signing.PublicKey

    public init(name: String, publicKey: [UInt8]) throws(NoteError) {
        guard NoteVerifier.isName(name) else { throw NoteError("a key name is not empty and has neither spaces nor +") }
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
        guard parsed.algorithm == Self.algorithm else { throw NoteError("not a witness's key: its type is not 0x04") }
        try self.init(name: parsed.name, publicKey: parsed.key)
    }

    /// `<name>+<hash>+<key>`.
    public var vkey: String { "\(name)+\(hexadecimal(keyHash))+\(Base64.encode([Self.algorithm] + publicKey))" }

    /// The newest time at which this witness cosigned the note's text, in seconds since 1970. Nil if no line is of this key.
    ///
    /// Throws if a line that names this key does not verify: such a note is malformed.
    public func time(in note: SignedNote) throws(NoteError) -> UInt64? {
        var newest: UInt64?
        for line in note.signatures where line.keyHash == keyHash && Array(line.name.utf8) == Array(name.utf8) {
            guard line.bytes.count == 72 else { throw NoteError("the cosignature of \(name) is not valid") }
            let time = line.bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
            guard key.isValidSignature(Array(line.bytes.dropFirst(8)), for: Self.message(note.text, time)) else {
                throw NoteError("the cosignature of \(name) is not valid")
            }
            newest = max(newest ?? 0, time)
        }
        return newest
    }

    static func message(_ text: [UInt8], _ time: UInt64) -> [UInt8] { Array("\(header)\ntime \(time)\n".utf8) + text }

    public static func == (left: CosignatureVerifier, right: CosignatureVerifier) -> Bool {
        Array(left.name.utf8) == Array(right.name.utf8) && left.publicKey == right.publicKey
    }
}

/// The private half of a witness's key.
public struct Cosigner: Sendable {
    public let verifier: CosignatureVerifier
    private let seed: [UInt8]

    /// - Parameters:
    ///   - name: as a verifier has it.
    ///   - seed: the 32 bytes of an Ed25519 private key, never a log's.
    public init(name: String, seed: [UInt8]) throws(NoteError) {
        guard seed.count == 32, let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed) else {
            throw NoteError("not an Ed25519 private key")
        }
        verifier = try CosignatureVerifier(name: name, publicKey: Array(key.publicKey.rawRepresentation))
        self.seed = seed
    }

    /// Reads `PRIVATE+KEY+<name>+<hash>+<seed>` of type 0x04. Errors quote nothing of it.
    public init(skey: String) throws(NoteError) {
        let parts = skey.split(separator: "+", maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0] == "PRIVATE", parts[1] == "KEY", let key = Base64.decode(parts[4]), key.count == 33,
            key[0] == CosignatureVerifier.algorithm
        else { throw NoteError("not a witness's private key of the form PRIVATE+KEY+<name>+<hash>+<seed>") }
        try self.init(name: String(parts[2]), seed: Array(key.dropFirst()))
        guard Array(parts[3].utf8) == Array(hexadecimal(verifier.keyHash).utf8) else {
            throw NoteError("the private key's hash is not that of its name and key")
        }
    }

    /// Makes a new key from the system's random numbers.
    public static func generate(name: String) throws(NoteError) -> Cosigner {
        try Cosigner(name: name, seed: Array(Curve25519.Signing.PrivateKey().rawRepresentation))
    }

    /// `PRIVATE+KEY+<name>+<hash>+<seed>`: a secret.
    public var skey: String {
        "PRIVATE+KEY+\(verifier.name)+\(hexadecimal(verifier.keyHash))+\(Base64.encode([CosignatureVerifier.algorithm] + seed))"
    }

    /// The same key under another name.
    public func named(_ name: String) throws(NoteError) -> Cosigner { try Cosigner(name: name, seed: seed) }

    /// The line that cosigns a note's text.
    ///
    /// The time is in seconds since 1970, from 1 to 2^63 − 1.
    public func cosign(_ note: SignedNote, at time: UInt64) throws(NoteError) -> SignedNote.Signature {
        guard 1...UInt64(Int64.max) ~= time else { throw NoteError("a cosignature's time is from 1 to 2^63 - 1") }
        guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed),
            let signature = try? key.signature(for: CosignatureVerifier.message(note.text, time))
        else { throw NoteError("signing failed") }
        let stamp = (0..<8).map { UInt8(truncatingIfNeeded: time >> UInt64(56 - 8 * $0)) }
        return SignedNote.Signature(name: verifier.name, keyHash: verifier.keyHash, bytes: stamp + signature)
    }
}

/// A verifier key's text, of any type.
package struct VerifierKey: Sendable {
    package let name: String
    package let algorithm: UInt8
    /// What follows the type.
    package let key: [UInt8]

    /// Reads `<name>+<hash>+<key>`, and checks the hash.
    package init(parsing text: String) throws(NoteError) {
        let parts = text.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, NoteVerifier.isName(parts[0]), let bytes = Base64.decode(parts[2]), let algorithm = bytes.first,
            bytes.count > 1
        else { throw NoteError("not a verifier key of the form <name>+<hash>+<key>") }
        name = String(parts[0])
        self.algorithm = algorithm
        key = Array(bytes.dropFirst())
        guard Array(parts[1].utf8) == Array(hexadecimal(keyID(name, algorithm, key)).utf8) else {
            throw NoteError("the verifier key's hash is not that of its name and key")
        }
    }
}

/// The first 4 bytes of SHA-256(name ‖ 0x0A ‖ type ‖ key), as a number.
func keyID(_ name: String, _ algorithm: UInt8, _ key: [UInt8]) -> UInt32 {
    SHA256.hash(data: Array(name.utf8) + [0x0a, algorithm] + key).prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
}
