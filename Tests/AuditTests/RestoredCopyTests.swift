import Foundation
import LedgerNotes
import LedgerPostgres
import LedgerStore
import LedgerValues
import Logging
import Operations
import TestSupport
import Testing

/// Whole databases brought back or forged: copies that a server makes of a database, beside the same key file.
@Suite struct RestoredCopyTests {
    static func sql(_ uri: String, _ statement: String) async throws {
        let connection = try await PostgresConnection.open(PostgresConfiguration(uri: uri))
        try await connection.run { session in try session.executeScript(statement) }
        await connection.close()
    }

    /// Copies a database that nobody is connected to; its URI.
    static func copy(_ uri: String) async throws -> String {
        var parts = try #require(URLComponents(string: uri))
        let name = String(parts.path.dropFirst())
        let copy = "test_copy_\(UUID().uuidString.prefix(8).lowercased())"
        parts.path = "/template1"
        try await sql(try #require(parts.string), "CREATE DATABASE \(copy) TEMPLATE \(name)")
        parts.path = "/\(copy)"
        return try #require(parts.string)
    }

    static func drop(_ uri: String) async throws {
        var parts = try #require(URLComponents(string: uri))
        let name = String(parts.path.dropFirst())
        parts.path = "/template1"
        try await sql(try #require(parts.string), "DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
    }

    static func code(_ body: () async throws -> Void) async throws -> String? {
        do {
            try await body()
            return nil
        } catch let error as AuditError {
            return error.code
        }
    }

    @Test func `an old backup is refused however it went on, and the database that was signed for never is`() async throws {
        let directory = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let key = directory + "/key"
        try await withDatabase { uri in
            try await SignedHeadTests.opened(uri, key) { try await SignedHeadTests.append($0, 0..<10) }
            let backup = try await Self.copy(uri)
            var signed: SignedNote?
            try await SignedHeadTests.opened(uri, key) { ledger in
                // A backup from before the first signature can't be told from the ledger itself: nothing was witnessed yet.
                #expect(try await ledger.verifyCheckpoints().count == 0)
                try await SignedHeadTests.append(ledger, 10..<20)
                signed = try await ledger.signCheckpoint()
            }
            try await SignedHeadTests.opened(backup, key) { ledger in
                for ids in [0..<0, 100..<105, 105..<110, 110..<130] {
                    if !ids.isEmpty { try await SignedHeadTests.append(ledger, ids) }
                    #expect(try await ledger.pool.run { session in try LogVerifier().verify(session) }.fault == nil)
                    #expect(try await Self.code { _ = try await ledger.verifyCheckpoints() } == "fork_detected")
                    #expect(try await Self.code { _ = try await ledger.signCheckpoint() } == "fork_detected")
                    let target = directory + "/bundle"
                    #expect(
                        try await Self.code { _ = try await ledger.exportBundle(asOf: 5, to: target) { _, _, _ in } } == "fork_detected")
                    #expect(!FileManager.default.fileExists(atPath: target))
                }
            }
            try await SignedHeadTests.opened(uri, key) { ledger in
                let honest = try #require(signed)
                #expect(try await ledger.verifyCheckpoints(others: [honest.bytes]).count == 2)
                let again = try await ledger.signCheckpoint()
                #expect(again == honest)
            }
            try await Self.drop(backup)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory).sorted() == ["key", "key.checkpoints"])
        }
    }

    @Test func `a fork that was signed again with another key is refused by key, by database and by head`() async throws {
        let directory = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let (own, forged) = (directory + "/own", directory + "/forged")
        try await withDatabase { uri in
            var vkey: NoteVerifier?
            var signed: SignedNote?
            try await SignedHeadTests.opened(uri, own) { ledger in
                try await SignedHeadTests.append(ledger, 0..<10)
                signed = try await ledger.signCheckpoint()
                vkey = try await ledger.verifierKey()
            }
            let fork = try await Self.copy(uri)
            // The forger removes the last events, the recorded key and every trace, and signs with a key of the same name.
            try await SignedHeadTests.restore(fork, to: 12)
            try await SignedHeadTests.tamper(
                fork, "ALTER TABLE ledger.signing_keys DISABLE TRIGGER ALL; DELETE FROM ledger.signing_keys")
            try await SignedHeadTests.opened(fork, forged) { ledger in
                try await SignedHeadTests.append(ledger, 50..<60)
                let note = try await ledger.signCheckpoint()
                let impostor = try await ledger.verifierKey()
                let (trusted, honest) = (try #require(vkey), try #require(signed))
                #expect(impostor.name == trusted.name && impostor != trusted)
                #expect(throws: NoteError.self) { try Checkpoint.verified(note, trusted) }
                // The head that an auditor kept is of the other key.
                #expect(try await Self.code { _ = try await ledger.verifyCheckpoints(others: [honest.bytes]) } == "bad_checkpoint")
            }
            // With the honest key on the forger's database: another key was recorded there.
            try await SignedHeadTests.opened(fork, own) { ledger in
                let code = try await Self.code { _ = try await ledger.signCheckpoint() }
                #expect(code == "fork_detected")
            }
            try await Self.drop(fork)
        }
    }
}
