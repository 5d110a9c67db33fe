import LedgerMerkle
import LedgerNotes
import LedgerValues
import LedgerWitness
import Testing

/// Keys and notes of tests.
struct WitnessBench {
    let log: NoteSigner
    let witnesses: [Cosigner]

    init(_ count: Int) throws {
        log = try NoteSigner(name: "log.example/one", seed: [UInt8](repeating: 1, count: 32))
        witnesses = try (0..<count).map {
            try Cosigner(name: "witness.example/w\($0)", seed: [UInt8](repeating: UInt8(10 + $0), count: 32))
        }
    }

    func lines(_ rest: String) -> [UInt8] {
        let names = witnesses.enumerated().map { "witness w\($0.offset) \($0.element.verifier.vkey)\n" }
        return Array(("log \(log.verifier.vkey)\n" + names.joined() + rest).utf8)
    }

    func note(_ size: Int64 = 7) throws -> SignedNote {
        try Checkpoint(origin: log.verifier.name, size: size, root: MerkleHash.leaf(Array("\(size)".utf8))).signed(by: log)
    }

    func cosigned(_ places: [Int], at time: UInt64 = 1000) throws -> SignedNote {
        let note = try note()
        return note.adding(try places.map { try witnesses[$0].cosign(note, at: time) })
    }
}

@Suite struct WitnessPolicyTests {
    @Test func `groups of groups hold as their thresholds say`() throws {
        let bench = try WitnessBench(5)
        let policy = try WitnessPolicy(
            parsing: bench.lines(
                "# two of three, and one of two\ngroup x 2 w0 w1 w2\n\tgroup y any w3 w4 \ngroup both all x y\n\nquorum both\n"))
        for (places, holds) in [
            ([0, 1, 3], true), ([0, 2, 4], true), ([0, 1, 2, 3, 4], true), ([0, 1], false), ([0, 3, 4], false), ([], false),
            ([1, 2], false),
        ] as [([Int], Bool)] {
            let verdict = try policy.judge(try bench.cosigned(places), now: 1000)
            #expect(verdict.hasQuorum == holds && verdict.isAccepted == holds && verdict.log == "log.example/one", "\(places)")
            #expect(verdict.counted == places.map { "w\($0)" } && verdict.newest == (places.isEmpty ? nil : 1000))
        }
    }

    @Test func `without a quorum a log's signature is enough, and without the log nothing is`() throws {
        let bench = try WitnessBench(1)
        let policy = try WitnessPolicy(parsing: bench.lines("quorum none"))
        #expect(policy.needsNobody)
        #expect(try policy.judge(try bench.note(), now: 0).isAccepted)
        let other = try Checkpoint(origin: "log.example/two", size: 1, root: MerkleHash.emptyRoot).signed(
            by: NoteSigner(name: "log.example/two", seed: [UInt8](repeating: 1, count: 32)))
        #expect(try !policy.judge(other, now: 0).isAccepted)
    }

    @Test func `cosignatures of no time, of the far future and of the last second`() throws {
        let bench = try WitnessBench(1)
        let policy = try WitnessPolicy(parsing: bench.lines("quorum w0"))
        for (time, counts) in [(1, true), (1060, true), (1061, false), (UInt64(Int64.max), false)] as [(UInt64, Bool)] {
            #expect(try policy.judge(try bench.cosigned([0], at: time), now: 1000).isAccepted == counts, "\(time)")
        }
        #expect(throws: NoteError.self) { try bench.cosigned([0], at: 0) }
        #expect(throws: NoteError.self) { try bench.cosigned([0], at: 1 << 63) }
        #expect(!WitnessPolicy.counts(0, now: 1000) && !WitnessPolicy.counts(1 << 63, now: .max - 100))
    }

