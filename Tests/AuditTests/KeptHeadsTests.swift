import Foundation
import LedgerNotes
import LedgerPostgres
import LedgerStore
import LedgerValues
import TestSupport
import Testing

@testable import Operations

/// What lies beside the database, key and signed heads, and what the database records of them: nothing is passed over.
@Suite struct KeptHeadsTests {
    private static func code(_ ledger: Ledger, waiving: Set<AuditWaiver> = []) async throws -> String? {
        try await RestoredCopyTests.code { _ = try await ledger.verifyCheckpoints(waiving: waiving) }
    }

    private static func change(_ uri: String, _ sql: String) async throws {
        try await SignedHeadTests.tamper(
            uri,
            """
            ALTER TABLE ledger.signing_keys DISABLE TRIGGER ALL; ALTER TABLE ledger.forks DISABLE TRIGGER ALL;
            \(sql)
            """)
    }

    @Test func `a missing key file or missing heads are faults unless they are waived by name`() async throws {
        try await SignedHeadTests().withAudited { ledger, _, keyFile in
            #expect(try await Self.code(ledger) == nil, "nothing was signed yet")
            _ = try await ledger.verifierKey()
            #expect(try await ledger.verifyCheckpoints().count == 1, "the key comes with a head")
            try await SignedHeadTests.append(ledger, 0..<3)
            let note = try await ledger.signCheckpoint()
            let heads = keyFile + ".checkpoints"
            let files = FileManager.default
            for (lost, expected) in [
                ([keyFile], "key_file_missing"), ([heads], "signed_heads_missing"), ([keyFile, heads], "key_file_missing"),
            ] {
                for path in lost { try files.moveItem(atPath: path, toPath: path + ".away") }
                #expect(try await Self.code(ledger) == expected, "\(lost)")
                let report = try await ledger.verifyCheckpoints(others: [note.bytes], waiving: [.signedHeads])
                #expect(report.count == 1 && report.waived.map(\.code) == [expected])
                for path in lost { try files.moveItem(atPath: path + ".away", toPath: path) }
            }
            let bytes = try Data(contentsOf: URL(filePath: heads))
            try Data().write(to: URL(filePath: heads))
            #expect(try await Self.code(ledger) == "signed_heads_missing")
            // Signing goes on from what the process proved, and keeps a head again.
            _ = try await ledger.signCheckpoint()
            #expect(try await ledger.verifyCheckpoints().count == 1)
            try bytes.write(to: URL(filePath: heads))
            #expect(try await ledger.verifyCheckpoints() == SignedHeadsReport(count: 2, waived: []))
        }
    }

    @Test func `a file of heads that was cut anywhere but between two of them is refused`() async throws {
        try await SignedHeadTests().withAudited { ledger, _, keyFile in
            let heads = URL(filePath: keyFile + ".checkpoints")
            var ends: [Int] = []
            for ids in [0..<1, 1..<2, 2..<3] {
                try await SignedHeadTests.append(ledger, ids)
                _ = try await ledger.signCheckpoint()
                ends.append(try Data(contentsOf: heads).count)
            }
            let bytes = try Data(contentsOf: heads)
            for length in 0..<bytes.count {
                try bytes.prefix(length).write(to: heads)
                let expected = length == 0 ? "signed_heads_missing" : ends.contains(length) ? nil : "bad_checkpoint"
                #expect(try await Self.code(ledger) == expected, "\(length)")
            }
            // Out of the middle: half a record, and a byte.
            for range in [ends[0] + 10..<ends[1] - 10, ends[0] - 1..<ends[0], ends[0]..<ends[0] + 1] {
                try (bytes[..<range.lowerBound] + bytes[range.upperBound...]).write(to: heads)
                #expect(try await Self.code(ledger) == "bad_checkpoint", "\(range)")
                let refused = try await RestoredCopyTests.code { _ = try await ledger.signCheckpoint() }
                #expect(refused == "bad_checkpoint", "\(range)")
            }
        }
    }

