import Foundation
import LedgerNotes
import LedgerPostgres
import LedgerStore
import LedgerValues
import TestSupport
import Testing

@testable import Operations

/// What the database has of a head before it is signed, and whose turn it is to sign.
@Suite struct HeadRecordTests {
    private static func rows(_ ledger: Ledger) async throws -> [HeadRecord] {
        try await ledger.pool.run { try HeadRecords().all($0) }.sorted { $0.size < $1.size }
    }

    private static func epochs(_ ledger: Ledger) async throws -> [Int64] {
        try await ledger.pool.run { session in
            try session.execute("SELECT epoch FROM ledger.signed_heads ORDER BY size").map { try $0.int8(0) }
        }
    }

    private static func code(_ body: () async throws -> Void) async throws -> String? { try await RestoredCopyTests.code(body) }

    /// What an owner of the server can do to the records.
    private static func change(_ uri: String, _ sql: String) async throws {
        try await SignedHeadTests.tamper(
            uri,
            """
            ALTER TABLE ledger.signed_heads DISABLE TRIGGER ALL;
            \(sql);
            ALTER TABLE ledger.signed_heads ENABLE ALWAYS TRIGGER append_only
            """)
    }

    @Test func `each signed head was recorded with its root and under an epoch of its own, and nobody changes a record`() async throws {
        try await SignedHeadTests().withAudited { ledger, uri, _ in
            var signed: [HeadRecord] = []
            for ids in [0..<3, 3..<7, 7..<8] {
                try await SignedHeadTests.append(ledger, ids)
                let checkpoint = try Checkpoint(parsing: try await ledger.signCheckpoint().text)
                let id = try await SignedHeadTests.head(ledger).ledgerID
                signed.append(HeadRecord(ledgerID: id, size: checkpoint.size, root: checkpoint.root))
            }
            #expect(try await Self.rows(ledger) == signed)
            let epochs = try await Self.epochs(ledger)
            #expect(epochs == epochs.sorted() && Set(epochs).count == 3)
            // A smaller size is recorded as well, once.
            for _ in 0..<2 { _ = try await ledger.sign(at: signed[0].size - 1) }
            #expect(try await Self.rows(ledger).map(\.size) == [signed[0].size - 1] + signed.map(\.size))
            for statement in [
                "UPDATE ledger.signed_heads SET epoch = 9", "DELETE FROM ledger.signed_heads", "TRUNCATE ledger.signed_heads",
            ] {
                let error = await #expect(throws: PostgresError.self) { try await RestoredCopyTests.sql(uri, statement) }
                #expect(error?.sqlState?.rawValue == "23001", "\(statement)")
            }
            #expect(try await ledger.verifyCheckpoints().count == 4)
        }
    }

    @Test func `a signer without the others' file is held to the heads that the database recorded`() async throws {
        try await SignedHeadTests().withAudited { ledger, uri, keyFile in
            try await SignedHeadTests.append(ledger, 0..<10)
            _ = try await ledger.signCheckpoint()
            // Another host has the key, and none of the heads.
            let other = try temporaryDirectory()
            defer { try? FileManager.default.removeItem(atPath: other) }
            try FileManager.default.copyItem(atPath: keyFile, toPath: other + "/key")
            try await SignedHeadTests.opened(uri, other + "/key") { second in
                try await SignedHeadTests.append(second, 10..<12)
                #expect(try await Self.code { _ = try await second.signCheckpoint() } == nil)
                let before = try await SignedHeadTests.head(second).position
                try await Self.change(uri, "UPDATE ledger.signed_heads SET root = sha256('another') WHERE size = \(before)")
                try await SignedHeadTests.append(second, 12..<13)
                #expect(try await Self.code { _ = try await second.signCheckpoint() } == "fork_detected")
                #expect(try await Self.code { _ = try await ledger.signCheckpoint() } == "fork_detected")
                try await Self.change(uri, "UPDATE ledger.signed_heads SET size = 1000000 WHERE size = \(before)")
                #expect(try await Self.code { _ = try await second.signCheckpoint() } == "fork_detected")
            }
        }
    }

    @Test func `an audit finds a record that is not of this log, and needs none`() async throws {
        try await SignedHeadTests().withAudited { ledger, uri, _ in
            for ids in [0..<3, 3..<7] {
                try await SignedHeadTests.append(ledger, ids)
                _ = try await ledger.signCheckpoint()
            }
            let smallest = try #require(try await Self.rows(ledger).first).size
            let insertion = "INSERT INTO ledger.signed_heads (ledger_id, size, root, epoch)"
            for (change, back, expected) in [
                (
                    "\(insertion) VALUES (gen_random_uuid(), 1, sha256('r'), 1)",
                    "DELETE FROM ledger.signed_heads WHERE ledger_id <> (SELECT ledger_id FROM ledger.head)", "head_records"
                ),
                (
                    "\(insertion) SELECT ledger_id, 1, sha256('r'), 1 FROM ledger.head", "DELETE FROM ledger.signed_heads WHERE size = 1",
                    "fork_detected"
                ),
                (
                    "UPDATE ledger.signed_heads SET size = 2 WHERE size = \(smallest)",
                    "UPDATE ledger.signed_heads SET size = \(smallest) WHERE size = 2", "fork_detected"
                ),
            ] {
                try await Self.change(uri, change)
                #expect(try await Self.code { _ = try await ledger.verifyCheckpoints() } == expected, "\(change)")
                try await Self.change(uri, back)
                #expect(try await ledger.verifyCheckpoints().count == 2)
            }
            // As in a ledger from before the records.
            try await Self.change(uri, "DELETE FROM ledger.signed_heads")
            #expect(try await ledger.verifyCheckpoints().count == 2)
            try await SignedHeadTests.append(ledger, 7..<8)
            _ = try await ledger.signCheckpoint()
            #expect(try await Self.rows(ledger).count == 1)
            #expect(try await ledger.verifyCheckpoints().count == 3)
        }
    }

    @Test func `a signer waits for the lease of one that died, and its head has a later epoch`() async throws {
        try await SignedHeadTests().withAudited { ledger, _, _ in
            try await SignedHeadTests.append(ledger, 0..<3)
            let dead = try #require(
                try await ledger.pool.run { try WorkLease.take("signer", owner: "one that died", seconds: 1, $0) })
            let began = ContinuousClock.now
            _ = try await ledger.signCheckpoint()
            #expect(ContinuousClock.now - began > .milliseconds(700))
            #expect(try await Self.epochs(ledger) == [dead.epoch + 1])
            // A signer that is done gives the lease back.
            let next = try await ledger.pool.run { try WorkLease.take("signer", owner: "the next one", seconds: 1, $0) }
            #expect(next?.epoch == dead.epoch + 2)
        }
    }

    @Test func `an acknowledged fork begins with a record of its own`() async throws {
        try await SignedHeadTests().withAudited { ledger, uri, _ in
            try await SignedHeadTests.append(ledger, 0..<10)
            let base = try await SignedHeadTests.head(ledger).position - 4
            _ = try await ledger.signCheckpoint()
            try await SignedHeadTests.restore(uri, to: base)
            _ = try await ledger.acknowledgeFork()
            let id = try await SignedHeadTests.head(ledger).ledgerID
            #expect(try await Self.rows(ledger).filter { $0.ledgerID == id }.map(\.size) == [base])
            #expect(try await ledger.verifyCheckpoints().count == 1)
            try await SignedHeadTests.append(ledger, 20..<21)
            _ = try await ledger.signCheckpoint()
            #expect(try await ledger.verifyCheckpoints().count == 2)
        }
    }
}
