import LedgerMerkle
import LedgerNotes
import LedgerValues
import LedgerWitness
import Testing

/// A log in memory.
struct MemoryLog {
    let leaves: [Digest32]

    init(_ count: Int, branch: (from: Int, name: String)? = nil) {
        leaves = (0..<count).map { index in
            let name = branch.map { index >= $0.from ? $0.name : "" } ?? ""
            return MerkleHash.leaf(Array("\(name)\(index)".utf8))
        }
    }

    private func node(_ level: Int, _ index: Int64) -> Digest32 {
        if level == 0 { return leaves[Int(index)] }
        return MerkleHash.node(node(level - 1, 2 * index), node(level - 1, 2 * index + 1))
    }

    func root(_ size: Int64) -> Digest32 { treeRoot(size: size, node: node) }
    func path(_ old: Int64, _ new: Int64) -> [Digest32] { consistencyPath(from: old, to: new, node: node) }
}

@Suite struct WitnessCoreTests {
    private func checkpoint(_ bench: WitnessBench, _ log: MemoryLog, _ size: Int64) throws -> SignedNote {
        try Checkpoint(origin: bench.log.verifier.name, size: size, root: log.root(size)).signed(by: bench.log)
    }

    private func judge(_ core: WitnessCore, _ body: [UInt8], _ last: WitnessedHead?) throws -> WitnessCore.Verdict {
        core.judge(try #require(AddCheckpoint(parsing: body)), after: last)
    }

    @Test func `every answer of the protocol, in its order`() throws {
        let bench = try WitnessBench(0)
        let core = WitnessCore(try WitnessPolicy(parsing: bench.lines("quorum none")))
        let log = MemoryLog(20)
        let other = MemoryLog(20, branch: (5, "x"))
        let last = WitnessedHead(size: 7, root: log.root(7), time: 5)
        let path = log.path(7, 20)
        let note = try checkpoint(bench, log, 20)
        func body(_ old: Int64, _ path: [Digest32], _ note: SignedNote) -> [UInt8] { AddCheckpoint.body(old: old, path, note) }
        #expect(try judge(core, body(7, path, note), last) == .cosign)
        #expect(try judge(core, body(0, [], note), nil) == .cosign)
        // The same head again.
        #expect(try judge(core, body(7, [], try checkpoint(bench, log, 7)), last) == .cosign)
        #expect(try judge(core, body(7, path, try checkpoint(bench, other, 20)), last) == .inconsistent)
        #expect(try judge(core, body(7, other.path(7, 20), try checkpoint(bench, other, 20)), last) == .inconsistent)
        #expect(try judge(core, body(7, [], try checkpoint(bench, other, 7)), last) == .inconsistent)
        #expect(try judge(core, body(7, path, try checkpoint(bench, log, 7)), last) == .inconsistent)
        #expect(try judge(core, body(0, path, note), nil) == .inconsistent)
        #expect(try judge(core, body(7, [], note), last) == .inconsistent)
        #expect(try judge(core, body(6, path, note), last) == .conflict(size: 7))
        #expect(try judge(core, body(7, path, note), nil) == .conflict(size: 0))
        #expect(try judge(core, body(21, path, note), last) == .malformed)
        #expect(try judge(core, body(7, [Digest32](repeating: log.root(1), count: 64), note), last) == .malformed)
        #expect(try judge(core, Array("old 07\n\n".utf8) + note.bytes, last) == .malformed)
        #expect(try judge(core, Array("old -1\n\n".utf8) + note.bytes, last) == .malformed)
        #expect(try judge(core, Array("old 7\nx\n\n".utf8) + note.bytes, last) == .malformed)
        // Size 0 has the root of no leaves, or none.
        let empty = try Checkpoint(origin: bench.log.verifier.name, size: 0, root: MerkleHash.emptyRoot).signed(by: bench.log)
        let false0 = try Checkpoint(origin: bench.log.verifier.name, size: 0, root: log.root(1)).signed(by: bench.log)
        #expect(try judge(core, body(0, [], empty), nil) == .cosign)
        #expect(try judge(core, body(0, [], false0), nil) == .inconsistent)
        // Who is not known, or did not sign, learns nothing of what was cosigned.
        let stranger = try NoteSigner(name: bench.log.verifier.name, seed: [UInt8](repeating: 77, count: 32))
        let unsigned = try Checkpoint(origin: bench.log.verifier.name, size: 20, root: log.root(20)).signed(by: stranger)
        #expect(try judge(core, body(9, [], unsigned), last) == .forbidden)
        var forged = note.bytes
        forged[forged.count - 6] = forged[forged.count - 6] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        #expect(try judge(core, Array("old 7\n\n".utf8) + forged, last) == .forbidden)
        let foreign = try NoteSigner(name: "log.example/other", seed: [UInt8](repeating: 77, count: 32))
        #expect(
            try judge(
                core,
                Array("nonsense\n\n".utf8)
                    + (try Checkpoint(origin: "log.example/other", size: 1, root: log.root(1)).signed(by: foreign)).bytes, last)
                == .unknownOrigin)
        #expect(AddCheckpoint(parsing: []) == nil && AddCheckpoint(parsing: Array("old 0\n".utf8)) == nil)
        // Signatures of others beside the log's are no matter.
        #expect(try judge(core, body(7, path, note.adding(unsigned.signatures)), last) == .cosign)
    }

    @Test func `a time never goes back and is never 0`() {
        let last = WitnessedHead(size: 1, root: MerkleHash.emptyRoot, time: 500)
        #expect(WitnessCore.time(clock: 400, after: last) == 500 && WitnessCore.time(clock: 600, after: last) == 600)
        #expect(WitnessCore.time(clock: 0, after: nil) == 1)
    }
}
