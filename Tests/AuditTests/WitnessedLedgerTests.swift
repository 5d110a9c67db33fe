import Foundation
import LedgerBundle
import LedgerMerkle
import LedgerNotes
import LedgerStore
import LedgerValues
import LedgerWitness
import Logging
import LoopbackServer
import Operations
import OptionTrades
import TestSupport
import Testing

/// A ledger with a policy, and what its witnesses do.
@Suite(.serialized) struct WitnessedLedgerTests {
    /// A ledger whose directory has the key, the policy and the witnesses.
    private struct Bench {
        let uri: String
        let directory: String
        let log: NoteVerifier

        var keyFile: String { directory + "/key" }

        /// Opens the ledger with a policy of these lines; the log's own comes first.
        func opened(_ lines: String, _ body: (Ledger) async throws -> Void) async throws {
            try "log \(log.vkey)\n\(lines)".write(toFile: directory + "/policy", atomically: true, encoding: .utf8)
            let settings = try Settings(
                environment: ledgerEnvironment(
                    uri, ["ALPHA_LEDGER_SIGNING_KEY_FILE": keyFile, "ALPHA_LEDGER_WITNESS_POLICY": directory + "/policy"]))
            let ledger = try await Ledger.open(settings, Resources(root: projectRoot), migration: .always, logger: quietLogger)
            let result: Result<Void, any Error>
            do { result = .success(try await body(ledger)) } catch { result = .failure(error) }
            await ledger.close()
            try result.get()
        }

        func witness(_ name: String) throws -> CosignatureVerifier {
            try WitnessDirectory.initialize("\(directory)/\(name)", name: "witness.example/\(name)")
        }

        /// Serves a witness of this log while a test runs.
        func serving<T>(_ name: String, _ body: (_ url: String) async throws -> T) async throws -> T {
            let policy = try WitnessPolicy(parsing: Array("log \(log.vkey)\nquorum none\n".utf8))
            return try await withWitness("\(directory)/\(name)", policy, body)
        }

        /// What this ledger's key signs, whoever asks.
        func signed(size: Int64, root: Digest32) throws -> SignedNote {
            let text = try String(contentsOfFile: keyFile, encoding: .utf8).trimmingCharacters(in: .newlines)
            return try Checkpoint(origin: log.name, size: size, root: root).signed(by: NoteSigner(skey: text).named(log.name))
        }
    }

