import Foundation
import LedgerEvents
import LedgerJSON
import LedgerNotes
import LedgerPostgres
import LedgerStore
import LedgerValues
import Logging
import Operations
import TestSupport
import Testing

@Suite struct SignedHeadTests {
    /// Runs on an open ledger whose key file is in a directory of its own.
    func withAudited(_ body: (Ledger, _ uri: String, _ keyFile: String) async throws -> Void) async throws {
        let directory = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try await withDatabase { uri in
            try await Self.opened(uri, directory + "/key") { try await body($0, uri, directory + "/key") }
        }
    }

    static func opened(_ uri: String, _ keyFile: String, _ body: (Ledger) async throws -> Void) async throws {
        let settings = try Settings(environment: ledgerEnvironment(uri, ["ALPHA_LEDGER_SIGNING_KEY_FILE": keyFile]))
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let ledger = try await Ledger.open(settings, Resources(root: projectRoot), migration: .always, logger: logger)
        let result: Result<Void, any Error>
        do { result = .success(try await body(ledger)) } catch { result = .failure(error) }
        await ledger.close()
        try result.get()
    }

    static func append(_ ledger: Ledger, _ ids: Range<Int>) async throws {
        try await ledger.log.append(ids.map { recorded(try sampleRow("s\($0)")) }, runID: ledger.newID())
    }

    static func head(_ ledger: Ledger) async throws -> LogHead {
        try await ledger.pool.run { session in try LogReader().head(session) }
    }

    /// What an owner of the server can do: triggers off.
    static func tamper(_ uri: String, _ sql: String) async throws {
        let connection = try await PostgresConnection.open(PostgresConfiguration(uri: uri))
        try await connection.run { session in
            try session.executeScript(
                """
                ALTER TABLE ledger.events DISABLE TRIGGER ALL; ALTER TABLE ledger.merkle_nodes DISABLE TRIGGER ALL;
                \(sql);
                ALTER TABLE ledger.events ENABLE ALWAYS TRIGGER append_only;
                """)
        }
        await connection.close()
    }

    /// The database as it was after an earlier event.
    static func restore(_ uri: String, to size: Int64) async throws {
        try await tamper(
            uri,
            """
            DELETE FROM ledger.events WHERE position > \(size);
            DELETE FROM ledger.merkle_nodes WHERE (index + 1) << level > \(size);
            ALTER TABLE ledger.signed_heads DISABLE TRIGGER ALL;
            DELETE FROM ledger.signed_heads WHERE size > \(size);
            ALTER TABLE ledger.signed_heads ENABLE ALWAYS TRIGGER append_only;
            UPDATE ledger.head SET position = \(size), recorded_at = (SELECT max(recorded_at) FROM ledger.events)
            """)
    }

    @Test func `a head is signed, kept on disk, and signed again only when it moved`() async throws {
        try await withAudited { ledger, _, keyFile in
            let first = try await ledger.signCheckpoint()
            try await Self.append(ledger, 0..<20)
            let second = try await ledger.signCheckpoint()
            let again = try await ledger.signCheckpoint()
            #expect(second.bytes == again.bytes && first.bytes != second.bytes)
            let key = try await ledger.verifierKey()
            let checkpoint = try Checkpoint.verified(second, key)
            let head = try await Self.head(ledger)
            #expect(checkpoint.size == head.position && checkpoint.origin == "alpha-ledger/\(head.ledgerID)")
            #expect(try Data(contentsOf: URL(filePath: keyFile + ".checkpoints")) == Data(first.bytes + [10] + second.bytes + [10]))
            let mode = try FileManager.default.attributesOfItem(atPath: keyFile)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            #expect(try await ledger.verifyCheckpoints(others: [first.bytes]).count == 3)
            // What a crash left of an unfinished record was never given out.
            let handle = try #require(FileHandle(forWritingAtPath: keyFile + ".checkpoints"))
            try handle.seekToEnd()
            try handle.write(contentsOf: first.bytes.prefix(30))
            try handle.close()
            try await Self.append(ledger, 20..<21)
            _ = try await ledger.signCheckpoint()
            #expect(try await ledger.verifyCheckpoints().count == 3)
        }
    }

    @Test func `a restored older database is refused with both heads named until the fork is acknowledged`() async throws {
        try await withAudited { ledger, uri, keyFile in
            try await Self.append(ledger, 0..<20)
            let base = try await Self.head(ledger).position
            try await Self.append(ledger, 20..<30)
            let signed = try await ledger.signCheckpoint()
            try await Self.restore(uri, to: base)
            let before = try Data(contentsOf: URL(filePath: keyFile + ".checkpoints"))
            func isRefused() async throws {
                for action in ["sign", "verify"] {
                    let error = await #expect(throws: AuditError.self) {
                        if action == "sign" { _ = try await ledger.signCheckpoint() } else { _ = try await ledger.verifyCheckpoints() }
                    }
                    let text = "\(try #require(error))"
                    let head = try await Self.head(ledger)
                    let root = try await ledger.pool.run { session in try LogReader().root(at: head.position, session) }
                    let old = try Checkpoint(parsing: signed.text)
                    #expect(text.hasPrefix("fork_detected:"))
                    #expect(
                        text.contains("size \(old.size) with root \(old.root)") && text.contains("size \(head.position) with root \(root)"))
                }
            }
            try await isRefused()
            // The same size again, and more, with other events.
            try await Self.append(ledger, 100..<110)
            try await isRefused()
            try await Self.append(ledger, 110..<120)
            try await isRefused()
            #expect(try Data(contentsOf: URL(filePath: keyFile + ".checkpoints")) == before)

