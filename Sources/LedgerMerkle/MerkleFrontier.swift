public import LedgerValues

/// The right edge of a Merkle tree: all that is needed to append leaves and to compute the root.
///
/// It holds the roots of the complete subtrees into which the leaves split, largest first. There is one subtree for each
/// bit set in the number of leaves.
public struct MerkleFrontier: Sendable, Equatable {
    /// The number of leaves.
    public private(set) var size: Int64
    /// The roots of the complete subtrees, largest (leftmost) first.
    public private(set) var peaks: [Digest32]

    /// The tree without leaves.
    public init() {
        size = 0
        peaks = []
    }

    /// The tree of that many leaves, or nil if the number of peaks is not the number of bits set in `size`.
    public init?(size: Int64, peaks: [Digest32]) {
        guard size >= 0, peaks.count == size.nonzeroBitCount else { return nil }
        self.size = size
        self.peaks = peaks
    }

    /// Appends a leaf hash and reports each subtree that it completes, lowest level first: its level (1 or more), its
    /// index among the subtrees of that level, and its root. Amortized cost: one node hash per leaf.
    public mutating func append(_ leaf: Digest32, completed: (_ level: Int, _ index: Int64, _ node: Digest32) -> Void) {
        var node = leaf
        var index = size
        var level = 0
        while index & 1 == 1, let left = peaks.popLast() {
            node = MerkleHash.node(left, node)
            index >>= 1
            level += 1
            completed(level, index, node)
        }
        peaks.append(node)
        size += 1
    }

    /// Appends a leaf hash.
    public mutating func append(_ leaf: Digest32) {
        append(leaf) { _, _, _ in }
    }

    /// The tree's root: the peaks folded from the right. At most 62 node hashes.
    public var root: Digest32 {
        guard var node = peaks.last else { return MerkleHash.emptyRoot }
        for peak in peaks.dropLast().reversed() {
            node = MerkleHash.node(peak, node)
        }
        return node
    }

    /// The coordinates of the peaks of a tree of that many leaves, in the order of ``peaks``. Level 0 is a leaf, and
    /// (level, index) covers the leaves [index·2^level, (index + 1)·2^level).
    public static func peakCoordinates(size: Int64) -> [(level: Int, index: Int64)] {
        precondition(size >= 0, "a tree has no negative size")
        var coordinates: [(level: Int, index: Int64)] = []
        for level in stride(from: 62, through: 0, by: -1) where size >> Int64(level) & 1 == 1 {
            coordinates.append((level, (size >> Int64(level)) - 1))
        }
        return coordinates
    }
}
