import Crypto
public import Values

/// The hashes of an RFC 6962 Merkle tree over SHA-256. Leaves and nodes start with different bytes, so that
/// neither can be taken for the other.
public enum MerkleHash {
    /// The root of the tree without leaves: the SHA-256 of nothing.
    public static let emptyRoot = digest { _ in }

    /// SHA-256(0x00 ‖ leaf), without copying the leaf.
    public static func leaf(_ bytes: [UInt8]) -> Digest32 {
        digest { hasher in
            update(&hasher, 0x00)
            bytes.withUnsafeBytes { hasher.update(bufferPointer: $0) }
        }
    }

    /// SHA-256(0x01 ‖ left ‖ right).
    public static func node(_ left: Digest32, _ right: Digest32) -> Digest32 {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(65)
        bytes.append(0x01)
        left.append(to: &bytes)
        right.append(to: &bytes)
        return digest { hasher in
            bytes.withUnsafeBytes { hasher.update(bufferPointer: $0) }
        }
    }

    private static func update(_ hasher: inout SHA256, _ byte: UInt8) {
        withUnsafeBytes(of: byte) { hasher.update(bufferPointer: $0) }
    }

    private static func digest(_ feed: (inout SHA256) -> Void) -> Digest32 {
        var hasher = SHA256()
        feed(&hasher)
        return hasher.finalize().withUnsafeBytes { raw in
            guard let digest = Digest32(bytes: raw.assumingMemoryBound(to: UInt8.self).span) else {
                preconditionFailure("SHA-256 gives 32 bytes")
            }
            return digest
        }
    }
}
