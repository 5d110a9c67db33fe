import EmbeddedPostgres
import Foundation
import LedgerNotes
import LedgerPostgres
import LedgerStore
import Logging
import TestSupport
import Testing

@testable import Operations

/// Backups of a server of the test's own, because a backup holds all of a server.
@Suite(.serialized) struct BackupTests {
    private static let logger: Logger = {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }()

    private func settings(_ directory: String, _ more: [String: String] = [:]) throws -> Settings {
        try Settings(
            environment: ["ALPHA_LEDGER_DATA_DIR": directory, "ALPHA_LEDGER_SIGNING_KEY_FILE": directory + "/key"]
                .merging(more) { _, own in own })
    }

    private func restore(_ backup: String, into target: String, _ settings: Settings) async throws -> RestoredBackup {
        try await Ledger.restoreBackup(backup, into: target, settings, Resources(root: projectRoot), logger: Self.logger)
    }

    private func verify(_ backup: String, key: NoteVerifier? = nil, _ settings: Settings) async throws -> BackupReport {
        try await Ledger.verifyBackup(backup, key: key, settings, Resources(root: projectRoot), logger: Self.logger)
    }

    private func thrown(_ body: () async throws -> Void) async throws -> BackupError? {
        do {
            try await body()
            return nil
        } catch let error as BackupError {
            return error
        }
    }