    private func withBench(_ body: (Bench) async throws -> Void) async throws {
        let directory = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try await withDatabase { uri in
            var log: NoteVerifier?
            try await SignedHeadTests.opened(uri, directory + "/key") { ledger in log = try await ledger.verifierKey() }
            try await body(Bench(uri: uri, directory: directory, log: try #require(log)))
        }
    }

    private func size(_ note: SignedNote) throws -> Int64 { try Checkpoint(parsing: note.text).size }

    @Test func `two of three witnesses are enough, one is not, and what is published stays until then`() async throws {
        try await withBench { bench in
            let keys = try ["w0", "w1", "w2"].map(bench.witness)
            let slow = try LoopbackServer { _ in .steps([.pause(milliseconds: 3000), .close]) }
            let down = "http://127.0.0.1:\(try LoopbackServer.unusedPort())"
            func lines(_ w1: String, _ quorum: Int) -> (String) -> String {
                { w0 in
                    "witness a \(keys[0].vkey) \(w0)\nwitness b \(keys[1].vkey) \(w1)\nwitness c \(keys[2].vkey) \(slow.url)\ngroup g \(quorum) a b c\nquorum g\n"
                }
            }
            try await bench.serving("w0") { w0 in
                try await bench.opened(lines(down, 2)(w0)) { ledger in
                    try await SignedHeadTests.append(ledger, 0..<5)
                    let head = try await ledger.signWitnessedCheckpoint()
                    #expect(
                        head.missing?.contains("b (") == true && head.missing?.contains("c (") == true
                            && head.missing?.contains("a (") == false)
                    await #expect(throws: TileError.noCheckpoint) { try await ledger.publishedCheckpoint() }
                    await #expect(throws: TileError.self) { try await ledger.tileProof(of: 1) }
                }
                try await bench.serving("w1") { w1 in
                    try await bench.opened(lines(w1, 2)(w0)) { ledger in
                        let head = try await ledger.signWitnessedCheckpoint()
                        #expect(head.missing == nil)
                        let published = try SignedNote(parsing: try await ledger.publishedCheckpoint())
                        #expect(published.signatures.count == 3)
                        let policy = try WitnessPolicy(file: bench.directory + "/policy")
                        let verdict = try policy.judge(published, now: WitnessDirectory.systemClock())
                        #expect(verdict.isAccepted && verdict.counted == ["a", "b"] && verdict.missing == ["c"])
                        let proof = String(decoding: try await ledger.tileProof(of: 1), as: UTF8.self)
                        #expect(proof.contains("witness.example/w0") && proof.contains("witness.example/w1"))
                    }
                }
                // One is gone: the published head stays, whatever is signed.
                try await bench.opened(lines(down, 2)(w0)) { ledger in
                    let before = try await ledger.publishedCheckpoint()
                    try await SignedHeadTests.append(ledger, 5..<9)
                    let head = try await ledger.signWitnessedCheckpoint()
                    #expect(head.missing != nil && head.note.signatures.count == 2)
                    #expect(try await ledger.publishedCheckpoint() == before)
                    #expect(try size(head.note) > size(SignedNote(parsing: before)))
                    let tiles = try await ledger.exportTiles(TileExport(directory: bench.directory + "/tiles", content: .checkpoint))
                    #expect(try tiles.checkpoint.size == size(SignedNote(parsing: before)))
                }
                // Under a quorum of one, what was cosigned before is enough after a restart.
                try await bench.opened(lines(down, 1)(w0)) { ledger in
                    let published = try await ledger.publishedCheckpoint()
                    let signed = try await ledger.signCheckpoint()
                    #expect(try size(SignedNote(parsing: published)) == size(signed))
                }
            }
        }
    }

    @Test func `a witness that was rolled back is not counted, and one that claims more is not believed`() async throws {
        try await withBench { bench in
            let key = try bench.witness("w0")
            func copy(_ from: String, _ to: String) throws {
                try? FileManager.default.removeItem(atPath: bench.directory + to)
                try FileManager.default.copyItem(atPath: bench.directory + from, toPath: bench.directory + to)
            }
            func run(_ ids: Range<Int>) async throws -> String? {
                var missing: String?
                try await bench.serving("w0") { url in
                    try await bench.opened("witness a \(key.vkey) \(url)\nquorum a\n") { ledger in
                        try await SignedHeadTests.append(ledger, ids)
                        missing = try await ledger.signWitnessedCheckpoint().missing
                    }
                }
                return missing
            }
            #expect(try await run(0..<3) == nil)
            try copy("/w0", "/old")
            #expect(try await run(3..<6) == nil)
            try copy("/old", "/w0")
            #expect(try await run(6..<9)?.contains("witness_rolled_back") == true)
            let liar = try LoopbackServer { request in
                request.target.hasSuffix("/checkpoint") && !request.target.hasPrefix("/add")
                    ? .status(404) : .response(status: 409, headers: [("Content-Type", "text/x.tlog.size")], body: Array("1000000\n".utf8))
            }
            let other = try Cosigner.generate(name: "witness.example/liar")
            try await bench.opened("witness liar \(other.verifier.vkey) \(liar.url)\nquorum liar\n") { ledger in
                #expect(try await ledger.signWitnessedCheckpoint().missing?.contains("witness_ahead") == true)
                // Nothing is proven, so signing goes on.
                try await SignedHeadTests.append(ledger, 9..<10)
                _ = try await ledger.signCheckpoint()
            }
            // An answer with a cosignature of another text is rejected whole.
            let forger = try LoopbackServer { request in
                guard let asked = AddCheckpoint(parsing: request.body),
                    let other = try? SignedNote(signing: Array("x\n1\n".utf8), with: .generate(name: "x")),
                    let line = try? Cosigner(skey: "").cosign(other, at: 5)
                else { return .response(status: 200, headers: [], body: Array("— \(key.name) AAAAAAAAAAAA\n".utf8)) }
                return .response(status: 200, headers: [], body: SignedNote.lines(asked.note.signatures + [line]))
            }
            try await bench.opened("witness a \(key.vkey) \(forger.url)\nquorum a\n") { ledger in
                let head = try await ledger.signWitnessedCheckpoint()
                #expect(head.missing?.contains("a (") == true)
            }
        }
    }

    @Test func `a head with our own signature that the log does not continue stops signing until it is acknowledged`() async throws {
        try await withBench { bench in
            let key = try Cosigner.generate(name: "witness.example/w")
            let forged = try bench.signed(size: 5000, root: MerkleHash.leaf(Array("another history".utf8)))
            let witness = try LoopbackServer { request in
                request.target == "/add-checkpoint"
                    ? .response(status: 409, headers: [("Content-Type", "text/x.tlog.size")], body: Array("5000\n".utf8))
                    : .response(status: 200, headers: [], body: forged.bytes)
            }
            try await bench.opened("witness w \(key.verifier.vkey) \(witness.url)\nquorum none\n") { ledger in
                try await SignedHeadTests.append(ledger, 0..<3)
                func isSuspected(_ error: any Error) -> Bool { "\(error)".hasPrefix("fork_suspected") }
                await #expect { try await ledger.signWitnessedCheckpoint() } throws: { isSuspected($0) }
                try await SignedHeadTests.append(ledger, 3..<4)
                await #expect { try await ledger.signCheckpoint() } throws: { isSuspected($0) }
            }
            try await bench.opened("witness w \(key.verifier.vkey)\nquorum none\n") { ledger in
                await #expect { try await ledger.signCheckpoint() } throws: { "\($0)".hasPrefix("fork_suspected") }
                let note = try await ledger.acknowledgeFork()
                #expect(try Checkpoint(parsing: note.text).origin != bench.log.name)
                _ = try await ledger.signCheckpoint()
            }
        }
    }

    @Test func `a bundle holds who cosigned its tree, and a policy decides whether that is enough`() async throws {
        try await withBench { bench in
            let keys = try ["w0", "w1"].map(bench.witness)
            let bundle = bench.directory + "/bundle"
            let now = WitnessDirectory.systemClock()
            try await bench.serving("w0") { w0 in
                try await bench.opened("witness a \(keys[0].vkey) \(w0)\nquorum a\n") { ledger in
                    try await SignedHeadTests.append(ledger, 0..<4)
                    _ = try await ledger.exportBundle(asOf: nil, to: bundle) { _, _, _ in }
                    let policy = try WitnessPolicy(file: bench.directory + "/policy")
                    let judged = try await ledger.judgeWitnesses(policy)
                    #expect(judged.problem == nil && judged.verdict?.counted == ["a"])
                    let unjudged = try await ledger.judgeWitnesses(nil)
                    #expect(unjudged.unverified == ["witness.example/w0"] && unjudged.problem == nil)
                }
            }
            func verify(_ rest: String?) throws -> BundleReport {
                let lines = rest.map { "log \(bench.log.vkey)\nwitness a \(keys[0].vkey)\nwitness b \(keys[1].vkey)\n\($0)\n" }
                let policy = try lines.map { BundlePolicy(try WitnessPolicy(parsing: Array($0.utf8)), now: now + 30) }
                return try BundleVerifier(BundleDirectory(bundle), TradeLedger.model, key: rest == nil ? bench.log : nil, policy: policy)
                    .verify()
            }
            let accepted = try verify("quorum a")
            #expect(accepted.isVerified && accepted.signature == .trusted && accepted.witnesses?.counted == ["a"], "\(accepted.faults)")
            let refused = try verify("group g all a b\nquorum g")
            #expect(refused.faults.map(\.code) == [.quorumMissing] && refused.faults.first?.problem.contains("b") == true)
            let shown = try verify(nil)
            #expect(shown.isVerified && shown.unverifiedCosigners == ["witness.example/w0"])
            // Another tree's cosignatures are not this bundle's, and without any the quorum is missing.
            let file = URL(filePath: bundle + "/witnessed")
            let note = try SignedNote(parsing: Array(try Data(contentsOf: file)))
            try Data(bench.signed(size: 2, root: MerkleHash.emptyRoot).adding(note.signatures).bytes).write(to: file)
            #expect(try verify("quorum a").faults.map(\.code) == [.badCheckpoint])
            try FileManager.default.removeItem(at: file)
            #expect(try verify("quorum a").faults.map(\.code) == [.quorumMissing])
        }
    }

    @Test func `a policy without this log, or with an address that is not safe, is refused`() async throws {
        try await withBench { bench in
            let key = try Cosigner.generate(name: "witness.example/w").verifier
            try await bench.opened("witness w \(key.vkey) http://example.com/\nquorum none\n") { ledger in
                await #expect { try await ledger.requireWitnessPolicy() } throws: { "\($0)".contains("witness w") }
            }
            try await SignedHeadTests().withAudited { _, uri, keyFile in
                let other = Bench(uri: uri, directory: (keyFile as NSString).deletingLastPathComponent, log: bench.log)
                try await other.opened("quorum none\n") { ledger in
                    await #expect(throws: PolicyError.self) { try await ledger.requireWitnessPolicy() }
                }
            }
        }
    }
}
