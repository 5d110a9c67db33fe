import LedgerEvents
import LedgerPostgres
import LedgerProjections
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@testable import LedgerStore

/// What a program is called in its database and in what it says.
@Suite struct LedgerNamesTests {
    private let run = UniqueID(high: 6, low: 3)
    private let others = LedgerNames("other-books")

    @Test func `the migrations of this program are those that its ledgers have recorded`() throws {
        #expect(
            try projectMigrator().migrations.prefix(9).map(\.checksum) == [
                "e82c02c044ded82956abe82f81fea11c631e3b15489ed3e50525fed9f492c427",
                "13da25f5abb692338b0764762ee7c320691618fad46296c6d4e1efd2ebb8b1be",
                "8aadd716511a46a5abb3da857a2da1b870671f002a378769411ce023318ff653",
                "6edff4c1c269c099bde8e7bee1bd2ee1aa22618c4dc532264a1bef69ee14a799",
                "ad93300af1b4671b9bb811042b93dbe65222e46b4c571f6a399a79599380cf10",
                "2059b0bef5c30d3eb0b5382831ceb8eee68081ec66424ec645bccfd9aa9b07a3",
                "2fee18b0fc5b8a69e90b226a9ce84403474637131dbfa31a212b822490a0a5c8",
                "0831994dbaa1ceecf46cb18b8a6e28e35c59c91adb3df2579a51835e08ec7d3a",
                "6e076fdb4477f9214bd9795482441c96f9915c8ce06cf37529eb7f92426f2ed9",
            ])
    }

    @Test func `a program of another name has roles and settings of its own on the same server`() async throws {
        try await withDatabase { uri in
            let ledger = try LedgerDatabase(uri: uri, names: others)
            let migrator = Migrator(try projectMigrations(), others)
            // The tests' server runs without fsync, which each program is told under its own name.
            try await ledger.asSuperuser { session in
                try session.executeScript(
                    "DO $$BEGIN EXECUTE format('ALTER DATABASE %I SET other_books.allow_unsafe_durability = on', current_database()); END$$"
                )
            }
            _ = try await ledger.asSuperuser { try migrator.migrate($0) }
            try await ProjectionCatalog().activate(ledger.registry, log: ledger.log, pool: ledger.pool, runID: run)
            try await ledger.log.append([recorded(try sampleRow("A"))], runID: run)
            let known = try await ledger.pool.run { session in
                let row = try session.execute(
                    """
                    SELECT current_user::text, current_setting('application_name'), current_setting('other_books.schema_version'),
                           (SELECT tableowner::text FROM pg_tables WHERE schemaname = 'ledger' AND tablename = 'events'),
                           (SELECT count(*) FROM pg_tables WHERE schemaname = 'ledger' AND tableowner NOT LIKE 'other\\_books\\_%')
                    """)[0]
                return (try (0..<4).map { try row.text($0) }, try row.int8(4))
            }
            #expect(known.0 == ["other_books_service", "other-books", "\(migrator.latest)", "other_books_owner"])
            #expect(known.1 == 0)

            // The database asks for the schema version under the program's own name.
            var configuration = ledger.configuration
            configuration.settings["other_books.schema_version"] = nil
            configuration.settings[TradeLedger.names.schemaVersionSetting] = "\(migrator.latest)"
            let nameless = PostgresPool(configuration, maximumConnections: 1)
            await #expect(throws: PostgresError.self) {
                try await nameless.run { try $0.executeScript("UPDATE ledger.head SET position = position + 1") }
            }
            await nameless.close()
            #expect(try await ledger.asSuperuser { try SchemaVerifier(migrator).findings($0) }.isEmpty)
            await ledger.close()
        }
    }

    @Test func `a database whose schemas hold something else is refused before anything is made`() async throws {
        try await withDatabase { uri in
            let ledger = try LedgerDatabase(uri: uri, names: others)
            let migrator = Migrator(try projectMigrations(), others)
            func run(_ sql: String) async throws { try await ledger.asSuperuser { try $0.executeScript(sql) } }
            func refused() async throws -> [String]? {
                do {
                    _ = try await ledger.asSuperuser { try migrator.migrate($0) }
                    return nil
                } catch LedgerError.schemasInUse(let schemas) {
                    return schemas
                }
            }
            try await run("CREATE SCHEMA ledger; CREATE TABLE ledger.entries (amount int)")
            try await run("CREATE SCHEMA audit; CREATE FUNCTION audit.one() RETURNS int LANGUAGE sql AS 'SELECT 1'")
            #expect(try await refused() == ["audit", "ledger"])
            let left = try await ledger.asSuperuser { session in
                try session.execute(
                    "SELECT count(*) FROM pg_tables WHERE schemaname IN ('ledger', 'projection', 'audit')")[0].int8(0)
            }
            #expect(left == 1)
            try await run("DROP SCHEMA ledger CASCADE; DROP SCHEMA audit CASCADE")
            #expect(try await refused() == nil)
            #expect(
                "\(LedgerError.schemasInUse(["audit"]))"
                    == "schemas_in_use: a ledger has the schemas audit, ledger, projection for itself, and the database holds something else "
                    + "in audit; give the ledger a database of its own")
            await ledger.close()
        }
    }

    @Test func `an error names what the operator of this program can set`() {
        func problem(_ names: LedgerNames) -> String? {
            do throws(LedgerError) {
                try Durability.require(fsync: "off", isUnsafeAllowed: false, names)
                return nil
            } catch {
                return "\(error)"
            }
        }
        let told =
            "unsafe_server: the Postgres server runs with fsync = off, so that a crash of its machine can lose or spoil "
            + "what was acknowledged; turn fsync on, or allow it with "
        #expect(problem(others) == told + "other_books.allow_unsafe_durability = on")
        #expect(
            problem(TradeLedger.names) == told
                + "ALPHA_LEDGER_ALLOW_UNSAFE_DURABILITY=true or, on the server, alpha_ledger.allow_unsafe_durability = on")
    }
}
