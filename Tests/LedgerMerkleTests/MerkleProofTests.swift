import LedgerMerkle
import LedgerValues
import RandomSupport
import Testing

@Suite struct MerkleProofTests {
    @Test func `the root from stored nodes is the recursively defined one`() {
        let tree = ReferenceTree(size: 130, seed: 4)
        for size in 0...130 {
            #expect(treeRoot(size: Int64(size), node: tree.node) == tree.root(size), "size \(size)")
        }
    }

    @Test func `every leaf of every small tree is proven`() {
        let tree = ReferenceTree(size: 40, seed: 5)
        for size in 1...40 {
            let root = tree.root(size)
            for index in 0..<size {
                let path = inclusionPath(position: Int64(index), size: Int64(size), node: tree.node)
                #expect(
                    verifyInclusion(
                        leaf: tree.leaves[index], position: Int64(index), size: Int64(size), path: path, root: root),
                    "leaf \(index) of \(size)")
            }
        }
    }

    @Test func `every small tree is proven part of every larger one`() {
        let tree = ReferenceTree(size: 40, seed: 6)
        for new in 0...40 {
            for old in 0...new {
                let path = consistencyPath(from: Int64(old), to: Int64(new), node: tree.node)
                #expect(
                    verifyConsistency(
                        from: Int64(old), to: Int64(new), oldRoot: tree.root(old), newRoot: tree.root(new), path: path),
                    "\(old) of \(new)")
            }
        }
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func `an inclusion proof with anything altered fails`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let size = Int.random(in: 2...300, using: &random)
        let index = Int.random(in: 0..<size, using: &random)
        let tree = ReferenceTree(size: size, seed: seed)
        let root = tree.root(size)
        let path = inclusionPath(position: Int64(index), size: Int64(size), node: tree.node)
        func `holds`(_ leaf: Digest32, _ index: Int, _ size: Int, _ path: [Digest32], _ root: Digest32) -> Bool {
            verifyInclusion(leaf: leaf, position: Int64(index), size: Int64(size), path: path, root: root)
        }
        let leaf = tree.leaves[index]
        #expect(holds(leaf, index, size, path, root))
        #expect(!holds(altered(leaf, &random), index, size, path, root), "seed \(seed)")
        #expect(!holds(leaf, index, size, path, altered(root, &random)), "seed \(seed)")
        #expect(!holds(leaf, index, size, path + [leaf], root), "seed \(seed)")
        #expect(!holds(leaf, index, size, Array(path.dropLast()), root), "seed \(seed)")
        #expect(!holds(leaf, size, size, path, root), "seed \(seed)")
        #expect(!holds(leaf, -1, size, path, root), "seed \(seed)")
        for place in path.indices {
            var wrong = path
            wrong[place] = altered(wrong[place], &random)
            #expect(!holds(leaf, index, size, wrong, root), "seed \(seed), node \(place)")
        }
        let other = (index + 1) % size
        #expect(!holds(leaf, other, size, path, root), "seed \(seed)")
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func `a consistency proof with anything altered fails`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let new = Int.random(in: 2...300, using: &random)
        let old = Int.random(in: 1..<new, using: &random)
        let tree = ReferenceTree(size: new, seed: seed)
        let (oldRoot, newRoot) = (tree.root(old), tree.root(new))
        let path = consistencyPath(from: Int64(old), to: Int64(new), node: tree.node)
        func `holds`(_ oldRoot: Digest32, _ newRoot: Digest32, _ path: [Digest32]) -> Bool {
            verifyConsistency(from: Int64(old), to: Int64(new), oldRoot: oldRoot, newRoot: newRoot, path: path)
        }
        #expect(holds(oldRoot, newRoot, path))
        #expect(!holds(altered(oldRoot, &random), newRoot, path), "seed \(seed)")
        #expect(!holds(oldRoot, altered(newRoot, &random), path), "seed \(seed)")
        #expect(!holds(oldRoot, newRoot, path + [oldRoot]), "seed \(seed)")
        #expect(!holds(oldRoot, newRoot, Array(path.dropLast())), "seed \(seed)")
        for place in path.indices {
            var wrong = path
            wrong[place] = altered(wrong[place], &random)
            #expect(!holds(oldRoot, newRoot, wrong), "seed \(seed), node \(place)")
        }
    }

    @Test func `sizes that can't be are refused, an empty old tree only with its own root`() {
        let tree = ReferenceTree(size: 4, seed: 7)
        let root = tree.root(4)
        #expect(!verifyConsistency(from: 4, to: 3, oldRoot: root, newRoot: tree.root(3), path: []))
        #expect(!verifyConsistency(from: -1, to: 3, oldRoot: root, newRoot: tree.root(3), path: []))
        #expect(verifyConsistency(from: 0, to: 4, oldRoot: MerkleHash.emptyRoot, newRoot: root, path: []))
        #expect(!verifyConsistency(from: 0, to: 4, oldRoot: root, newRoot: root, path: []))
        #expect(!verifyConsistency(from: 4, to: 4, oldRoot: root, newRoot: tree.root(3), path: []))
        #expect(!verifyInclusion(leaf: root, position: 0, size: 0, path: [], root: root))
    }

    /// The digest with one bit flipped.
    private func altered(_ digest: Digest32, _ random: inout SeededGenerator) -> Digest32 {
        var bytes = digest.bytes
        bytes[Int.random(in: 0..<32, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        return Digest32(bytes)
    }
}