    @Test func `recorded keys and forks are compared with the signed heads, row by row and column by column`() async throws {
        try await SignedHeadTests().withAudited { ledger, uri, _ in
            try await SignedHeadTests.append(ledger, 0..<20)
            let base = try await SignedHeadTests.head(ledger).position
            let firstID = try await SignedHeadTests.head(ledger).ledgerID
            try await SignedHeadTests.append(ledger, 20..<30)
            _ = try await ledger.signCheckpoint()
            try await SignedHeadTests.restore(uri, to: base)
            try await SignedHeadTests.append(ledger, 100..<103)
            _ = try await ledger.acknowledgeFork()
            let id = try await SignedHeadTests.head(ledger).ledgerID
            try await SignedHeadTests.append(ledger, 103..<104)
            _ = try await ledger.signCheckpoint()
            #expect(try await ledger.verifyCheckpoints().count == 2)
            let (key, fork) = ("ledger.signing_keys", "ledger.forks")
            let other = "gen_random_uuid()"
            for (sql, undo, expected) in [
                ("DELETE FROM \(key) WHERE ledger_id = '\(id)'", nil, "key_records"),
                ("DELETE FROM \(key) WHERE ledger_id = '\(firstID)'", nil, "key_records"),
                ("UPDATE \(key) SET ledger_id = \(other) WHERE ledger_id = '\(id)'", nil, "key_records"),
                ("UPDATE \(key) SET ledger_id = \(other) WHERE ledger_id = '\(firstID)'", nil, "key_records"),
                ("UPDATE \(key) SET public_key = sha256('x') WHERE ledger_id = '\(firstID)'", nil, "key_records"),
                ("UPDATE \(key) SET public_key = set_byte(public_key, 3, get_byte(public_key, 3) # 1)", nil, "key_mismatch"),
                ("INSERT INTO \(key) SELECT \(other), public_key FROM \(key) LIMIT 1", nil, "key_records"),
                ("DELETE FROM \(fork)", nil, "key_records"),
                ("UPDATE \(fork) SET position = position + 1", nil, "fork_records"),
                ("UPDATE \(fork) SET old_ledger_id = \(other)", nil, "key_records"),
                ("UPDATE \(fork) SET old_ledger_id = new_ledger_id", nil, "fork_records"),
                ("UPDATE \(fork) SET new_ledger_id = \(other)", nil, "fork_records"),
                ("INSERT INTO \(fork) SELECT \(other), old_ledger_id, position FROM \(fork)", nil, "fork_records"),
                ("UPDATE ledger.head SET ledger_id = '\(firstID)'", "UPDATE ledger.head SET ledger_id = '\(id)'", "fork_detected"),
            ] as [(String, String?, String)] {
                try await Self.change(uri, "CREATE TABLE keys_then AS TABLE \(key); CREATE TABLE forks_then AS TABLE \(fork); \(sql)")
                let found = try await Self.code(ledger)
                #expect(found == expected, "\(sql)")
                try await Self.change(
                    uri,
                    """
                    DELETE FROM \(key); INSERT INTO \(key) TABLE keys_then; DROP TABLE keys_then;
                    DELETE FROM \(fork); INSERT INTO \(fork) TABLE forks_then; DROP TABLE forks_then; \(undo ?? "")
                    """)
                #expect(try await Self.code(ledger) == nil, "undone: \(sql)")
            }
        }
    }

    /// The history of a file, with or without what the key vouches for.
    private static func history(_ keyFile: SigningKeyFile, vouched: VouchedHeads?) throws -> SignedHistory {
        let key = try #require(try keyFile.read()).verifier
        var history = SignedHistory()
        try history.read(try #require(try CheckpointFile.open(keyFile.checkpoints, makes: false)), key, vouched: vouched)
        return history
    }

    @Test func `the heads that a key vouches for are read without a check of each, and nothing is passed over`() async throws {
        try await SignedHeadTests().withAudited { ledger, _, path in
            try await SignedHeadTests.append(ledger, 0..<3)
            let first = try await ledger.signCheckpoint()
            let keyFile = SigningKeyFile(ledger.settings)
            let key = try #require(try keyFile.read())
            let head = try Checkpoint(parsing: first.text)
            // More than the bytes after which a key vouches.
            let heads = URL(filePath: keyFile.checkpoints)
            var bytes = try Data(contentsOf: heads)
            let signer = try key.named(head.origin)
            for number in 0..<1_500 {
                bytes +=
                    try Checkpoint(origin: head.origin, size: head.size, root: head.root, extensions: ["head \(number)"])
                    .signed(by: signer).bytes + [0x0a]
            }
            try bytes.write(to: heads)
            #expect(keyFile.vouchedHeads(of: key.verifier) == nil)
            try await SignedHeadTests.append(ledger, 3..<5)
            let second = try await ledger.signCheckpoint()
            let vouched = try #require(keyFile.vouchedHeads(of: key.verifier))
            #expect(vouched.length == Int64(try Data(contentsOf: heads).count))
            #expect(keyFile.vouchedHeads(of: try NoteSigner.generate(name: SigningKeyFile.keyName).verifier) == nil)

            let (all, some) = (try Self.history(keyFile, vouched: nil), try Self.history(keyFile, vouched: vouched))
            #expect(all.unproven.count == 1_502 && some.unproven.isEmpty && some.vouchedLength == vouched.length)
            #expect(all.count == some.count && all.length == some.length && all.lastRecord == some.lastRecord)
            let (whole, short) = (try #require(SignedLog(all)), try #require(SignedLog(some)))
            #expect(whole.plain == second && short.plain == second && whole.sizes == short.sizes && whole.origin == short.origin)
            #expect(some.vouched == vouched)

            // A digit of a root or of a signature in the middle: the note no longer fits, so everything is checked.
            bytes = try Data(contentsOf: heads)
            let blank = try #require(bytes[(bytes.count / 2)...].firstRange(of: Data("\n\n\u{2014} ".utf8)))
            let rootEnd = try #require(bytes[..<blank.lowerBound].lastIndex(of: UInt8(ascii: "\n")))
            let signature = try #require(bytes[blank.upperBound...].firstIndex(of: UInt8(ascii: " ")))
            for place in [rootEnd - 10, signature + 30] {
                var altered = bytes
                altered[place] = altered[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
                try altered.write(to: heads)
                #expect(throws: AuditError.self, "\(place - blank.lowerBound)") { try Self.history(keyFile, vouched: vouched) }
                #expect(try await Self.code(ledger) == "bad_checkpoint", "\(place - blank.lowerBound)")
            }
        }
    }
}
