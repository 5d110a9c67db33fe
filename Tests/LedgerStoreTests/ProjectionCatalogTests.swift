import LedgerEvents
import LedgerPostgres
import LedgerProjections
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@testable import LedgerStore

@Suite struct VersionReferenceTests {
    @Test(
        arguments: [
            ("v1", "v1", nil), ("v2/c3", "v2", 3), ("v999999999", "v999999999", nil), ("v10/c12", "v10", 12),
        ] as [(String, String, Int?)])
    func aReferenceNamesRulesAndPerhapsCode(text: String, version: String, code: Int?) throws {
        let reference = try VersionReference(parsing: text)
        #expect(reference.version == version)
        #expect(reference.codeVersion == code)
        #expect(reference.description == text)
    }

    @Test(arguments: [
        "", "2", "v", "v0", "v01", "V1", "v1/", "v1/3", "v1/c0", "v1/c1/c2", "v-1", "v1 ", "v٣", "v1234567890", "/c1", "v1/v2",
    ])
    func anythingElseIsRefusedWithWhatIsExpected(text: String) {
        #expect {
            try VersionReference(parsing: text)
        } throws: { error in
            "\(error)".contains("expected") && "\(error)".contains("`\(text)`")
        }
    }
}

@Suite struct ProjectionCatalogTests {
    private let run = UniqueID(high: 7, low: 7)
    private let catalog = ProjectionCatalog()

    /// Puts a copy of `trades` v1 beside it, as a program with another code version would.
    private func addTrades(codeVersion: Int, _ ledger: LedgerDatabase) async throws {
        try await ledger.pool.run { session in
            try session.executeScript(
                """
                INSERT INTO ledger.projection_versions (name, version, code_version, rules, table_name, position)
                SELECT name, version, \(codeVersion), rules, 'trades_v1_c\(codeVersion)', position
                FROM ledger.projection_versions WHERE name = 'trades' AND code_version = 1;
                CREATE TABLE projection.trades_v1_c\(codeVersion) (LIKE projection.trades_v1_c1 INCLUDING ALL);
                """)
        }
    }