    private func names(_ path: String) throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }

    @Test(.timeLimit(.minutes(5)))
    func `a backup is verified, restored, and refused when it is altered, unfinished or older than a signed head`() async throws {
        let directory = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let backup = directory + "/backup"
        let settings = try settings(directory)
        try await withServer { server in
            try await SignedHeadTests.opened(server.uri, directory + "/key") { ledger in
                try await SignedHeadTests.append(ledger, 0..<10)
                let made = try await ledger.createBackup(to: backup)
                #expect(made.manifest.position == activations + 10 && made.manifest.database == "ledger")
                #expect(made.manifest.projections.map(\.projection) == ledger.registry.names.sorted())
                #expect(made.manifest.projections.allSatisfy { $0.digest?.count == 64 && $0.position == activations + 10 })
                #expect(try names(backup) == ["head.txt", "manifest.json", "postgres"])
                // A second one does not take its place.
                #expect(
                    try await thrown { _ = try await ledger.createBackup(to: backup) }
                        == .targetExists(path: backup))
                #expect(try names(backup) == ["head.txt", "manifest.json", "postgres"])
                // The server goes on, and more is signed.
                try await SignedHeadTests.append(ledger, 10..<15)
                _ = try await ledger.signCheckpoint()

                let key = try await ledger.verifierKey()
                let report = try await verify(backup, key: key, settings)
                #expect(report.isVerified, "\(report.problems)")
                #expect(report.events == activations + 10 && report.isServerChecked)
                #expect(report.audit?.projections.count == made.manifest.projections.count)
                let other = try NoteSigner.generate(name: key.name).verifier
                #expect(try await thrown { _ = try await verify(backup, key: other, settings) } != nil)
            }
        }
        // Nothing of the verification is left beside the backup.
        #expect(try names(directory).filter { $0.hasPrefix("backup") } == ["backup"])
        try await expectRestored(backup, directory, settings)
        try await expectDamageNamed(backup, directory, settings)
    }

    private func expectRestored(_ backup: String, _ directory: String, _ settings: Settings) async throws {
        let target = directory + "/restored"
        // A directory with anything else in it is left as it is.
        try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: false)
        try Data("x".utf8).write(to: URL(filePath: target + "/notes"))
        #expect(try await thrown { _ = try await restore(backup, into: target, settings) } == .targetExists(path: target))
        #expect(try names(target) == ["notes"])
        try FileManager.default.removeItem(atPath: target)

        let restored = try await restore(backup, into: target, settings)
        #expect(restored.position == activations + 10 && restored.isEmbedded)
        #expect(restored.refusal?.code == "fork_detected" && restored.lacks == activations + 11...activations + 15)
        let own = try self.settings(target, ["ALPHA_LEDGER_SIGNING_KEY_FILE": directory + "/key"])
        let ledger = try await Ledger.open(own, Resources(root: projectRoot), logger: Self.logger)
        let code = try await RestoredCopyTests.code { _ = try await ledger.signCheckpoint() }
        #expect(code == "fork_detected")
        let report = try await ledger.pool.run { session in try LogVerifier().verify(session) }
        await ledger.close()
        #expect(report.fault == nil && report.size == activations + 10)
        try FileManager.default.removeItem(atPath: target)
        // Without key and heads it says that they are missing, and not that all is well.
        let bare = try await restore(backup, into: target, try self.settings(directory + "/none"))
        #expect(bare.refusal?.code == "key_file_missing" && bare.lacks == nil)
        try FileManager.default.removeItem(atPath: target)
    }

    private func expectDamageNamed(_ backup: String, _ directory: String, _ settings: Settings) async throws {
        let file = try #require(
            FileManager.default.subpathsOfDirectory(atPath: backup + "/postgres/base").filter { $0.hasSuffix("/PG_VERSION") }.first)
        let path = backup + "/postgres/base/" + file
        let target = directory + "/restored"
        let original = try Data(contentsOf: URL(filePath: path))
        try Data("9\n".utf8).write(to: URL(filePath: path))
        let report = try await verify(backup, settings)
        #expect(!report.isVerified && report.events == nil && report.problems.first?.contains(path) == true, "\(report.problems)")
        let error = try await thrown { _ = try await restore(backup, into: target, settings) }
        #expect(error?.description.contains(path + " was altered") == true)
        #expect(!FileManager.default.fileExists(atPath: target))
        try original.write(to: URL(filePath: path))
        // WAL, which the server's own manifest does not list.
        let wal = try #require(try names(backup + "/postgres/pg_wal").first)
        let handle = try #require(FileHandle(forUpdatingAtPath: backup + "/postgres/pg_wal/" + wal))
        try handle.seek(toOffset: 4096)
        try handle.write(contentsOf: Data(repeating: 7, count: 16))
        try handle.close()
        #expect(try await verify(backup, settings).problems.first?.contains("pg_wal/\(wal) was altered") == true)
        // The manifest, in a way that keeps it canonical.
        let manifest = URL(filePath: backup + "/manifest.json")
        let text = try String(contentsOf: manifest, encoding: .utf8)
        let position = activations + 10
        try text.replacing("\"position\":\(position),\"projections\"", with: "\"position\":\(position - 1),\"projections\"")
            .write(to: manifest, atomically: true, encoding: .utf8)
        #expect(try await thrown { _ = try await verify(backup, settings) }?.description.contains("signed head") == true)
        try FileManager.default.removeItem(at: manifest)
        for body in [
            { _ = try await verify(backup, settings) }, { _ = try await restore(backup, into: target, settings) },
        ] as [() async throws -> Void] {
            #expect(try await thrown(body) == .unfinished(path: backup))
        }
    }

    @Test func `a user without the right to replicate is refused before anything is written`() async throws {
        let directory = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try await withServer { server in
            try await SignedHeadTests.opened(server.uri, directory + "/key") { _ in }
            try await RestoredCopyTests.sql(server.uri, "CREATE ROLE plain LOGIN NOREPLICATION; GRANT alpha_ledger_service TO plain")
            let uri = server.uri.replacing("user=\(EmbeddedPostgres.owner)", with: "user=plain")
            try await SignedHeadTests.opened(uri, directory + "/key") { ledger in
                let error = try await thrown { _ = try await ledger.createBackup(to: directory + "/backup") }
                #expect(error?.exitCode == 2 && error?.description.contains("the user plain may not copy the server") == true)
                #expect(!FileManager.default.fileExists(atPath: directory + "/backup"))
            }
        }
    }

    @Test(arguments: [
        ("could not write to file: No space left on device", BackupError.noSpace(path: "/b"), 1),
        ("FATAL:  must be superuser or replication role to start walsender", .notPermitted(user: "u", reason: "r"), 2),
        ("FATAL:  no pg_hba.conf entry for replication connection from host", .notPermitted(user: "u", reason: "r"), 2),
        ("FATAL:  … exceeds max_wal_senders (currently 10)", .unsuitable(problem: "the server refuses a copy: r"), 2),
        ("error: connection to server on socket failed", .unreachable(reason: "r"), 4), ("anything else", .copyFailed(reason: "r"), 1),
    ])
    func `what pg_basebackup says becomes an error with an exit code`(_ output: String, _ expected: BackupError, _ code: Int32) {
        let error = CopySource.failure(output, "r", user: "u", "/b")
        #expect(error == expected && error.exitCode == code)
    }
}
