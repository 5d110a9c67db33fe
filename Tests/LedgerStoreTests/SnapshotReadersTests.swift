import LedgerPostgres
import LedgerValues
import Synchronization
import TestSupport
import Testing

@testable import LedgerStore

/// Reads of one snapshot that several sessions share.
@Suite struct SnapshotReadersTests {
    private static let run = UniqueID(high: 7, low: 7)

    private struct Read: Sendable, Equatable {
        let number: Int
        /// The server's process.
        let session: Int32
        /// The number of events that the session saw.
        let events: Int64
    }

    /// The sessions that have begun a read, by the server's processes.
    private final class Meeting: Sendable {
        private let sessions = Mutex<Set<Int32>>([])

        /// Returns the session's process once as many sessions are here, or after five seconds.
        func join(_ session: PostgresSession, expecting count: Int) throws -> Int32 {
            let process = try session.execute("SELECT pg_backend_pid()")[0].int4(0)
            sessions.withLock { _ = $0.insert(process) }
            try SnapshotReadersTests.wait(session) { sessions.withLock { $0.count >= count } }
            return process
        }
    }

    /// Waits until something is so, five seconds at most.
    private static func wait(_ session: PostgresSession, until isSo: () -> Bool) throws {
        for _ in 0..<500 where !isSo() { _ = try session.execute("SELECT pg_sleep(0.01)") }
    }

    private static func events(_ session: PostgresSession) throws -> Int64 {
        try session.execute("SELECT count(*) FROM ledger.events")[0].int8(0)
    }

    /// Runs `body` on a session in a snapshot, with readers that other sessions of the pool serve.
    private func withReaders<T: Sendable>(
        _ count: Int, _ pool: PostgresPool, _ body: @Sendable (SnapshotReaders, PostgresSession) throws -> T
    ) async throws -> T {
        try await SnapshotReaders.with(count, of: pool) { readers, session in
            try session.transaction(.snapshot) { try body(readers, session) }
        }
    }

    /// The number of the database's sessions that are in a transaction and do nothing.
    private func idleTransactions(_ ledger: LedgerDatabase) async throws -> Int64 {
        try await ledger.asSuperuser { session in
            try session.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
            )[0].int8(0)
        }
    }

    @Test func `Every session that takes part sees the snapshot of the one that asks, whatever is committed after it`() async throws {
        try await withLedger { ledger in
            try await ledger.log.append([recorded(try sampleRow("T1"))], runID: Self.run)
            let (taken, take) = AsyncStream.makeStream(of: Never.self)
            let isCommitted = Mutex(false)
            async let append: Void = {
                for await _ in taken {}
                try await ledger.log.append([recorded(try sampleRow("T2"))], runID: Self.run)
                isCommitted.withLock { $0 = true }
            }()
            let rounds = try await withReaders(2, ledger.pool) { readers, session in
                #expect(try Self.events(session) == 1)
                take.finish()
                try Self.wait(session) { isCommitted.withLock { $0 } }
                return try (0..<2).map { _ in
                    let meeting = Meeting()
                    return try readers.map(7, session, progress: { _ in }) { number, session in
                        Read(number: number, session: try meeting.join(session, expecting: 3), events: try Self.events(session))
                    }
                }
            }
            try await append
            for reads in rounds {
                #expect(reads.map(\.number) == Array(0..<7))
                #expect(Set(reads.map(\.session)).count == 3)
                #expect(reads.map(\.events) == Array(repeating: 1, count: 7))
            }
            #expect(try await ledger.pool.run { try Self.events($0) } == 2)
            #expect(try await idleTransactions(ledger) == 0)
        }
    }

    @Test(arguments: [true, false])
    func `The error of one read is the round's, and leaves no session in a transaction`(isOfReader: Bool) async throws {
        try await withLedger { ledger in
            let begun = Mutex(0)
            let error = await #expect(throws: PostgresError.self) {
                try await withReaders(2, ledger.pool) { readers, session in
                    let meeting = Meeting()
                    let asking = try session.execute("SELECT pg_backend_pid()")[0].int4(0)
                    _ = try readers.map(1_000, session, progress: { _ in }) { _, session in
                        begun.withLock { $0 += 1 }
                        let isReader = try meeting.join(session, expecting: 3) != asking
                        if isReader == isOfReader { _ = try session.execute("SELECT 1 / 0") }
                    }
                }
            }
            #expect(error?.sqlState == .divisionByZero)
            // Nothing begins after the error.
            #expect(3..<1_000 ~= begun.withLock { $0 })
            let idle = try await idleTransactions(ledger)
            #expect(idle == 0)
            #expect(ledger.pool.usage.inUse == 0)
            // The same sessions serve others.
            #expect(try await ledger.pool.run { try Self.events($0) } == 0)
        }
    }

    @Test func `Without another session the one that asks reads everything`() async throws {
        try await withLedger { ledger in
            let pool = PostgresPool(ledger.configuration, maximumConnections: 1)
            let reads = try await withReaders(2, pool) { readers, session in
                try readers.map(5, session, progress: { _ in }) { number, session in
                    Read(number: number, session: try Meeting().join(session, expecting: 1), events: try Self.events(session))
                }
            }
            #expect(reads.map(\.number) == Array(0..<5))
            #expect(Set(reads.map(\.session)).count == 1)
            await pool.close()
        }
    }
}
