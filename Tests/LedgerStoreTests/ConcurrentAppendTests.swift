import Foundation
import LedgerEvents
import LedgerMerkle
import LedgerPostgres
import LedgerStore
import LedgerValues
import Synchronization
import TestSupport
import Testing

private final class Flag: Sendable {
    private let value = Atomic<Bool>(false)
    var isSet: Bool { value.load(ordering: .relaxed) }
    func set() { value.store(true, ordering: .relaxed) }
}

private final class Ids: Sendable {
    let values = Mutex<Set<String>>([])
}

/// Appends until there is an answer: a caller whose connection was lost too often asks again, which is safe.
private func appendUntilAnswered(_ log: EventLog, _ events: [NewEvent], _ run: UniqueID) async throws {
    for _ in 0..<50 {
        do {
            try await log.append(events, runID: run)
            return
        } catch let error as PostgresError where error.isConnectionFailure {
            continue
        }
    }
    Issue.record("no answer after 50 attempts")
}

@Suite(.serialized) struct ConcurrentAppendTests {
    /// Sixteen writers, each a process's worth of log and pool, some of whose batches conflict, while backends are
    /// killed under them and a reader watches.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func `positions stay gapless under aborts and killed connections`(seed: UInt64) async throws {
        try await withLedger { ledger in
            let isDone = Flag()
            let watcher = Task {
                var lastSeen: Int64 = 0
                while !isDone.isSet {
                    // Any snapshot must hold a gapless prefix, at least as long as the one before.
                    let (count, highest) = try await ledger.pool.run(retryOnConnectionLoss: true) { session in
                        let row = try session.execute("SELECT count(*), coalesce(max(position), 0) FROM ledger.events")[0]
                        return (try row.int8(0), try row.int8(1))
                    }
                    #expect(count == highest && highest >= lastSeen, "seed \(seed)")
                    lastSeen = highest
                }
            }
            let killer = Task {
                var random = SeededGenerator(seed: seed &+ 1000)
                while !isDone.isSet {
                    try await Task.sleep(for: .milliseconds(Int.random(in: 60...200, using: &random)))
                    let pick = Int.random(in: 0..<16, using: &random)
                    try await ledger.asSuperuser { session in
                        _ = try session.execute(
                            """
                            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                            WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'postgres-client'
                            ORDER BY pid OFFSET $1 LIMIT 1
                            """, [.int8(Int64(pick))])
                    }
                }
            }
            let accepted = Ids()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<16 {
                    group.addTask {
                        let own = try ledger.another()
                        var random = SeededGenerator(seed: seed &* 100 &+ UInt64(writer))
                        for round in 0..<12 {
                            let size = Int.random(in: 1...30, using: &random)
                            // Ids overlap between writers, so that some batches meet others' events.
                            var events = try (0..<size).map { index in
                                recorded(try sampleRow("W\((writer + index) % 20)-\(round)-\(index)"))
                            }
                            if Int.random(in: 0..<5, using: &random) == 0 {
                                // A batch that must fail as a whole: it contradicts itself.
                                events.append(recorded(try sampleRow("own-\(writer)-\(round)", quantity: 1)))
                                events.append(recorded(try sampleRow("own-\(writer)-\(round)", quantity: 2)))
                                await #expect(throws: LedgerError.self) {
                                    try await appendUntilAnswered(own.log, events, UniqueID(high: 1, low: UInt64(writer)))
                                }
                                continue
                            }
                            try await appendUntilAnswered(own.log, events, UniqueID(high: 1, low: UInt64(writer)))
                            let ids = events.map { "\($0.eventID)" }
                            accepted.values.withLock { $0.formUnion(ids) }
                        }
                        await own.close()
                    }
                }
                try await group.waitForAll()
            }
            isDone.set()
            try await watcher.value
            try await killer.value

            let stored = try await ledger.pool.run(retryOnConnectionLoss: true) {
                try LogReader().events(after: 0, limit: 100_000, $0)
            }
            #expect(stored.map(\.position) == Array(1...Int64(stored.count)), "seed \(seed)")
            #expect(Set(stored.map { "\($0.eventID)" }) == accepted.values.withLock { $0 }, "seed \(seed)")
            #expect(Set(stored.map(\.eventID)).count == stored.count)
            var tree = MerkleFrontier()
            for event in stored { tree.append(event.computedLeafHash()) { _, _, _ in } }
            let verification = try await ledger.pool.run(retryOnConnectionLoss: true) { try LogVerifier().verify($0) }
            #expect(verification.fault == nil, "seed \(seed)")
            #expect(verification.root == tree.root)
        }
    }

    @Test func `many small concurrent appends share commits`() async throws {
        try await withLedger { ledger in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<400 {
                    group.addTask {
                        try await ledger.log.append([recorded(try sampleRow("T\(index)"))], runID: UniqueID(high: 1, low: 1))
                    }
                }
                try await group.waitForAll()
            }
            #expect(await ledger.log.appended == 400)
            #expect(await ledger.log.commits < 200)
        }
    }
}
