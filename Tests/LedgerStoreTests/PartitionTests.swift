import LedgerEvents
import LedgerPostgres
import LedgerValues
import OptionTrades
import Synchronization
import TestSupport
import Testing

@testable import LedgerStore

/// The log's table is divided into partitions by position, and nobody who reads or appends notices.
@Suite struct PartitionTests {
    private static let run = UniqueID(high: 13, low: 1)

    private static func events(_ range: Range<Int>) throws -> [NewEvent] { try range.map { recorded(try sampleRow("P\($0)")) } }

    private func partitioning(_ ledger: LedgerDatabase, size: Int64, attempts: Int = 60) -> LogPartitioning {
        LogPartitioning(PostgresConfiguration(uri: ledger.uri), TradeLedger.names, size: size, attempts: attempts)
    }

    /// The root of the first events, and the log's and schema's faults.
    private func verify(_ ledger: LedgerDatabase) async throws -> (LogVerification, [AuditFinding]) {
        let migrator = try projectMigrator()
        return try await ledger.asSuperuser { session in
            try session.transaction(.snapshot) {
                (try LogVerifier().verify(session), try SchemaVerifier(migrator).findings(session))
            }
        }
    }

    private final class Flag: Sendable {
        private let value = Atomic<Bool>(false)
        var isSet: Bool { value.load(ordering: .relaxed) }
        func set() { value.store(true, ordering: .relaxed) }
    }