    @Test func `a bare reference means this programs code or the only one`() async throws {
        try await withLedger { ledger in
            try await catalog.activate(ledger.registry, log: ledger.log, pool: ledger.pool, runID: run)
            try await addTrades(codeVersion: 8, ledger)
            try await addTrades(codeVersion: 9, ledger)
            try await ledger.pool.run { session in
                func resolve(_ text: String) throws -> ProjectionVersion {
                    try catalog.resolve(try VersionReference(parsing: text), of: "trades", ledger.registry, session)
                }
                #expect(try resolve("v1").codeVersion == 1)
                #expect(try resolve("v1/c9").codeVersion == 9)
                #expect(try resolve("v1/c1").isServed)
                #expect(try resolve("v1/c8").isServed == false)
                #expect(try catalog.versions(of: "trades", session).map(\.reference.description) == ["v1/c1", "v1/c8", "v1/c9"])
                #expect(
                    throws: LedgerError.versionUnknown(
                        projection: "trades", version: "v2", isAmbiguous: false, known: ["v1/c1", "v1/c8", "v1/c9"])
                ) { try resolve("v2") }
                let versions = try catalog.versions(of: "trades", session).filter { $0.codeVersion != 1 }
                let bare = VersionReference(version: "v1")
                #expect(
                    throws: LedgerError.versionUnknown(
                        projection: "trades", version: "v1", isAmbiguous: true, known: ["v1/c8", "v1/c9"])
                ) { try bare.resolve(among: versions, of: "trades", installed: [1]) }
                #expect(try bare.resolve(among: [versions[1]], of: "trades", installed: [1]).codeVersion == 9)
            }
        }
    }

    @Test func `the served and the previous version are not dropped by accident`() async throws {
        try await withLedger { ledger in
            try await catalog.activate(ledger.registry, log: ledger.log, pool: ledger.pool, runID: run)
            try await addTrades(codeVersion: 8, ledger)
            try await addTrades(codeVersion: 9, ledger)
            try await ledger.pool.run { session in
                try session.executeScript(
                    "UPDATE ledger.served_projections SET previous_version = 'v1', previous_code_version = 8 WHERE name = 'trades'")
                let served = try #require(try catalog.served("trades", session))
                #expect(served.previous == VersionReference(version: "v1", codeVersion: 8))
                let previous = try #require(try catalog.version("trades", "v1", codeVersion: 8, session))
                let other = try #require(try catalog.version("trades", "v1", codeVersion: 9, session))
                #expect(previous.isPrevious && !served.isPrevious && !other.isPrevious)
                #expect(other.previous == nil)
                for version in [served, previous] {
                    #expect {
                        try catalog.drop(version, session)
                    } throws: { error in
                        if case LedgerError.versionInUse = error { true } else { false }
                    }
                }
                try catalog.drop(other, session)
                try catalog.drop(previous, includingPrevious: true, session)
                #expect(try catalog.served("trades", session)?.previous == nil)
                #expect(try catalog.versions(of: "trades", session).map(\.codeVersion) == [1])
                let tables = try session.execute(
                    "SELECT count(*) FROM pg_tables WHERE schemaname = 'projection' AND tablename LIKE 'trades%'")
                #expect(try tables[0].int8(0) == 1)
                #expect {
                    try catalog.drop(other, session)
                } throws: { error in
                    if case LedgerError.versionUnknown = error { true } else { false }
                }
            }
        }
    }

    /// A ledger that an older program filled: its versions and what it serves are what they were.
    /// A reader that looked up a table before two rebuilds must find it gone, not another one in its place, whose rows
    /// its snapshot does not see.
    @Test func `a tables name is never given again`() async throws {
        try await withLedger { ledger in
            try await catalog.activate(ledger.registry, log: ledger.log, pool: ledger.pool, runID: run)
            try await ledger.log.append([recorded(try sampleRow("T1"))], runID: run)
            let definition = try #require(ledger.registry.firstDefinition("trades"))
            func rebuiltName() async throws -> String {
                _ = try await ProjectionRebuild([definition], ledger.configuration, owner: "r").run()
                return try #require(try await ledger.pool.run { try catalog.version(of: definition.identity, $0) }).tableName
            }
            var names = [try #require(try await ledger.pool.run { try catalog.served("trades", $0) }).tableName, try await rebuiltName()]
            let reader = try await PostgresConnection.open(ledger.configuration)
            let seen = try await reader.run { session in
                try session.executeScript("BEGIN ISOLATION LEVEL REPEATABLE READ")
                return try #require(try catalog.served("trades", session)).tableName
            }
            names += [try await rebuiltName(), try await rebuiltName()]
            #expect(Set(names).count == 4, "\(names)")
            await #expect {
                _ = try await reader.run { try $0.execute("SELECT count(*) FROM projection.\(quoteIdentifier(seen))")[0].int8(0) }
            } throws: { error in
                (error as? PostgresError)?.sqlState == .undefinedTable
            }
            await reader.close()
            // The served view reads the last of them.
            let rows = try await ledger.pool.run { try $0.execute("SELECT count(*) FROM projection.trades")[0].int8(0) }
            #expect(rows == 1)
        }
    }

    @Test func `a ledger of the fourth migration keeps its versions`() async throws {
        try await withDatabase { uri in
            let connection = try await PostgresConnection.open(PostgresConfiguration(uri: uri))
            let migrations = try projectMigrations()
            try await connection.run { session in
                _ = try Migrator(migrations.filter { $0.number <= 4 }, TradeLedger.names).migrate(session)
                try session.executeScript(
                    """
                    INSERT INTO ledger.projection_versions (name, version, code_version, rules, table_name, position, epoch)
                    VALUES ('trades', 'v1', 1, '{}', 'trades_v1_c1', 17, 5), ('trades', 'v2', 3, '{}', 'trades_v2_c3', 9, 1),
                           ('context', 'v1', 2, '{}', 'context_v1_c2', 4, 2);
                    INSERT INTO ledger.served_projections (name, version) VALUES ('trades', 'v2'), ('context', 'v1');
                    """)
                #expect(try Migrator(migrations, TradeLedger.names).migrate(session).first == 5)
                let versions = try catalog.versions(session)
                #expect(
                    versions.map { "\($0.name) \($0.reference) \($0.position) \($0.epoch) \($0.isServed)" } == [
                        "context v1/c2 4 3 true", "trades v1/c1 17 6 false", "trades v2/c3 9 2 true",
                    ])
                #expect(versions.allSatisfy { $0.state == .ready && $0.rebuild == nil && $0.previous == nil && !$0.isPrevious })
                // The same again changes nothing, as where a migration is run by hand.
                let fifth = try #require(migrations.first { $0.number == 5 }).named(TradeLedger.names)
                try session.transaction { try session.executeScript(fifth.sql) }
                #expect(try catalog.served("trades", session)?.reference.description == "v2/c3")
                #expect(throws: PostgresError.self) {
                    try session.executeScript("DELETE FROM ledger.projection_versions WHERE name = 'context'")
                }
            }
            await connection.close()
        }
    }
}
