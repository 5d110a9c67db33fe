import Foundation
import LedgerPostgres
import LedgerStore
import Synchronization
import TestSupport
import Testing

@testable import Operations

/// An audit whose tables are read by several sessions of the pool.
@Suite struct AuditReadersTests {
    /// Others that hold sessions.
    private final class Holders: Sendable {
        let count = Mutex(0)
        let areDone = Mutex(false)

        func hold(_ session: PostgresSession) throws {
            count.withLock { $0 += 1 }
            while !areDone.withLock({ $0 }) { _ = try session.execute("SELECT pg_sleep(0.01)") }
        }
    }

    @Test(.timeLimit(.minutes(2))) func `An audit ends although others hold all sessions but its own`() async throws {
        try await TamperBench.with(4) { bench in
            let pool = bench.ledger.pool
            let others = pool.usage.maximum - 1
            let holders = Holders()
            try await withThrowingTaskGroup { group in
                defer { holders.areDone.withLock { $0 = true } }
                for _ in 0..<others { group.addTask { try await pool.run { try holders.hold($0) } } }
                while holders.count.withLock({ $0 }) < others { try await Task.sleep(for: .milliseconds(5)) }
                let report = try await bench.ledger.audit()
                #expect(report.isVerified, "\(report.problems)")
                #expect(pool.usage.inUse == others)
            }
        }
    }

    @Test(.timeLimit(.minutes(1))) func `Readers that still wait for sessions do not keep an audit from ending`() async throws {
        try await TamperBench.with(4) { bench in
            let pool = bench.ledger.pool
            let (first, others, audit) = (Holders(), Holders(), Holders())
            func wait(_ condition: () -> Bool) async throws {
                while !condition() { try await Task.sleep(for: .milliseconds(5)) }
            }
            try await withThrowingTaskGroup { group in
                defer { for holders in [first, others] { holders.areDone.withLock { $0 = true } } }
                group.addTask { try await pool.run { try first.hold($0) } }
                for _ in 1..<pool.usage.maximum { group.addTask { try await pool.run { try others.hold($0) } } }
                try await wait { first.count.withLock { $0 } + others.count.withLock { $0 } == pool.usage.maximum }
                group.addTask {
                    try await SnapshotReaders.with(1, of: pool) { _, _ in
                        // The reader waits behind the other holder, who gets the audit's own session.
                        while pool.usage.waiting < 2 { usleep(1_000) }
                    }
                    audit.areDone.withLock { $0 = true }
                }
                try await wait { pool.usage.waiting == 1 }
                group.addTask { try await pool.run { try others.hold($0) } }
                try await wait { pool.usage.waiting == 2 }
                first.areDone.withLock { $0 = true }
                try await wait { audit.areDone.withLock { $0 } }
                #expect(pool.usage.inUse == pool.usage.maximum)
            }
        }
    }

    @Test func `An audit ends with the error of a table that can't be read, and leaves no session in a transaction`() async throws {
        try await TamperBench.with(5) { bench in
            let ledger = bench.ledger
            let served = try await ledger.pool.run { try ledger.catalog.served("trades", $0) }
            let table = "projection.\"\(try #require(served).tableName)\""
            let owner = try await PostgresConnection.open(PostgresConfiguration(uri: bench.uri))
            try await owner.run { session in
                try session.executeScript(
                    """
                    ALTER TABLE \(table) ENABLE ROW LEVEL SECURITY;
                    ALTER TABLE \(table) FORCE ROW LEVEL SECURITY;
                    CREATE POLICY broken ON \(table) USING (1 / (valid_from - valid_from) = 1)
                    """)
            }
            let error = await #expect(throws: PostgresError.self) { _ = try await ledger.audit() }
            #expect(error?.sqlState == .divisionByZero)
            let idle = try await owner.run { session in
                try session.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
                )[0].int8(0)
            }
            await owner.close()
            #expect(idle == 0)
            #expect(ledger.pool.usage.inUse == 0)
        }
    }
}