    @Test func `a line that names a known key and does not verify makes the note malformed, and unknown keys are ignored`() throws {
        let bench = try WitnessBench(2)
        let policy = try WitnessPolicy(parsing: bench.lines("quorum w0"))
        let good = try bench.cosigned([0])
        let forged = try #require(good.signatures.last)
        var bytes = good.bytes
        // The last character of the signature line before its padding.
        bytes[bytes.count - 6] = bytes[bytes.count - 6] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        #expect(throws: NoteError.self) { try policy.judge(try SignedNote(parsing: bytes), now: 1000) }
        let stranger = try Cosigner(name: "witness.example/w0", seed: [UInt8](repeating: 99, count: 32))
        let both = good.adding([try stranger.cosign(good, at: 5)])
        #expect(try policy.judge(both, now: 1000).isAccepted)
        // The cosignature of another text.
        let other = try bench.note(8).adding([forged])
        #expect(throws: NoteError.self) { try policy.judge(other, now: 1000) }
    }

    @Test func `what a file must not have is named with its line`() throws {
        let bench = try WitnessBench(3)
        let (log, w0) = (bench.log.verifier.vkey, bench.witnesses[0].verifier.vkey)
        let sameKey = try Cosigner(name: "again", seed: [UInt8](repeating: 10, count: 32)).verifier.vkey
        let logAsWitness = try Cosigner(name: "w", seed: [UInt8](repeating: 1, count: 32)).verifier.vkey
        for (text, line, part) in [
            ("quorum w9", 5, "earlier line"), ("", 0, "found none"), ("quorum none\nquorum none", 6, "one quorum"),
            ("group g 0 w0\nquorum g", 5, "1 to 1"), ("group g 3 w0 w1\nquorum g", 5, "1 to 2"), ("group g 01 w0\nquorum g", 5, "all, any"),
            ("group g any\nquorum g", 5, "at least one member"), ("group g all w0 w0\nquorum g", 5, "at most one group"),
            ("group g all w0\ngroup h all w0\nquorum g", 6, "at most one group"), ("group g all g\nquorum g", 5, "earlier line"),
            ("group w0 all w1\nquorum w0", 5, "new name"), ("group none all w1\nquorum none", 5, "another name"),
            ("group g all none\nquorum g", 5, "earlier line"), ("witness a \(sameKey)\nquorum a", 5, "each witness once"),
            ("witness a \(logAsWitness)\nquorum a", 5, "found a log's"), ("witness a \(log)\nquorum a", 5, "unsupported_key"),
            ("log \(w0)\nquorum none", 5, "unsupported_key"), ("log \(log)\nquorum none", 5, "each log once"),
            ("witness a b\nquorum none", 5, "verifier key"), ("tree x\nquorum none", 5, "found `tree`"), ("quorum\u{1}none", 5, "control"),
            ("witness a x\(w0.dropFirst())\nquorum none", 5, "hash"),
        ] as [(String, Int, String)] {
            do {
                _ = try WitnessPolicy(parsing: bench.lines(text))
                Issue.record("\(text) is taken")
            } catch {
                #expect(error.line == line && error.problem.contains(part), "\(text): \(error)")
            }
        }
    }

    @Test func `keys of another type are named only if the quorum needs them`() throws {
        let bench = try WitnessBench(2)
        let lattice = try VerifierKeyText.make("pq", 0x06, [UInt8](repeating: 3, count: 1312))
        let useful = try WitnessPolicy(parsing: bench.lines("witness pq \(lattice)\ngroup g 2 w0 w1 pq\nquorum g"))
        #expect(try useful.judge(try bench.cosigned([0, 1]), now: 1000).missing == ["pq"])
        do {
            _ = try WitnessPolicy(parsing: bench.lines("witness pq \(lattice)\ngroup g all w0 w1 pq\nquorum g"))
            Issue.record("a quorum out of reach is taken")
        } catch {
            #expect(error.problem.hasPrefix("unsupported_key") && error.problem.contains("pq"))
        }
    }
}
