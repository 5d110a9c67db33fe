import Crypto
public import LedgerValues

/// The hashes of an RFC 6962 Merkle tree over SHA-256. Leaves and nodes are hashed with different first bytes, so that
/// neither can be mistaken for the other.
public enum MerkleHash {
    /// The root of the tree without leaves: the SHA-256 of no bytes.
    public static let emptyRoot = digest { _ in }

    /// SHA-256(0x00 ‖ leaf), without copying the leaf.
    public static func leaf(_ bytes: [UInt8]) -> Digest32 { bytes.withUnsafeBytes { leaf($0) } }

    /// SHA-256(0x00 ‖ leaf) for bytes in place.
    public static func leaf(_ bytes: UnsafeRawBufferPointer) -> Digest32 {
        digest { hasher in
            update(&hasher, 0x00)
            hasher.update(bufferPointer: bytes)
        }
    }

    /// SHA-256(0x01 ‖ left ‖ right).
    public static func node(_ left: Digest32, _ right: Digest32) -> Digest32 {
        withUnsafeTemporaryAllocation(byteCount: 65, alignment: 8) { bytes in
            guard let start = bytes.baseAddress else { preconditionFailure("65 bytes have an address") }
            start.storeBytes(of: 0x01, as: UInt8.self)
            left.store(to: start + 1)
            right.store(to: start + 33)
            return digest { hasher in hasher.update(bufferPointer: UnsafeRawBufferPointer(bytes)) }
        }
    }

    private static func update(_ hasher: inout SHA256, _ byte: UInt8) {
        withUnsafeBytes(of: byte) { hasher.update(bufferPointer: $0) }
    }

    private static func digest(_ feed: (inout SHA256) -> Void) -> Digest32 {
        var hasher = SHA256()
        feed(&hasher)
        return hasher.finalize().withUnsafeBytes { raw in
            guard raw.count == 32, let start = raw.baseAddress else { preconditionFailure("SHA-256 gives 32 bytes") }
            return Digest32(loading: start)
        }
    }
}
