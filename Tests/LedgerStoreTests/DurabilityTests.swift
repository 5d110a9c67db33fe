import EmbeddedPostgres
import Foundation
import LedgerEvents
import LedgerPostgres
import LedgerValues
import OptionTrades
import Synchronization
import TestSupport
import Testing

@testable import LedgerStore

/// What an acknowledged append is worth.
@Suite(.serialized) struct DurabilityTests {
    private let run = UniqueID(high: 6, low: 1)

    @Test(arguments: [("off", "on"), ("local", "on"), ("remote_write", "on"), ("on", "on"), ("remote_apply", "remote_apply")])
    func `an append commits with what it needs, whatever the database says`(asked: String, used: String) async throws {
        try await withLedger { ledger in
            try await ledger.asSuperuser { session in
                let name = session.address.database
                try session.executeScript("ALTER DATABASE \(name) SET synchronous_commit = \(asked)")
            }
            let program = try ledger.another()
            let seen = Mutex("")
            try await program.log.append([recorded(try sampleRow("A"))], runID: run) { session, _ in
                let value = try session.execute("SELECT current_setting('synchronous_commit')")[0].text(0)
                seen.withLock { $0 = value }
            }
            #expect(seen.withLock { $0 } == used)
            // What else the session does is its own affair.
            let own = try await program.pool.run { try $0.execute("SELECT current_setting('synchronous_commit')")[0].text(0) }
            #expect(own == asked)
            #expect(try await program.pool.run { try Durability.read(TradeLedger.names, $0).synchronousCommit } == used)
            await program.close()
        }
    }

    @Test func `a server that compiles its plans compiles none of the ledger's`() async throws {
        try await withLedger { ledger in
            try await ledger.asSuperuser { session in
                try session.executeScript("ALTER DATABASE \(session.address.database) SET jit = on")
            }
            let program = try ledger.another()
            #expect(try await program.pool.run { try $0.execute("SELECT current_setting('jit')")[0].text(0) } == "off")
            await program.close()
        }
    }

    @Test(.timeLimit(.minutes(2))) func `an acknowledged append outlasts its server although the database says that none need`()
        async throws
    {
        let directory = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        // What nobody asks to be written stays in the server's memory.
        let options = ["wal_writer_delay": "10s", "wal_writer_flush_after": "0", "autovacuum": "off"]
        try await withServer(in: directory, options: options) { server in
            try await withLedger(at: server.uri) { ledger in
                try await ledger.asSuperuser { session in
                    try session.executeScript("ALTER DATABASE ledger SET synchronous_commit = off; CHECKPOINT")
                }
                let program = try ledger.another()
                try await program.log.append([recorded(try sampleRow("A"))], runID: run)
                kill(server.processID, SIGQUIT)
                await program.close()
            }
        }
        try await withServer(in: directory, options: options) { server in
            let head = try await LedgerDatabase(uri: server.uri).asSuperuser { try LogReader().head($0).position }
            #expect(head == 1)
        }
    }

    @Test func `nothing is appended to a server without fsync unless that is allowed`() async throws {
        try await withLedger { ledger in
            let program = try ledger.another(settings: [TradeLedger.names.unsafeDurabilitySetting: "off"])
            do {
                try await program.log.append([recorded(try sampleRow("A"))], runID: run)
                Issue.record("the append was accepted")
            } catch LedgerError.unsafeServer(let problem) {
                #expect(problem.contains("fsync = off"))
            }
            let durability = try await program.pool.run { try Durability.read(TradeLedger.names, $0) }
            #expect(!durability.fsync && durability.refusal != nil)
            #expect(try await ledger.pool.run { try LogReader().head($0).position } == 0)
            await program.close()

            let allowed = try ledger.another(settings: [TradeLedger.names.unsafeDurabilitySetting: "true"])
            try await allowed.log.append([recorded(try sampleRow("A"))], runID: run)
            let known = try await allowed.pool.run { try Durability.read(TradeLedger.names, $0) }
            #expect(known.refusal == nil && known.problems.contains { $0.contains("fsync = off") })
            await allowed.close()
        }
    }

