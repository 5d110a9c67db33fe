import LedgerEvents
import LedgerMerkle
import LedgerPostgres
import LedgerStore
import LedgerValues
import TestSupport
import Testing

@Suite struct LogProofTests {
    /// The root of RFC 6962 section 2.1, by its definition alone.
    static func naiveRoot(_ leaves: ArraySlice<Digest32>) -> Digest32 {
        if leaves.isEmpty { return MerkleHash.emptyRoot }
        if leaves.count == 1 { return leaves[leaves.startIndex] }
        var left = 1
        while left * 2 < leaves.count { left *= 2 }
        let middle = leaves.startIndex + left
        return MerkleHash.node(naiveRoot(leaves[..<middle]), naiveRoot(leaves[middle...]))
    }

    @Test func `proofs from the stored nodes agree with naive roots, and no changed bit of one does`() async throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        try await withLedger { ledger in
            let count = 203
            var done = 0
            while done < count {
                let size = min(Int.random(in: 1...40, using: &random), count - done)
                try await ledger.log.append(
                    (done..<done + size).map { recorded(try sampleRow("t\($0)")) }, runID: UniqueID(random: &random))
                done += size
            }
            let pairs = (0..<60).map { _ in
                let size = Int64.random(in: 1...Int64(count), using: &random)
                return (Int64.random(in: 1...size, using: &random), size)
            }
            try await ledger.pool.run { session in
                let leaves = try LogReader().events(after: 0, limit: 1000, session).map(\.leafHash)
                for (position, size) in pairs {
                    let root = Self.naiveRoot(leaves[..<Int(size)])
                    let oldRoot = Self.naiveRoot(leaves[..<Int(position)])
                    let proof = try LogProofs().inclusion(position: position, size: size, session)
                    #expect(proof.root == root && proof.leaf == leaves[Int(position) - 1], "seed \(seed)")
                    func isIncluded(_ path: [Digest32], _ leaf: Digest32) -> Bool {
                        verifyInclusion(leaf: leaf, position: position - 1, size: size, path: path, root: root)
                    }
                    #expect(isIncluded(proof.path, proof.leaf), "seed \(seed)")
                    #expect(!isIncluded(proof.path, proof.leaf.flipped(7)))
                    let step = try LogProofs().consistency(from: position, to: size, session)
                    #expect(step.fromRoot == oldRoot && step.toRoot == root, "seed \(seed)")
                    func isConsistent(_ path: [Digest32]) -> Bool {
                        verifyConsistency(from: position, to: size, oldRoot: oldRoot, newRoot: root, path: path)
                    }
                    #expect(isConsistent(step.path), "seed \(seed)")
                    for bit in 0..<256 {
                        for index in proof.path.indices {
                            var path = proof.path
                            path[index] = path[index].flipped(bit)
                            if isIncluded(path, proof.leaf) { Issue.record("inclusion \(index) \(bit), seed \(seed)") }
                        }
                        for index in step.path.indices {
                            var path = step.path
                            path[index] = path[index].flipped(bit)
                            if isConsistent(path) { Issue.record("consistency \(index) \(bit), seed \(seed)") }
                        }
                    }
                }
                #expect(throws: LedgerError.positionUnknown(position: 204, head: 203)) {
                    try LogProofs().inclusion(position: 1, size: 204, session)
                }
                #expect(throws: LedgerError.self) { try LogProofs().inclusion(position: 0, size: 5, session) }
                #expect(throws: LedgerError.self) { try LogProofs().inclusion(position: 6, size: 5, session) }
                #expect(throws: LedgerError.self) { try LogProofs().consistency(from: 6, to: 5, session) }
                #expect(try LogProofs().consistency(from: 0, to: 5, session).path.isEmpty)
            }
        }
    }
}

extension Digest32 {
    func flipped(_ bit: Int) -> Digest32 {
        var bytes = bytes
        bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        return Digest32(bytes)
    }
}
