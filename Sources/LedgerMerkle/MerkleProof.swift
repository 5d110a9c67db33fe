public import LedgerValues

/// The root of the first `size` leaves. Reads O(log size) nodes.
public func treeRoot(
    size: Int64, node: (_ level: Int, _ index: Int64) throws -> Digest32
) rethrows -> Digest32 {
    precondition(size >= 0, "a tree has no negative size")
    return size == 0 ? MerkleHash.emptyRoot : try subtreeRoot(0, size, node)
}

/// The audit path of RFC 6962 section 2.1.1 for the leaf at `index` (from 0) in the tree of the first `size`
/// leaves, lowest node first. Reads O(log² size) nodes.
///
/// The tree must contain the leaf `index`.
public func inclusionPath(
    position index: Int64, size: Int64, node: (_ level: Int, _ index: Int64) throws -> Digest32
) rethrows -> [Digest32] {
    precondition(0 <= index && index < size, "the leaf is not in the tree")
    var path: [Digest32] = []
    var (low, high) = (Int64(0), size)
    while high - low > 1 {
        let middle = low + leftSize(high - low)
        if index < middle {
            path.append(try subtreeRoot(middle, high, node))
            high = middle
        } else {
            path.append(try subtreeRoot(low, middle, node))
            low = middle
        }
    }
    return path.reversed()
}

/// The consistency proof of RFC 6962 section 2.1.2 between the trees of the first `old` and the first `new`
/// leaves; empty if `old` is 0 or equals `new`. Reads O(log² new) nodes.
///
/// `old` must not exceed `new`.
public func consistencyPath(
    from old: Int64, to new: Int64, node: (_ level: Int, _ index: Int64) throws -> Digest32
) rethrows -> [Digest32] {
    precondition(0 <= old && old <= new, "the old tree is not part of the new one")
    if old == 0 || old == new { return [] }
    var path: [Digest32] = []
    var (low, high) = (Int64(0), new)
    // Whether the rest of the old tree is the whole old tree, whose root the verifier already knows.
    var isWhole = true
    while old < high {
        let middle = low + leftSize(high - low)
        if old <= middle {
            path.append(try subtreeRoot(middle, high, node))
            high = middle
        } else {
            path.append(try subtreeRoot(low, middle, node))
            low = middle
            isWhole = false
        }
    }
    if !isWhole { path.append(try subtreeRoot(low, high, node)) }
    return path.reversed()
}

/// Whether an audit path proves that the leaf hash is at `index` (from 0) in the tree of `size` leaves with that root.
/// False for any impossible size, index or path.
public func verifyInclusion(
    leaf: Digest32, position index: Int64, size: Int64, path: [Digest32], root: Digest32
) -> Bool {
    guard 0 <= index, index < size else { return false }
    var (place, last) = (index, size - 1)
    var node = leaf
    for sibling in path {
        guard last > 0 else { return false }
        if place & 1 == 1 || place == last {
            node = MerkleHash.node(sibling, node)
            // A node at the right edge without a sibling rises unchanged.
            while place & 1 == 0, place > 0 {
                place >>= 1
                last >>= 1
            }
        } else {
            node = MerkleHash.node(node, sibling)
        }
        place >>= 1
        last >>= 1
    }
    return last == 0 && node == root
}

/// Whether a consistency proof shows that the tree of `new` leaves with `newRoot` starts with the tree of `old`
/// leaves with `oldRoot`. An empty old tree is part of any tree. False for impossible sizes or proofs.
public func verifyConsistency(
    from old: Int64, to new: Int64, oldRoot: Digest32, newRoot: Digest32, path: [Digest32]
) -> Bool {
    guard 0 <= old, old <= new else { return false }
    if old == new { return path.isEmpty && oldRoot == newRoot }
    if old == 0 { return path.isEmpty && oldRoot == MerkleHash.emptyRoot }
    var rest = path[...]
    var (place, last) = (old - 1, new - 1)
    while place & 1 == 1 {
        place >>= 1
        last >>= 1
    }
    // If the old tree is a complete subtree of the new one, the proof leaves out its root.
    let start: Digest32
    if place == 0 {
        start = oldRoot
    } else {
        guard let first = rest.popFirst() else { return false }
        start = first
    }
    var (oldNode, newNode) = (start, start)
    for sibling in rest {
        guard last > 0 else { return false }
        if place & 1 == 1 || place == last {
            oldNode = MerkleHash.node(sibling, oldNode)
            newNode = MerkleHash.node(sibling, newNode)
            while place & 1 == 0, place > 0 {
                place >>= 1
                last >>= 1
            }
        } else {
            newNode = MerkleHash.node(newNode, sibling)
        }
        place >>= 1
        last >>= 1
    }
    return last == 0 && oldNode == oldRoot && newNode == newRoot
}

/// The root of the leaves `low..<high`, where `low` is a multiple of the largest power of two that does not exceed
/// their number.
private func subtreeRoot(
    _ low: Int64, _ high: Int64, _ node: (Int, Int64) throws -> Digest32
) rethrows -> Digest32 {
    let count = high - low
    let level = count.trailingZeroBitCount
    if count == 1 << Int64(level) { return try node(level, low >> Int64(level)) }
    let middle = low + leftSize(count)
    return MerkleHash.node(try subtreeRoot(low, middle, node), try subtreeRoot(middle, high, node))
}

/// The largest power of two below `count`: the number of leaves in the left half. `count` must be above 1.
private func leftSize(_ count: Int64) -> Int64 {
    1 << Int64(63 - (count - 1).leadingZeroBitCount)
}