    /// How the writer's backend waits for a standby; nil if it does not.
    private func wait(_ ledger: LedgerDatabase) async throws -> (pid: Int32, since: Int64)? {
        let row = try await ledger.asSuperuser { session in
            try session.execute(
                """
                SELECT pid, xact_start FROM pg_stat_activity
                WHERE wait_event = 'SyncRep' AND backend_type = 'client backend' LIMIT 1
                """
            ).first.map { (try $0.int4(0), try $0.timestamptz(1)) }
        }
        return row
    }

    private final class Flag: Sendable {
        private let value = Atomic<Bool>(false)
        var isSet: Bool { value.load(ordering: .relaxed) }
        func set() { value.store(true, ordering: .relaxed) }
    }

    /// The next wait; nil if there was an answer instead.
    private func nextWait(
        _ isAnswered: Flag, after last: Int64?, _ ledger: LedgerDatabase
    ) async throws -> (pid: Int32, since: Int64)? {
        for _ in 0..<3_000 {
            if isAnswered.isSet { return nil }
            if let wait = try await wait(ledger), last.map({ wait.since > $0 }) ?? true { return wait }
            try await Task.sleep(for: .milliseconds(20))
        }
        return nil
    }

    private func setStandbys(_ names: String, _ ledger: LedgerDatabase) async throws {
        try await ledger.asSuperuser { session in
            try session.executeScript("ALTER SYSTEM SET synchronous_standby_names = '\(names)'")
            try session.executeScript("SELECT pg_reload_conf()")
        }
    }

    /// The server answers such a COMMIT with success, and a warning.
    @Test(.timeLimit(.minutes(3)), arguments: ["pg_cancel_backend", "pg_terminate_backend"])
    func `an append whose wait for a standby is cut short is not acknowledged before a standby has it`(_ function: String) async throws {
        try await withServer { server in
            try await withLedger(at: server.uri) { ledger in
                try await setStandbys("somebody", ledger)
                let isAnswered = Flag()
                let append = Task { [run] in
                    defer { isAnswered.set() }
                    return try await ledger.log.append([recorded(try sampleRow("A"))], runID: run)
                }
                let first = try #require(try await nextWait(isAnswered, after: nil, ledger))
                _ = try await ledger.asSuperuser { try $0.execute("SELECT \(function)($1)", [.int4(first.pid)]) }
                // It asks again, finds its event, and waits for it again.
                let second = try await nextWait(isAnswered, after: first.since, ledger)
                #expect(second != nil && !isAnswered.isSet)
                let durability = try await ledger.pool.run { try Durability.read(TradeLedger.names, $0) }
                #expect(durability.synchronousStandbyNames == "somebody" && durability.problems.contains { $0.contains("standbys") })
                try await setStandbys("", ledger)
                #expect(try await append.value.map(\.position) == [1])
            }
        }
    }

    @Test(arguments: [1, 200]) func `a notification that fails does not fail its append`(events: Int) async throws {
        try await withLedger { ledger in
            try await ledger.asSuperuser { session in
                try session.executeScript("REVOKE EXECUTE ON FUNCTION pg_catalog.pg_notify(text, text) FROM PUBLIC")
            }
            let rows = try (0..<events).map { recorded(try sampleRow("T\($0)")) }
            #expect(try await ledger.log.append(rows, runID: run).count == events)
            // The session goes on, and without an error nothing is appended twice.
            let answer = try await ledger.log.append([recorded(try sampleRow("Z"))], runID: run) { _, _ in }
            #expect(answer == [AppendedEvent(position: Int64(events) + 1, streamVersion: 1, isNew: true)])
            #expect(await ledger.log.commits == 2)
        }
    }

    @Test func `an append is followed by a notification of its position`() async throws {
        try await withLedger { ledger in
            let listener = try await PostgresConnection.open(ledger.configuration)
            let isListening = DispatchSemaphore(value: 0)
            // A session that is given back hears nothing more.
            let hearing = Task {
                try await listener.run { session in
                    try session.listen("ledger_events")
                    isListening.signal()
                    return try (0..<2).map { _ in try session.waitForNotification(timeoutMilliseconds: 30_000)?.payload }
                }
            }
            await Task.detached { isListening.wait() }.value
            try await ledger.log.append([recorded(try sampleRow("A"))], runID: run)
            try await ledger.log.append(try (0..<200).map { recorded(try sampleRow("T\($0)")) }, runID: run)
            #expect(try await hearing.value == ["1", "201"])
            await listener.close()
        }
    }
}