            let oldID = try await Self.head(ledger).ledgerID
            let note = try await ledger.acknowledgeFork()
            let newID = try await Self.head(ledger).ledgerID
            #expect(newID != oldID)
            #expect(try Checkpoint.verified(note, try await ledger.verifierKey()).origin == "alpha-ledger/\(newID)")
            #expect(try await ledger.signCheckpoint().bytes == note.bytes)
            #expect(try await ledger.verifyCheckpoints().count == 1)
            await #expect(throws: AuditError.self) { try await ledger.verifyCheckpoints(others: [signed.bytes]) }
            await #expect(throws: AuditError.nothingToAcknowledge) { try await ledger.acknowledgeFork() }
        }
    }

    @Test func `another ledger id behind the back of the key is refused`() async throws {
        try await withAudited { ledger, uri, _ in
            _ = try await ledger.signCheckpoint()
            try await Self.tamper(uri, "UPDATE ledger.head SET ledger_id = gen_random_uuid()")
            let error = await #expect(throws: AuditError.self) { try await ledger.signCheckpoint() }
            #expect(error?.code == "fork_detected")
        }
    }

    @Test func `a second key is refused and a key that others can read is too`() async throws {
        try await withAudited { ledger, uri, keyFile in
            _ = try await ledger.signCheckpoint()
            try await Self.opened(uri, keyFile + "2") { other in
                let error = await #expect(throws: AuditError.self) { try await other.signCheckpoint() }
                #expect(error?.code == "key_mismatch")
                let second = await #expect(throws: AuditError.self) { try await other.verifyCheckpoints() }
                #expect(second?.code == "key_mismatch")
            }
            chmod(keyFile, 0o640)
            let error = await #expect(throws: AuditError.self) { try await ledger.signCheckpoint() }
            #expect(error?.code == "key_file")
        }
    }

    @Test func `every changed byte of the kept checkpoints is refused`() async throws {
        try await withAudited { ledger, _, keyFile in
            _ = try await ledger.signCheckpoint()
            let path = keyFile + ".checkpoints"
            let bytes = try Data(contentsOf: URL(filePath: path))
            // The last byte ends the record: without it the record counts as never given out.
            for index in bytes.indices.dropLast() where bytes[index] != 0x0a {
                var changed = bytes
                changed[index] ^= 1
                try changed.write(to: URL(filePath: path))
                await #expect(throws: AuditError.self, "byte \(index)") { try await ledger.verifyCheckpoints() }
            }
        }
    }

    @Test func `a verifier in another language agrees, and refuses a changed proof`() async throws {
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/python3") else { return }
        try await withAudited { ledger, _, _ in
            try await Self.append(ledger, 0..<37)
            let older = try await ledger.signCheckpoint()
            try await Self.append(ledger, 37..<100)
            let newer = try await ledger.signCheckpoint()
            let vkey = try await ledger.verifierKey().vkey
            let (from, to) = (try Checkpoint(parsing: older.text).size, try Checkpoint(parsing: newer.text).size)
            let consistency = try await ledger.proveConsistency(from: from, to: to)
            for position in [Int64(1), 2, 41, to - 1, to] {
                let inclusion = try await ledger.proveInclusion(position: position, size: nil)
                for isChanged in [false, true] {
                    let given = JSONNode.object([
                        ("vkey", .string(vkey)), ("checkpoint", .string(String(decoding: newer.bytes, as: UTF8.self))),
                        ("older", .string(String(decoding: older.bytes, as: UTF8.self))),
                        ("inclusion", inclusion.proof.node(inclusion.ledgerID)),
                        ("consistency", consistency.proof.node(consistency.ledgerID)),
                    ]).httpBytes()
                    let hash = "\(inclusion.proof.leaf)"
                    let text = String(decoding: given, as: UTF8.self)
                    let input = isChanged ? text.replacing(hash, with: String(hash.reversed())) : text
                    let status = try Self.python(Array(input.utf8))
                    if status == 77 { return }
                    #expect(status == (isChanged ? 1 : 0), "position \(position)")
                }
            }
        }
    }

    static func python(_ input: [UInt8]) throws -> Int32 {
        try runPython("AuditTests/verify_proof.py", input)
    }
}
