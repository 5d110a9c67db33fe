import LedgerMerkle
import LedgerValues
import RandomSupport

/// The tree as RFC 6962 section 2.1 defines it, recursively over the leaves.
struct ReferenceTree: Sendable {
    let leaves: [Digest32]

    init(_ leaves: [Digest32]) {
        self.leaves = leaves
    }

    init(size: Int, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        leaves = (0..<size).map { _ in
            MerkleHash.leaf(
                (0..<Int.random(in: 0..<80, using: &random)).map { _ in .random(in: 0...255, using: &random) })
        }
    }

    /// MTH(D[n]) for n leaves from the first.
    func root(_ size: Int) -> Digest32 {
        root(of: leaves[..<size])
    }

    /// The root of a complete subtree.
    func node(level: Int, index: Int64) -> Digest32 {
        let first = Int(index) << level
        return root(of: leaves[first..<first + 1 << level])
    }

    private func root(of part: ArraySlice<Digest32>) -> Digest32 {
        if part.isEmpty { return MerkleHash.emptyRoot }
        if part.count == 1 { return part[part.startIndex] }
        var half = 1
        while half * 2 < part.count { half *= 2 }
        return MerkleHash.node(
            root(of: part[part.startIndex..<part.startIndex + half]), root(of: part[(part.startIndex + half)...]))
    }
}

func bytes(ofHex text: String) -> [UInt8] {
    let digits = text.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}
