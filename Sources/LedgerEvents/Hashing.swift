import Crypto
public import LedgerValues

extension UniqueID {
    /// The name-based UUID (version 5, RFC 9562) of a name's UTF-8 bytes under a namespace.
    public init(nameBased name: String, in namespace: UniqueID) {
        var hasher = Insecure.SHA1()
        var prefix = (namespace.high.bigEndian, namespace.low.bigEndian)
        withUnsafeBytes(of: &prefix) { hasher.update(bufferPointer: $0) }
        var name = name
        name.withUTF8 { hasher.update(bufferPointer: UnsafeRawBufferPointer($0)) }
        let (high, low) = hasher.finalize().withUnsafeBytes { digest in
            (
                UInt64(bigEndian: digest.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
                UInt64(bigEndian: digest.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
        self.init(
            high: high & 0xffff_ffff_ffff_0fff | 0x5000,
            low: low & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000)
    }
}

extension Digest32 {
    /// The SHA-256 of some bytes.
    public init(sha256Of bytes: [UInt8]) {
        self = bytes.withUnsafeBufferPointer { Digest32(sha256Of: $0) }
    }

    /// The SHA-256 of some bytes.
    public init(sha256Of bytes: UnsafeBufferPointer<UInt8>) {
        self.init(sha256Of: UnsafeRawBufferPointer(bytes))
    }

    /// The SHA-256 of some bytes.
    public init(sha256Of bytes: UnsafeRawBufferPointer) {
        var hasher = SHA256()
        hasher.update(bufferPointer: bytes)
        self = hasher.finalize().withUnsafeBytes { digest in
            guard let start = digest.baseAddress else { preconditionFailure("a digest has 32 bytes") }
            return Digest32(loading: start)
        }
    }

    /// The SHA-256 of a text's UTF-8 bytes.
    public init(sha256Of text: String) {
        self.init(sha256Of: Array(text.utf8))
    }
}
