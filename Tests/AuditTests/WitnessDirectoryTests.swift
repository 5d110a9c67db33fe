import Foundation
import LedgerMerkle
import LedgerNotes
import LedgerValues
import LedgerWitness
import Operations
import Synchronization
import TestSupport
import Testing

/// A log in memory whose leaves from some place on can be another history's.
struct WitnessedLog: Sendable {
    let leaves: [Digest32]
    let signer: NoteSigner

    init(_ count: Int, branch: (from: Int, name: String)? = nil, name: String = "log.example/one") throws {
        leaves = (0..<count).map { index in
            MerkleHash.leaf(Array("\(branch.map { index >= $0.from ? $0.name : "" } ?? "")\(index)".utf8))
        }
        signer = try NoteSigner(name: name, seed: [UInt8](repeating: 1, count: 32))
    }

    private func node(_ level: Int, _ index: Int64) -> Digest32 {
        level == 0 ? leaves[Int(index)] : MerkleHash.node(node(level - 1, 2 * index), node(level - 1, 2 * index + 1))
    }

    func root(_ size: Int64) -> Digest32 { treeRoot(size: size, node: node) }

    func note(_ size: Int64) throws -> SignedNote {
        try Checkpoint(origin: signer.verifier.name, size: size, root: root(size)).signed(by: signer)
    }

    func request(_ old: Int64, _ size: Int64) throws -> [UInt8] {
        AddCheckpoint.body(old: old, old <= size ? consistencyPath(from: old, to: size, node: node) : [], try note(size))
    }

    func policy(_ rest: String = "quorum none\n") throws -> WitnessPolicy {
        try WitnessPolicy(parsing: Array("log \(signer.verifier.vkey)\n\(rest)".utf8))
    }
}

@Suite struct WitnessDirectoryTests {
    private struct Killed: Error {}

    private func withDirectory(_ body: (String) throws -> Void) throws {
        let path = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path + "/witness")
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `a witness that is killed at any point never cosigns two histories`(seed: UInt64) throws {
        try withDirectory { path in
            var random = SeededGenerator(seed: seed)
            let fork = Int64.random(in: 1...30, using: &random)
            let logs = [try WitnessedLog(60), try WitnessedLog(60, branch: (Int(fork), "x"))]
            let policy = try logs[0].policy()
            let key = try WitnessDirectory.initialize(path, name: "witness.example/w")
            // Every cosignature that anybody ever got.
            var given: [(size: Int64, root: Digest32, time: UInt64)] = []
            let clock = Mutex<UInt64>(1000)
            let dies = Mutex<WitnessDirectory.Step?>(nil)
            for _ in 0..<12 {
                let witness = try WitnessDirectory(
                    path, policy, clock: { clock.withLock { $0 } },
                    step: { step in if dies.withLock({ $0 == step }) { throw Killed() } })
                var size =
                    witness.checkpoint(ofHash: Digest32(sha256Of: Array("log.example/one".utf8)).description)
                    .flatMap { try? Checkpoint(parsing: $0.text).size } ?? 0
                for _ in 0..<6 {
                    // The clock may go back.
                    clock.withLock { $0 = UInt64.random(in: 900...1100, using: &random) }
                    dies.withLock {
                        $0 = Int.random(in: 0..<5, using: &random) == 0 ? WitnessDirectory.Step.allCases.randomElement(using: &random) : nil
                    }
                    let log = logs[Int.random(in: 0...1, using: &random)]
                    let old = Bool.random(using: &random) ? size : Int64.random(in: 0...60, using: &random)
                    let next = Int64.random(in: max(0, old - 2)...60, using: &random)
                    let answer: WitnessAnswer
                    do {
                        answer = try witness.answer(try log.request(old, next))
                    } catch is Killed {
                        break
                    }
                    guard answer.status == 200 else { continue }
                    size = next
                    let note = try log.note(next).adding(try SignedNote.signatures(parsing: answer.body))
                    given.append((next, log.root(next), try #require(try key.time(in: note))))
                }
            }
            // All of one history, in order, with times that never go back.
            for pair in zip(given, given.dropFirst()) {
                #expect(pair.0.size <= pair.1.size && pair.0.time <= pair.1.time, "seed \(seed)")
            }
            let histories = logs.filter { log in given.allSatisfy { log.root($0.size) == $0.root } }
            #expect(!histories.isEmpty && !given.isEmpty, "seed \(seed)")
        }
    }

    @Test func `a witness without its whole state does not start`() throws {
        try withDirectory { path in
            let log = try WitnessedLog(9)
            let policy = try log.policy()
            func open() throws -> WitnessDirectory { try WitnessDirectory(path, policy) }
            #expect(throws: WitnessError.notInitialized(path: path)) { try open() }
            _ = try WitnessDirectory.initialize(path, name: nil)
            #expect(throws: WitnessError.alreadyInitialized(path: path)) { try WitnessDirectory.initialize(path, name: nil) }
            do {
                let witness = try open()
                #expect(throws: WitnessError.inUse(path: path)) { try open() }
                #expect(try witness.answer(try log.request(0, 5)).status == 200)
                #expect(
                    try witness.answer(try log.request(0, 5))
                        == WitnessAnswer(status: 409, contentType: "text/x.tlog.size", body: Array("5\n".utf8)))
                #expect(try witness.answer(try log.request(5, 5)).status == 200)
                #expect(try witness.answer(Array("no\n".utf8)).status == 400)
                #expect(try witness.answer(try WitnessedLog(3, name: "log.example/two").request(0, 3)).status == 404)
            }
            let whole = try Data(contentsOf: URL(filePath: path + "/cosigned"))
            func write(_ bytes: Data) throws {
                try bytes.write(to: URL(filePath: path + "/cosigned"))
                try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path + "/cosigned")
            }
            for cut in stride(from: 0, to: whole.count, by: 17) {
                try write(whole.prefix(cut))
                #expect(throws: WitnessError.self) { try open() }
            }
            var altered = whole
            altered[whole.count / 2] ^= 1
            for bytes in [altered, whole + Data("x".utf8)] {
                try write(bytes)
                #expect(throws: WitnessError.self) { try open() }
            }
            try FileManager.default.removeItem(atPath: path + "/cosigned")
            #expect(throws: WitnessError.self) { try open() }
            #expect(throws: WitnessError.alreadyInitialized(path: path)) { try WitnessDirectory.initialize(path, name: nil) }
            try write(whole)
            #expect(try open().answer(try log.request(5, 9)).status == 200)
        }
    }
}
