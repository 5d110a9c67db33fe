import LedgerPostgres
import LedgerProjections
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@testable import LedgerStore

@Suite struct EraTests {
    private let run = UniqueID(high: 6, low: 6)
    private let catalog = ProjectionCatalog()

    @Test func `an era is the number of octal digits`() {
        for (position, era) in [(0, 0), (1, 1), (7, 1), (8, 2), (63, 2), (64, 3), (511, 3), (512, 4), (Int64.max, 21)] {
            #expect(Era(of: position as Int64).number == era)
        }
        #expect(Era(of: VersionOrigin(at: 64, isFirst: true))?.number == 3)
        #expect(Era(of: VersionOrigin(at: 64, isFirst: false)) == nil)
        #expect(Array(Era.all(upTo: 64)) == [0, 1, 2, 3])
    }

    /// Every table with its key.
    private func tables(_ ledger: LedgerDatabase) async throws -> [(name: String, key: [String])] {
        try await ledger.pool.run { session in
            try catalog.versions(session).flatMap { version in
                let definition = try #require(ledger.registry.definition(of: version))
                return [(version.table, definition.columns.key)]
                    + (definition.rowsAreFacts ? [] : [(version.factsTable, definition.entityKey)])
            }
        }
    }

    private func rows(_ table: String, _ ledger: LedgerDatabase) async throws -> [String] {
        try await ledger.pool.run { session in
            try session.execute(
                "SELECT to_jsonb(t)::text FROM \(table) t ORDER BY to_jsonb(t)::text COLLATE \"C\""
            ).map { try $0.text(0) }
        }
    }

    /// A ledger of an earlier program: its tables have no eras, and an index of what is current.
    @Test(arguments: 0..<3 as Range<UInt64>)
    func `tables from before get the eras that a fold gives`(seed: UInt64) async throws {
        try await withLedger { ledger in
            try await catalog.activate(ledger.registry, log: ledger.log, pool: ledger.pool, runID: run)
            try await ledger.log.append(try mixedHistory(seed: seed, trades: 9, events: 160), runID: run)
            for definition in ledger.registry.firstDefinitions {
                _ = try await ProjectionFollower(definition, pool: ledger.pool, owner: "live", batchSize: 9).catchUp()
            }
            var expected: [String: [String]] = [:]
            var first = 0
            var later = 0
            for (table, key) in try await tables(ledger) {
                expected[table] = try await rows(table, ledger)
                for row in expected[table] ?? [] {
                    if row.contains("\"era\": null") { later += 1 } else { first += 1 }
                }
                let names = key.joined(separator: ", ")
                try await ledger.asSuperuser { session in
                    try session.executeScript(
                        """
                        ALTER TABLE \(table) DROP COLUMN era;
                        CREATE UNIQUE INDEX ON \(table) (\(names)) WHERE valid_to IS NULL;
                        """)
                }
            }
            #expect(first > 20 && later > 20)
            // A rebuild that was under way.
            try await ledger.asSuperuser { session in
                try session.executeScript(
                    """
                    CREATE TABLE projection.trades_half (valid_from bigint);
                    UPDATE ledger.projection_versions SET rebuild_table = 'trades_half', rebuild_position = 3
                    WHERE name = 'trades';
                    DELETE FROM ledger.migrations WHERE number >= 6;
                    -- Its first form had fewer columns.
                    DROP VIEW ledger.known_events;
                    """)
            }
            let migrations = try projectMigrations()
            try await ledger.asSuperuser { session in
                let done = try Migrator(migrations, TradeLedger.names).migrate(session)
                #expect(done.first == 6)
                #expect(try session.execute("SELECT to_regclass('projection.trades_half') IS NULL")[0].bool(0))
                #expect(
                    try session.execute("SELECT count(*) FROM ledger.projection_versions WHERE rebuild_table IS NOT NULL")[0]
                        .int8(0) == 0)
            }
            for (table, _) in try await tables(ledger) {
                let found = try await rows(table, ledger)
                #expect(found == expected[table], "\(table)")
                let indexes = try await ledger.pool.run { session in
                    try session.execute(
                        "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = $1::text::regclass", [.text(table)]
                    ).map { try $0.text(0) }
                }
                #expect(indexes.count == 2 && indexes.contains { $0.contains("(era, ") && $0.contains("era IS NOT NULL") })
            }
        }
    }
}
