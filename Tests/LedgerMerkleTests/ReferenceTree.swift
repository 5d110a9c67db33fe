import LedgerMerkle
import LedgerValues

/// The tree as RFC 6962 section 2.1 defines it, recursively over the leaves.
struct ReferenceTree: Sendable {
    let leaves: [Digest32]

    init(_ leaves: [Digest32]) {
        self.leaves = leaves
    }

    init(size: Int, seed: UInt64) {
        var random = SplitMix(state: seed)
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

/// A small repeatable generator.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

func bytes(ofHex text: String) -> [UInt8] {
    let digits = text.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}