    @Test func `a log is partitioned while others append and read, and no request fails`() async throws {
        try await withLedger { ledger in
            try await ledger.log.append(Self.events(0..<300), runID: Self.run)
            let root = try await ledger.pool.run { try LogReader().root(at: 300, $0) }
            let other = try ledger.another()
            let isDone = Flag()
            let appender = Task {
                var next = 300
                while !isDone.isSet, next < 1_500 {
                    try await other.log.append(Self.events(next..<next + 3), runID: Self.run)
                    next += 3
                }
                return next
            }
            let reader = Task {
                var reads = 0
                while !isDone.isSet {
                    try await ledger.pool.run { session in
                        let head = try LogReader().head(session).position
                        #expect(try LogReader().events(after: head - 10, limit: 10, session).count == 10)
                        #expect(try LogReader().stream("execution-alpha_sync:P7", limit: 5, session).map(\.position) == [8])
                        let all = try session.execute("SELECT count(*) FROM ledger.events_json WHERE position <= $1", [.int8(head)])
                        #expect(try all[0].int8(0) == head)
                    }
                    reads += 1
                }
                return reads
            }
            let partitions: Result<[LogPartition], any Error>
            do { partitions = .success(try await partitioning(ledger, size: 4_096).run()) } catch { partitions = .failure(error) }
            isDone.set()
            let appended = try await appender.value
            #expect(try await reader.value > 0)
            await other.close()
            #expect(
                try partitions.get() == [
                    LogPartition(table: "events_1", first: 1, last: 4_096),
                    LogPartition(table: "events_4097", first: 4_097, last: 8_192),
                ])
            let (log, findings) = try await verify(ledger)
            #expect(log.fault == nil && log.size == Int64(appended) && findings.isEmpty, "\(findings)")
            #expect(try await ledger.pool.run { try LogReader().root(at: 300, $0) } == root)
            // Once more there is nothing to do.
            #expect(try await partitioning(ledger, size: 64).run().count == 2)
            let next = try await ledger.log.append(Self.events(appended..<appended + 1), runID: Self.run)
            #expect(next.map(\.position) == [Int64(appended) + 1])
        }
    }

    @Test func `appends make the next partitions, and identities and streams hold across all of them`() async throws {
        try await withLedger { ledger in
            try await ledger.log.append(Self.events(0..<10), runID: Self.run)
            #expect(try await partitioning(ledger, size: 64).run().map(\.last) == [64, 128])
            let old = try sampleRow("P3")
            for first in stride(from: 10, to: 110, by: 20) {
                try await ledger.log.append(Self.events(first..<first + 20), runID: Self.run)
            }
            // The first position from which less than a tenth of the last partition is left is 122.
            #expect(try await ledger.pool.run { try LogPartition.all($0) }.map(\.last) == [64, 128])
            try await ledger.log.append(Self.events(110..<130), runID: Self.run)
            #expect(try await ledger.pool.run { try LogPartition.all($0) }.map(\.last) == [64, 128, 192])
            // By COPY over several.
            try await ledger.log.append(Self.events(130..<630), runID: Self.run)
            let partitions = try await ledger.pool.run { try LogPartition.all($0) }
            #expect(partitions.map(\.first) == (0..<10).map { $0 * 64 + 1 } && partitions.last?.last == 640)

            let again = try await ledger.log.append(Self.events(0..<630), runID: Self.run)
            #expect(again.map(\.position) == (1...630).map { $0 } && again.allSatisfy { !$0.isNew })
            let one = try await ledger.log.append(Self.events(5..<6), runID: Self.run)
            #expect(one == [AppendedEvent(position: 6, streamVersion: 1, isNew: false)])
            let changed = recorded(try sampleRow("P3", quantity: 99))
            await #expect(
                throws: LedgerError.identityConflict(eventID: changed.eventID, stream: "execution-alpha_sync:P3", position: 4)
            ) {
                try await ledger.log.append([changed], runID: Self.run)
            }
            // A stream goes on in another partition.
            let new = try sampleRow("P3", updatedAt: 5, quantity: 11)
            await #expect(throws: LedgerError.versionConflict(stream: "execution-alpha_sync:P3", expected: 0, actual: 1)) {
                try await ledger.log.append([updated(new, from: old, previous: 0)], runID: Self.run)
            }
            let next = try await ledger.log.append([updated(new, from: old, previous: 1)], runID: Self.run)
            #expect(next == [AppendedEvent(position: 631, streamVersion: 2, isNew: true)])
            let stream = try await ledger.pool.run { try LogReader().stream("execution-alpha_sync:P3", limit: 9, $0) }
            #expect(stream.map(\.position) == [4, 631])
            let (log, findings) = try await verify(ledger)
            #expect(log.fault == nil && log.size == 631 && findings.isEmpty, "\(findings)")
        }
    }

    @Test func `a range is read from its partitions in their order, without a sort`() async throws {
        try await withLedger { ledger in
            try await ledger.log.append(Self.events(0..<200), runID: Self.run)
            _ = try await partitioning(ledger, size: 64).run()
            try await ledger.log.append(Self.events(200..<500), runID: Self.run)
            let plan = try await ledger.pool.run { session in
                try session.transaction {
                    try session.executeScript("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
                    return try session.execute(
                        "EXPLAIN (COSTS OFF) SELECT * FROM ledger.events WHERE position > 260 AND position <= 330 ORDER BY position"
                    ).map { try $0.text(0) }
                }
            }
            let tables = plan.filter { $0.contains("Scan") }
            #expect(tables.count == 2 && tables.allSatisfy { $0.contains("Index Scan") }, "\(plan)")
            #expect(!plan.contains { $0.contains("Sort") }, "\(plan)")
            let read = try await ledger.pool.run { session in
                var positions: [Int64] = []
                try LogReader().forEachBytes(after: 100, upTo: 490, session) { positions.append($0.position) }
                return positions
            }
            #expect(read == Array(101...490))
        }
    }

    @Test func `a run that is killed while it waits is continued by the next one`() async throws {
        try await withLedger { ledger in
            try await ledger.log.append(Self.events(0..<100), runID: Self.run)
            let reader = try await OpenTransaction(ledger.configuration, "SELECT count(*) FROM ledger.events")
            let killed = Task { try await partitioning(ledger, size: 64).run() }
            var isKilled = false
            for _ in 0..<3_000 where !isKilled {
                isKilled = try await ledger.asSuperuser { session in
                    try session.execute(
                        """
                        SELECT pg_terminate_backend(l.pid) FROM pg_locks l
                        WHERE NOT l.granted AND l.mode = 'AccessExclusiveLock' AND l.relation = 'ledger.events'::regclass
                          AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                        """
                    ).rowCount > 0
                }
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(isKilled)
            await #expect(throws: PostgresError.self) { try await killed.value }
            // Until the next run appends go on, and the audit has nothing to say.
            try await ledger.log.append(Self.events(100..<120), runID: Self.run)
            #expect(try await verify(ledger).1.isEmpty)

            // A reader that does not end keeps the log from being partitioned, and nothing else.
            await #expect(throws: PartitionError.busy) { try await partitioning(ledger, size: 64, attempts: 1).run() }
            try await ledger.log.append(Self.events(120..<130), runID: Self.run)
            try await reader.end()

            // What a run leaves that is killed just before its last step.
            try await ledger.asSuperuser { session in
                try session.executeScript(
                    """
                    ALTER TABLE ledger.events DROP CONSTRAINT IF EXISTS partition_range;
                    ALTER TABLE ledger.events ADD CONSTRAINT partition_range CHECK (position >= 1 AND position <= 1024)
                    """)
            }
            #expect(try await partitioning(ledger, size: 64).run().map(\.last) == [192, 256])
            try await ledger.log.append(Self.events(130..<200), runID: Self.run)
            let (log, findings) = try await verify(ledger)
            #expect(log.fault == nil && log.size == 200 && findings.isEmpty, "\(findings)")
        }
    }

    @Test func `views and rights follow the log, and what would not follow is named and nothing changes`() async throws {
        try await withLedger { ledger in
            try await ledger.log.append(Self.events(0..<20), runID: Self.run)
            try await ledger.asSuperuser { session in
                try session.executeScript(
                    """
                    CREATE VIEW public.wide WITH (security_barrier = true) AS SELECT position, payload::jsonb AS payload FROM ledger.events;
                    CREATE VIEW public.narrow AS SELECT position FROM public.wide;
                    COMMENT ON VIEW public.wide IS 'kept';
                    CREATE MATERIALIZED VIEW public.heap AS SELECT count(*) FROM ledger.events
                    """)
            }
            await #expect(throws: PartitionError.dependents(["rule _RETURN on materialized view public.heap"])) {
                try await partitioning(ledger, size: 64).run()
            }
            #expect(try await ledger.pool.run { try LogPartition.all($0) }.isEmpty)
            try await ledger.asSuperuser { try $0.executeScript("DROP MATERIALIZED VIEW public.heap") }
            _ = try await partitioning(ledger, size: 64).run()
            try await ledger.log.append(Self.events(20..<100), runID: Self.run)
            try await ledger.asSuperuser { session in
                let found = try session.execute(
                    """
                    SELECT (SELECT count(*) FROM public.narrow), obj_description('public.wide'::regclass),
                           (SELECT array_to_string(reloptions, '') FROM pg_class WHERE oid = 'public.wide'::regclass)
                    """)[0]
                #expect(try found.int8(0) == 100 && found.text(1) == "kept" && found.text(2) == "security_barrier=true")
            }
            await #expect(throws: PostgresError.self) {
                try await ledger.pool.run { _ = try $0.execute("SELECT count(*) FROM ledger.events_1") }
            }
            await #expect(throws: PostgresError.self) {
                try await ledger.pool.run { _ = try $0.execute("SELECT ledger.make_room(1 << 30)") }
            }
            #expect(try await ledger.pool.run { try LogPartition.all($0) }.map(\.last) == [64, 128])
            await #expect(throws: PostgresError.self) {
                try await ledger.asSuperuser { try $0.executeScript("DELETE FROM ledger.events_1 WHERE position = 3") }
            }
            await #expect(throws: PostgresError.self) {
                try await ledger.asSuperuser { try $0.executeScript("DELETE FROM ledger.events WHERE position = 99") }
            }
        }
    }

    private static let tampering: [(name: String, sql: String, subject: String, isFoundAtStart: Bool)] = [
        ("a trigger", "ALTER TABLE ledger.events_65 DISABLE TRIGGER append_only", "ledger.events_65", true),
        ("a trigger of replicas", "ALTER TABLE ledger.events_65 ENABLE TRIGGER append_only", "ledger.events_65", true),
        ("the log's trigger", "ALTER TABLE ledger.events DISABLE TRIGGER record_identities", "ledger.events", true),
        ("a right", "GRANT SELECT ON ledger.events_1 TO alpha_ledger_service", "ledger.events_1", true),
        ("a right of everybody", "GRANT INSERT ON ledger.events_1 TO PUBLIC", "ledger.events_1", true),
        ("no partition", "ALTER TABLE ledger.events DETACH PARTITION ledger.events_129", "ledger.head", true),
        ("a default", "CREATE TABLE ledger.rest PARTITION OF ledger.events DEFAULT", "ledger.events", true),
        ("a place", "UPDATE ledger.head SET next_partition_at = 7", "ledger.head", true),
        (
            "a view", "CREATE OR REPLACE VIEW ledger.stream_versions AS SELECT stream, stream_version FROM ledger.events",
            "ledger.stream_versions", true
        ),
        (
            "an identity that is gone",
            "ALTER TABLE ledger.identities DISABLE TRIGGER append_only; DELETE FROM ledger.identities WHERE position = 70; "
                + "ALTER TABLE ledger.identities ENABLE ALWAYS TRIGGER append_only", "ledger.identities", false
        ),
        (
            "an identity that is another one",
            "ALTER TABLE ledger.identities DISABLE TRIGGER append_only; "
                + "UPDATE ledger.identities SET event_id = gen_random_uuid() WHERE position = 70; "
                + "ALTER TABLE ledger.identities ENABLE ALWAYS TRIGGER append_only", "ledger.identities", false
        ),
        (
            "a digest",
            "ALTER TABLE ledger.identities DISABLE TRIGGER append_only; "
                + "UPDATE ledger.identities SET payload_digest = sha256(payload_digest) WHERE position = 70; "
                + "ALTER TABLE ledger.identities ENABLE ALWAYS TRIGGER append_only", "ledger.identities", false
        ),
        (
            "an identity too many", "INSERT INTO ledger.identities SELECT gen_random_uuid(), 70, sha256('')", "ledger.identities", false
        ),
        ("a place in a stream", "INSERT INTO ledger.stream_positions VALUES ('execution-x', 1, 70)", "ledger.stream_positions", false),
        ("an open table", "ALTER TABLE ledger.stream_positions DISABLE TRIGGER append_only", "ledger.stream_positions", false),
    ]

    private struct RolledBack: Error {}

    @Test func `whatever is done to a partition, an identity or a guard is named`() async throws {
        try await withLedger { ledger in
            try await ledger.log.append(Self.events(0..<20), runID: Self.run)
            _ = try await partitioning(ledger, size: 64).run()
            try await ledger.log.append(Self.events(20..<150), runID: Self.run)
            let migrator = try projectMigrator()
            #expect(try await verify(ledger).1.isEmpty)
            for change in Self.tampering {
                await #expect(throws: RolledBack.self) {
                    try await ledger.asSuperuser { session in
                        try session.transaction {
                            try session.executeScript(change.sql)
                            let subjects = try SchemaVerifier(migrator).findings(session).map(\.subject)
                            #expect(subjects.contains(change.subject), "\(change.name): \(subjects)")
                            #expect(
                                try PartitionVerifier(TradeLedger.names).findings(session).isEmpty != change.isFoundAtStart,
                                "\(change.name)")
                            throw RolledBack()
                        }
                    }
                }
            }
            #expect(try await verify(ledger).1.isEmpty)
        }
    }

    @Test func `an identity without its event is damage and not an unknown event`() async throws {
        try await withLedger { ledger in
            try await ledger.log.append(Self.events(0..<20), runID: Self.run)
            _ = try await partitioning(ledger, size: 64).run()
            try await ledger.log.append(Self.events(20..<100), runID: Self.run)
            try await ledger.asSuperuser { try $0.executeScript("ALTER TABLE ledger.events DETACH PARTITION ledger.events_1") }
            await #expect(
                throws: LedgerError.corrupt(position: 6, problem: "the event is missing, and its identity is known")
            ) { try await ledger.log.append(Self.events(5..<6), runID: Self.run) }
            await #expect(throws: LedgerError.self) { try await ledger.log.append(Self.events(0..<200), runID: Self.run) }
            #expect(try await ledger.pool.run { try LogReader().head($0).position } == 100)
        }
    }

    @Test func `identities that contradict the log keep it from being partitioned`() async throws {
        try await withLedger { ledger in
            try await ledger.log.append(Self.events(0..<20), runID: Self.run)
            try await ledger.asSuperuser { session in
                try session.executeScript("INSERT INTO ledger.identities VALUES (gen_random_uuid(), 3, sha256(''))")
            }
            #expect(try await verify(ledger).1.map(\.subject) == ["ledger.identities"])
            await #expect(
                throws: PartitionError.differs(["ledger.identities: position 3: the log has no such event"])
            ) { try await partitioning(ledger, size: 64).run() }
            #expect(try await ledger.pool.run { try LogPartition.all($0) }.isEmpty)
        }
    }
}
