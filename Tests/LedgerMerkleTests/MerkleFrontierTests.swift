import LedgerMerkle
import LedgerValues
import Testing

@Suite struct MerkleFrontierTests {
    @Test func `the frontier's root is the recursively defined one at every size`() {
        let tree = ReferenceTree(size: 200, seed: 1)
        var frontier = MerkleFrontier()
        for size in 0...200 {
            #expect(frontier.root == tree.root(size), "size \(size)")
            #expect(frontier.size == size)
            if size < 200 { frontier.append(tree.leaves[size]) }
        }
    }

    @Test func `every completed subtree is reported once, with its root`() {
        let tree = ReferenceTree(size: 150, seed: 2)
        var frontier = MerkleFrontier()
        var reported: [String] = []
        for leaf in tree.leaves {
            frontier.append(leaf) { level, index, node in
                reported.append("\(level)/\(index)")
                #expect(node == tree.node(level: level, index: index), "level \(level), index \(index)")
            }
        }
        let expected = (1...7).flatMap { level in (0..<150 >> level).map { "\(level)/\($0)" } }
        #expect(reported.sorted() == expected.sorted())
    }

    @Test func `a frontier restored from stored peaks goes on as if it had never stopped`() {
        let tree = ReferenceTree(size: 100, seed: 3)
        var whole = MerkleFrontier()
        for (size, leaf) in tree.leaves.enumerated() {
            let places = MerkleFrontier.peakCoordinates(size: Int64(size))
            let restored = MerkleFrontier(
                size: Int64(size), peaks: places.map { tree.node(level: $0.level, index: $0.index) })
            #expect(restored == whole, "size \(size)")
            whole.append(leaf)
        }
    }

    @Test func `peaks that do not fit the size are refused`() {
        #expect(MerkleFrontier(size: 3, peaks: [MerkleHash.emptyRoot]) == nil)
        #expect(MerkleFrontier(size: -1, peaks: []) == nil)
        #expect(MerkleFrontier(size: 0, peaks: []) != nil)
    }

    @Test func `peak coordinates cover the leaves from left to right without a gap`() {
        for size in [Int64(0), 1, 2, 3, 7, 8, 21, 1_000_003, .max] {
            var next: Int64 = 0
            for (level, index) in MerkleFrontier.peakCoordinates(size: size) {
                #expect(index << Int64(level) == next)
                next &+= 1 << Int64(level)
            }
            #expect(next == size)
        }
    }
}
