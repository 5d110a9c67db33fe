import Foundation
import LedgerEvents
import LedgerPostgres
import LedgerValues
import OptionTrades
import Synchronization
import TestSupport
import Testing

@testable import LedgerStore

/// Programs that run while the database is migrated to a schema that they were not made for.
@Suite struct SchemaVersionTests {
    private let run = UniqueID(high: 6, low: 2)

    /// The project's migrations and one more.
    private func newerMigrator() throws -> Migrator {
        let migrations = try projectMigrations()
        let number = Migrator(migrations, TradeLedger.names).latest + 1
        let next = try #require(Migration(fileName: "\(number)_next.sql", bytes: Array("SELECT 1".utf8)))
        return Migrator(migrations + [next], TradeLedger.names)
    }

    @Test func `a program from before a migration appends nothing after it`() async throws {
        try await withLedger { ledger in
            try await ledger.log.append([recorded(try sampleRow("A"))], runID: run)
            let migrator = try newerMigrator()
            #expect(try await ledger.asSuperuser { try migrator.migrate($0) } == [migrator.latest])
            for count in [1, 200] {
                let rows = try (0..<count).map { recorded(try sampleRow("B\($0)")) }
                await #expect(throws: LedgerError.schemaChanged(ledger: migrator.latest, program: migrator.latest - 1)) {
                    try await ledger.log.append(rows, runID: run)
                }
            }
            let newer = try LedgerDatabase(uri: ledger.uri, schemaVersion: migrator.latest)
            #expect(try await newer.log.append([recorded(try sampleRow("C"))], runID: run).map(\.position) == [2])
            await newer.close()
        }
    }

    @Test func `a migration that misses a role which another ledger makes at that moment is tried once more`() async throws {
        try await withLedger { ledger in
            let migrations = try projectMigrations()
            let number = Migrator(migrations, TradeLedger.names).latest + 1
            try await ledger.asSuperuser { try $0.executeScript("CREATE SEQUENCE public.attempts") }
            func migrator(failing times: Int) throws -> Migrator {
                // A sequence goes on although the transaction is rolled back.
                let sql = """
                    DO $$ BEGIN IF nextval('public.attempts') <= \(times) THEN
                        RAISE EXCEPTION 'role "x" does not exist' USING ERRCODE = 'undefined_object'; END IF; END $$
                    """
                return Migrator(
                    migrations + [try #require(Migration(fileName: "\(number)_next.sql", bytes: Array(sql.utf8)))], TradeLedger.names)
            }
            let (twice, once) = (try migrator(failing: 2), try migrator(failing: 3))
            await #expect(throws: PostgresError.self) { try await ledger.asSuperuser { try twice.migrate($0) } }
            #expect(try await ledger.asSuperuser { try once.migrate($0) } == [number])
        }
    }

    @Test func `an older program refuses a newer ledger with a sentence and changes nothing`() async throws {
        try await withLedger { ledger in
            try await ledger.log.append([recorded(try sampleRow("A"))], runID: run)
            let newer = try newerMigrator()
            _ = try await ledger.asSuperuser { try newer.migrate($0) }
            let older = Migrator(try projectMigrations(), TradeLedger.names)
            let refusal = LedgerError.notMigrated(
                problem: "the database has schema version \(newer.latest), newer than this program's \(older.latest): use a newer program")
            await #expect(throws: refusal) { try await ledger.asSuperuser { try older.migrate($0) } }
            await #expect(throws: refusal) { try await ledger.asSuperuser { try older.requireCurrent($0) } }
            #expect(try await ledger.asSuperuser { try newer.version($0) } == newer.latest)
        }
    }

    @Test func `a migration waits for the append that is under way, and the next one is refused`() async throws {
        try await withLedger { ledger in
            let migrator = try newerMigrator()
            let (isInside, mayGo) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
            let append = Task { [run] in
                try await ledger.log.append([recorded(try sampleRow("A"))], runID: run) { _, _ in
                    isInside.signal()
                    mayGo.wait()
                }
            }
            await Task.detached { isInside.wait() }.value
            let migration = Task { try await ledger.asSuperuser { try migrator.migrate($0) } }
            // It waits for the head's lock, and so does an append that comes after it.
            for _ in 0..<3_000 {
                let waiting = try await ledger.asSuperuser {
                    try $0.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'ExclusiveLock'")[0].int8(0)
                }
                if waiting == 1 { break }
                try await Task.sleep(for: .milliseconds(10))
            }
            let other = try ledger.another()
            let late = Task { [run] in try await other.log.append([recorded(try sampleRow("B"))], runID: run) }
            mayGo.signal()
            #expect(try await append.value.map(\.position) == [1])
            #expect(try await migration.value == [migrator.latest])
            await #expect(throws: LedgerError.self) { try await late.value }
            #expect(try await ledger.pool.run { try LogReader().head($0).position } == 1)
            await other.close()
        }
    }

    @Test func `a follower from before a migration folds nothing after it`() async throws {
        try await withLedger { ledger in
            try await ProjectionCatalog().activate(ledger.registry, log: ledger.log, pool: ledger.pool, runID: run)
            let definition = try #require(ledger.registry.newestDefinition("trades", version: "v1"))
            let identity = definition.identity
            let (lease, position) = try #require(
                try await ledger.pool.run {
                    try ProjectionLease.acquire(identity.name, identity.version, codeVersion: identity.codeVersion, owner: "old", $0)
                })
            let migrator = try newerMigrator()
            _ = try await ledger.asSuperuser { try migrator.migrate($0) }

            await expectRefusal { try await ledger.pool.run { _ = try lease.renew(at: position, $0) } }
            await expectRefusal {
                _ = try await ProjectionFollower(definition, pool: ledger.pool, owner: "old").catchUp()
            }
            await expectRefusal {
                _ = try await ProjectionRebuild([definition], ledger.configuration, owner: "old").run()
            }
            let newer = try LedgerDatabase(uri: ledger.uri, schemaVersion: migrator.latest)
            // The old one's lease is gone: nobody waits for its end.
            #expect(try await newer.pool.run { try lease.renew(at: position, $0) } == false)
            let outcome = try await ProjectionFollower(definition, pool: newer.pool, owner: "new").catchUp()
            #expect(outcome?.position == (try await newer.pool.run { try LogReader().head($0).position }))
            await newer.close()
        }
    }

    private func expectRefusal(
        sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
    ) async {
        do {
            try await body()
            Issue.record("it was not refused", sourceLocation: sourceLocation)
        } catch {
            #expect((error as? PostgresError)?.sqlState == .ledgerSchemaChanged, "\(error)", sourceLocation: sourceLocation)
        }
    }

    /// What programs from before schema version 8 send, which know nothing of versions.
    @Test(arguments: [
        """
        BEGIN; SELECT position, recorded_at FROM ledger.head FOR UPDATE;
        INSERT INTO ledger.events (position, event_id, stream, stream_version, type, schema_version, recorded_at, run_id, payload, leaf_hash)
            VALUES (2, gen_random_uuid(), 's', 1, 'AlphaRowRejected', 1, clock_timestamp(), gen_random_uuid(), '{}', sha256('x'));
        UPDATE ledger.head SET position = 2, recorded_at = clock_timestamp() WHERE position = 1;
        COMMIT
        """,
        """
        UPDATE ledger.projection_versions v SET epoch = v.epoch + 1, lease_owner = 'old',
            lease_expires_at = clock_timestamp() + interval '10 seconds'
        """,
        "UPDATE ledger.projection_versions SET position = position + 1",
        "DELETE FROM ledger.projection_versions",
        "UPDATE ledger.served_projections SET version = 'v2'",
        "INSERT INTO ledger.rule_files (file, version, digest) VALUES ('f', 1, 'd')",
        "INSERT INTO ledger.signing_keys (ledger_id, public_key) VALUES (gen_random_uuid(), sha256('k'))",
        "INSERT INTO ledger.signed_heads (ledger_id, size, root, epoch) VALUES (gen_random_uuid(), 0, sha256('r'), 1)",
    ])
    func `the database refuses the statements of programs that name no schema version`(_ sql: String) async throws {
        try await withLedger { ledger in
            try await ledger.log.append([recorded(try sampleRow("A"))], runID: run)
            let old = try await PostgresConnection.open(
                PostgresConfiguration(uri: ledger.uri, role: TradeLedger.names.serviceRole))
            await expectRefusal { try await old.run { try $0.executeScript(sql) } }
            await old.close()
            #expect(try await ledger.pool.run { try LogReader().head($0).position } == 1)
        }
    }

    @Test func `a ledger of an older schema is migrated and its programs go on`() async throws {
        try await withDatabase { uri in
            let all = try projectMigrations()
            let old = Migrator(all.filter { $0.number < 8 }, TradeLedger.names)
            let ledger = try LedgerDatabase(uri: uri)
            try await ledger.asSuperuser { session in
                _ = try old.migrate(session)
                try session.executeScript(
                    """
                    INSERT INTO ledger.projection_versions (name, version, code_version, rules, table_name, epoch, lease_owner)
                    VALUES ('trades', 'v9', 1, 'r', 't', 7, 'old')
                    """)
            }
            let migrator = Migrator(all, TradeLedger.names)
            #expect(try await ledger.asSuperuser { try migrator.migrate($0) } == all.map(\.number).filter { $0 >= 8 }.sorted())
            let row = try await ledger.asSuperuser { session in
                let row = try session.execute("SELECT epoch, lease_owner IS NULL FROM ledger.projection_versions")[0]
                return (try row.int8(0), try row.bool(1))
            }
            #expect(row == (8, true))
            #expect(try await ledger.log.append([recorded(try sampleRow("A"))], runID: run).map(\.position) == [1])
            // Nothing to do: nobody loses a lease.
            #expect(try await ledger.asSuperuser { try migrator.migrate($0) } == [])
            let epoch = try await ledger.asSuperuser { try $0.execute("SELECT epoch FROM ledger.projection_versions")[0].int8(0) }
            #expect(epoch == 8)
            await ledger.close()
        }
    }
}
