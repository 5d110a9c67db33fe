import EmbeddedPostgres
import Foundation
import LedgerEvents
import LedgerNotes
import LedgerPostgres
import LedgerStore
import LedgerValues
import Operations
import Synchronization
import TestSupport
import Testing

/// What a signed head stands on once it was given out, on a server whose commits would wait for nobody.
@Suite(.serialized) struct DurableHeadTests {
    private static func asSuperuser<T: Sendable>(
        _ uri: String, _ work: @Sendable (PostgresSession) throws -> T
    ) async throws -> T {
        let connection = try await PostgresConnection.open(PostgresConfiguration(uri: uri))
        let result: Result<T, any Error>
        do { result = .success(try await connection.run(work)) } catch { result = .failure(error) }
        await connection.close()
        return try result.get()
    }

    private static func setStandbys(_ names: String, _ uri: String) async throws {
        try await asSuperuser(uri) { session in
            try session.executeScript("ALTER SYSTEM SET synchronous_standby_names = '\(names)'")
            try session.executeScript("SELECT pg_reload_conf()")
        }
    }

    private static func isWaiting(_ uri: String) async throws -> Bool {
        try await asSuperuser(uri) { session in
            try session.execute("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep')")[0].bool(0)
        }
    }

    /// Runs on a ledger whose database asks for no durability, with the settings that its programs then have.
    private func withCarelessServer(_ body: (Ledger, _ uri: String, _ keyFile: String) async throws -> Void) async throws {
        let directory = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try await withServer { server in
            try await Self.asSuperuser(server.uri) { session in
                try session.executeScript("ALTER DATABASE \(session.address.database) SET synchronous_commit = off")
            }
            try await SignedHeadTests.opened(server.uri, directory + "/key") { ledger in
                try await SignedHeadTests.append(ledger, 0..<3)
                try await body(ledger, server.uri, directory + "/key")
            }
        }
    }

    /// Whether work ends only once a standby, of which there is none, need not be waited for.
    private func expectToWait(
        _ uri: String, _ work: @escaping @Sendable () async throws -> Void, meanwhile: () -> Void = {}
    ) async throws {
        try await Self.setStandbys("somebody", uri)
        let isDone = Mutex(false)
        let running = Task {
            defer { isDone.withLock { $0 = true } }
            try await work()
        }
        var hasWaited = false
        for _ in 0..<500 where !hasWaited && !isDone.withLock({ $0 }) {
            hasWaited = try await Self.isWaiting(uri)
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(hasWaited && !isDone.withLock { $0 })
        meanwhile()
        try await Self.setStandbys("", uri)
        try await running.value
    }

    private static func kept(_ keyFile: String) -> Int {
        (FileManager.default.contents(atPath: keyFile + ".checkpoints") ?? Data()).count
    }

    @Test(.timeLimit(.minutes(2)))
    func `a head is signed once its events are where the standbys are, and its key is recorded there too`() async throws {
        try await withCarelessServer { ledger, uri, keyFile in
            try await expectToWait(uri) { _ = try await ledger.signCheckpoint() }
            try await SignedHeadTests.append(ledger, 3..<5)
            // The key is recorded by now; the events are the reason. Nothing is kept of a head that may be lost.
            let before = Self.kept(keyFile)
            try await expectToWait(uri) {
                _ = try await ledger.signCheckpoint()
            } meanwhile: {
                #expect(Self.kept(keyFile) == before)
            }
            #expect(Self.kept(keyFile) > before)
            // The same head again needs no commit.
            try await Self.setStandbys("somebody", uri)
            _ = try await ledger.signCheckpoint()
            try await Self.setStandbys("", uri)
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func `an acknowledged fork is on the standbys before its head is given out`() async throws {
        try await withCarelessServer { ledger, uri, _ in
            _ = try await ledger.signCheckpoint()
            let size = try await SignedHeadTests.head(ledger).position
            try await SignedHeadTests.restore(uri, to: size - 1)
            try await expectToWait(uri) { _ = try await ledger.acknowledgeFork() }
            #expect(try await ledger.verifyCheckpoints().count == 1)
        }
    }
}
