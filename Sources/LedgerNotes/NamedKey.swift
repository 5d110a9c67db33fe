import Crypto

/// The public half of an Ed25519 key with its name and its type: what the keys of logs and of witnesses share.
struct NamedKey: Sendable, Equatable {
    let name: String
    let algorithm: UInt8
    /// The 32 bytes of the public key.
    let publicKey: [UInt8]
    /// See ``keyID(_:_:_:)``.
    let hash: UInt32
    private let key: Curve25519.Signing.PublicKey

    init(name: String, algorithm: UInt8, publicKey: [UInt8]) throws(NoteError) {
        guard VerifierKey.isName(name) else { throw NoteError("a key name is not empty and has neither spaces nor +") }
        guard publicKey.count == 32, let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey) else {
            throw NoteError("not an Ed25519 public key")
        }
        self.name = name
        self.algorithm = algorithm
        self.publicKey = publicKey
        self.key = key
        hash = keyID(name, algorithm, publicKey)
    }

    /// `<name>+<hash>+<key>`.
    var text: String { "\(name)+\(hexadecimal(hash))+\(Base64.encode([algorithm] + publicKey))" }

    func isValid(_ signature: [UInt8], for text: [UInt8]) -> Bool {
        signature.count == 64 && key.isValidSignature(signature, for: text)
    }

    static func == (left: NamedKey, right: NamedKey) -> Bool {
        Array(left.name.utf8) == Array(right.name.utf8) && left.algorithm == right.algorithm && left.publicKey == right.publicKey
    }
}

/// The private half of an Ed25519 key with its name and its type.
struct NamedSeed: Sendable {
    let key: NamedKey
    private let seed: [UInt8]

    /// - Parameter seed: the 32 bytes of an Ed25519 private key.
    init(name: String, algorithm: UInt8, seed: [UInt8]) throws(NoteError) {
        guard seed.count == 32, let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed) else {
            throw NoteError("not an Ed25519 private key")
        }
        self.key = try NamedKey(name: name, algorithm: algorithm, publicKey: Array(key.publicKey.rawRepresentation))
        self.seed = seed
    }

    /// Reads `PRIVATE+KEY+<name>+<hash>+<seed>`. Errors quote nothing of it.
    ///
    /// - Parameter expected: what the text is not, if it has another form or type.
    init(parsing text: String, algorithm: UInt8, expected: String) throws(NoteError) {
        let parts = text.split(separator: "+", maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0] == "PRIVATE", parts[1] == "KEY", let bytes = Base64.decode(parts[4]), bytes.count == 33,
            bytes[0] == algorithm
        else { throw NoteError("not \(expected)") }
        try self.init(name: String(parts[2]), algorithm: algorithm, seed: Array(bytes.dropFirst()))
        guard Array(parts[3].utf8) == Array(hexadecimal(key.hash).utf8) else {
            throw NoteError("the private key's hash is not that of its name and key")
        }
    }

    /// Makes a new key from the system's random numbers.
    static func generate(name: String, algorithm: UInt8) throws(NoteError) -> NamedSeed {
        try NamedSeed(name: name, algorithm: algorithm, seed: Array(Curve25519.Signing.PrivateKey().rawRepresentation))
    }

    /// `PRIVATE+KEY+<name>+<hash>+<seed>`: a secret.
    var text: String { "PRIVATE+KEY+\(key.name)+\(hexadecimal(key.hash))+\(Base64.encode([key.algorithm] + seed))" }

    /// The same key under another name.
    func named(_ name: String) throws(NoteError) -> NamedSeed {
        try NamedSeed(name: name, algorithm: key.algorithm, seed: seed)
    }

    func signature(for text: [UInt8]) throws(NoteError) -> [UInt8] {
        guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed), let signature = try? key.signature(for: text)
        else { throw NoteError("signing failed") }
        return Array(signature)
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
        guard parts.count == 3, Self.isName(parts[0]), let bytes = Base64.decode(parts[2]), let algorithm = bytes.first,
            bytes.count > 1
        else { throw NoteError("not a verifier key of the form <name>+<hash>+<key>") }
        name = String(parts[0])
        self.algorithm = algorithm
        key = Array(bytes.dropFirst())
        guard Array(parts[1].utf8) == Array(hexadecimal(keyID(name, algorithm, key)).utf8) else {
            throw NoteError("the verifier key's hash is not that of its name and key")
        }
    }

    static func isName(_ name: some StringProtocol) -> Bool {
        !name.isEmpty
            && name.unicodeScalars.allSatisfy {
                $0 != "+" && $0.value >= 0x20 && $0.value != 0x7f && !$0.properties.isWhitespace
            }
    }
}

/// The first 4 bytes of SHA-256(name ‖ 0x0A ‖ type ‖ key), as a number.
func keyID(_ name: String, _ algorithm: UInt8, _ key: [UInt8]) -> UInt32 {
    SHA256.hash(data: Array(name.utf8) + [0x0a, algorithm] + key).prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
}

func hexadecimal(_ hash: UInt32) -> String {
    let text = String(hash, radix: 16)
    return String(repeating: "0", count: 8 - text.count) + text
}
