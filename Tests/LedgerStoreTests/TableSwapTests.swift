import Foundation
import LedgerEvents
import LedgerPostgres
import LedgerProjections
import LedgerValues
import Synchronization
import TestSupport
import Testing

@testable import LedgerStore

/// Rebuilds whose tables take the place of others that are being read, and what operators have made of the views.
@Suite struct TableSwapTests {
    private let run = UniqueID(high: 7, low: 7)
    private let catalog = ProjectionCatalog()

    /// A ledger with a folded history and the definition of its trade book.
    private func withTrades(_ body: (LedgerDatabase, ProjectionDefinition) async throws -> Void) async throws {
        try await withLedger { ledger in
            try await catalog.activate(ledger.registry, log: ledger.log, pool: ledger.pool, runID: run)
            let trades = try #require(ledger.registry.firstDefinition("trades"))
            try await append("T1", ledger)
            _ = try await ProjectionFollower(trades, pool: ledger.pool, owner: "live").catchUp()
            try await body(ledger, trades)
        }
    }

    private func append(_ id: String, _ ledger: LedgerDatabase) async throws {
        try await ledger.log.append([recorded(try sampleRow(id))], runID: run)
    }

    private func rebuild(_ definition: ProjectionDefinition, _ ledger: LedgerDatabase) async throws {
        _ = try await ProjectionRebuild([definition], ledger.configuration, owner: "rebuild").run()
    }

    private func tableName(_ ledger: LedgerDatabase) async throws -> String {
        try #require(try await ledger.pool.run { try catalog.served("trades", $0) }).tableName
    }

    /// Nil where the statement fails.
    private func count(_ relation: String, _ ledger: LedgerDatabase) async throws -> Int64? {
        try await ledger.pool.run { session in
            // Nobody may have to wait, so a second is long.
            try session.executeScript("SET lock_timeout = '1s'")
            defer { try? session.executeScript("RESET lock_timeout") }
            do {
                return try session.execute("SELECT count(*) FROM \(relation)")[0].int8(0)
            } catch let error as PostgresError where error.sqlState == .undefinedTable {
                return nil
            }
        }
    }

    private func attempt(_ ledger: LedgerDatabase) async throws -> [VersionUpkeep.Remainder] {
        try await ledger.pool.run { try VersionUpkeep(ledger.registry.definitions).attempt($0) }
    }

    /// A transaction that has read the view and the table, and has not ended.
    private func reader(of tableName: String, _ ledger: LedgerDatabase) async throws -> OpenTransaction {
        try await OpenTransaction(
            ledger.configuration,
            "SELECT count(*) FROM projection.trades; SELECT count(*) FROM projection.\(quoteIdentifier(tableName))")
    }

    @Test(.timeLimit(.minutes(2))) func `a rebuild waits for no reader and nobody waits for the rebuild`() async throws {
        try await withTrades { ledger, trades in
            let old = try await tableName(ledger)
            let reader = try await reader(of: old, ledger)
            try await append("T2", ledger)
            try await rebuild(trades, ledger)
            let new = try await tableName(ledger)
            #expect(new != old)
            #expect(try await count("projection.\(quoteIdentifier(new))", ledger) == 2)
            // The long reader has them as they were, and the view, which it has read, still shows them to all.
            #expect(try await count("projection.trades", ledger) == 1)
            #expect(try await count("projection.\(quoteIdentifier(old))", ledger) == 1)
            #expect(try await attempt(ledger) == [.view("projection.trades"), .tables(old)])
            // The version is followed in its new tables, and only there.
            try await append("T3", ledger)
            _ = try await ProjectionFollower(trades, pool: ledger.pool, owner: "live").catchUp()
            #expect(try await count("projection.\(quoteIdentifier(new))", ledger) == 3)
            #expect(try await count("projection.\(quoteIdentifier(old))", ledger) == 1)

            try await reader.end()
            let left = try await VersionUpkeep([trades]).run(ledger.pool, patience: .seconds(30))
            #expect(left == [])
            #expect(try await count("projection.trades", ledger) == 3)
            #expect(try await count("projection.\(quoteIdentifier(old))", ledger) == nil)
            #expect(try await count("ledger.leftover_tables", ledger) == 0)
        }
    }

    /// As if the program had been killed after its new tables took the place of the old ones.
    @Test(.timeLimit(.minutes(2))) func `what a rebuild leaves is done by the next one or by a service`() async throws {
        try await withTrades { ledger, trades in
            let first = try await tableName(ledger)
            var reader = try await reader(of: first, ledger)
            try await rebuild(trades, ledger)
            let second = try await tableName(ledger)
            try await reader.end()
            #expect(try await count("projection.\(quoteIdentifier(first))", ledger) == 1)
            // Another projection's: the tables are dropped once the view is over others, which this one does not do.
            let state = try #require(ledger.registry.firstDefinition("sync_state"))
            try await rebuild(state, ledger)
            #expect(try await count("projection.\(quoteIdentifier(first))", ledger) == 1)
            try await rebuild(trades, ledger)
            for name in [first, second] { #expect(try await count("projection.\(quoteIdentifier(name))", ledger) == nil) }

            let third = try await tableName(ledger)
            reader = try await self.reader(of: third, ledger)
            try await rebuild(trades, ledger)
            try await reader.end()
            let group = ProjectionGroup(ledger.registry, pool: ledger.pool, owner: "service")
            let signal = LogSignal(ledger.configuration)
            let service = Task { await group.run(signal) }
            while try await count("projection.\(quoteIdentifier(third))", ledger) != nil { try await Task.sleep(for: .milliseconds(50)) }
            service.cancel()
            await service.value
            #expect(try await count("projection.trades", ledger) == 1)
        }
    }

    /// A backup, which reads every table that there is when it begins, comes into the middle of a rebuild.
    @Test(.timeLimit(.minutes(2))) func `a rebuild whose new tables are read keeps nobody waiting until it can end`() async throws {
        try await withTrades { ledger, trades in
            let backup = Mutex<OpenTransaction?>(nil)
            var options = ProjectionRebuild.Options()
            options.beforeWrite = { write in
                if write > 0 { return }
                let filled = try await ledger.pool.run { try catalog.served("trades", $0)?.rebuild?.tableName }
                let name = try #require(filled)
                let reading = try await OpenTransaction(
                    ledger.configuration, "SELECT count(*) FROM projection.\(quoteIdentifier(name))")
                backup.withLock { $0 = reading }
            }
            let under = options
            let rebuilding = Task {
                try await ProjectionRebuild([trades], ledger.configuration, owner: "r", options: under).run()
            }
            func filled() async throws -> ProjectionVersion.Rebuild? {
                try await ledger.pool.run { try catalog.served("trades", $0)?.rebuild }
            }
            while try await filled()?.position ?? 0 < 8 { try await Task.sleep(for: .milliseconds(20)) }
            let name = try #require(try await filled()).tableName
            for _ in 0..<20 {
                #expect(try await count("projection.\(quoteIdentifier(name))", ledger) == 1)
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(try await filled() != nil)
            try await backup.withLock { $0 }?.end()
            _ = try await rebuilding.value
            #expect(try await tableName(ledger) == name)
        }
    }

    /// The view's identity, what is granted on it and its columns, with the columns' grants.
    private func viewState(_ ledger: LedgerDatabase) async throws -> [String] {
        try await ledger.pool.run { session in
            try session.execute(
                """
                SELECT concat_ws(' ', c.oid, c.relacl, obj_description(c.oid, 'pg_class'),
                                 (SELECT string_agg(concat_ws(' ', attname, format_type(atttypid, -1), attacl), ', ' ORDER BY attnum)
                                  FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0))
                FROM pg_class c WHERE c.oid = 'projection.trades'::regclass
                """
            ).map { try $0.text(0) }
        }
    }

    @Test func `grants and views over the view survive rebuilds`() async throws {
        try await withTrades { ledger, trades in
            try await ledger.asSuperuser { session in
                try session.executeScript(
                    """
                    GRANT SELECT ON projection.trades TO PUBLIC;
                    GRANT SELECT (source_trade_id), REFERENCES ON projection.trades TO pg_monitor WITH GRANT OPTION;
                    COMMENT ON VIEW projection.trades IS 'for the desk';
                    CREATE VIEW public.mine AS SELECT source_trade_id, quantity FROM projection.trades;
                    CREATE VIEW public.yours AS SELECT count(*) AS trades FROM public.mine;
                    """)
            }
            let before = try await viewState(ledger)
            for expected in 2...3 as ClosedRange<Int64> {
                try await append("T\(expected)", ledger)
                try await rebuild(trades, ledger)
                #expect(try await viewState(ledger) == before)
                #expect(try await attempt(ledger) == [])
                let seen = try await ledger.asSuperuser { try $0.execute("SELECT trades FROM public.yours")[0].int8(0) }
                #expect(seen == expected)
            }
        }
    }

    @Test func `a view keeps the order of its columns, and is replaced without one only where nobody stands on it`() async throws {
        try await withTrades { ledger, trades in
            // As another program made it: columns in another order, one not there yet.
            try await ledger.pool.run { session in
                try session.executeScript(
                    """
                    DROP VIEW projection.trades CASCADE;
                    CREATE VIEW projection.trades AS
                    SELECT document::jsonb ->> 'source_trade_id' AS source_trade_id, valid_from FROM projection.trades_v1_c1;
                    GRANT SELECT ON projection.trades TO PUBLIC;
                    CREATE VIEW projection.mine AS SELECT * FROM projection.trades;
                    """)
            }
            func columns() async throws -> [String] {
                try await ledger.pool.run { session in
                    try session.execute(
                        "SELECT attname::text FROM pg_attribute WHERE attrelid = 'projection.trades'::regclass ORDER BY attnum"
                    ).map { try $0.text(0) }
                }
            }
            try await rebuild(trades, ledger)
            #expect(try await columns().prefix(2) == ["source_trade_id", "valid_from"])
            #expect(try await columns().count == trades.columns.columns.count + 1)
            #expect(try await count("projection.mine", ledger) == 1)

            // One column more than there will be, and one of another type.
            let table = try await tableName(ledger)
            func makeOther() async throws {
                try await ledger.pool.run { session in
                    try session.executeScript(
                        """
                        DROP VIEW IF EXISTS projection.trades CASCADE;
                        CREATE VIEW projection.trades AS SELECT valid_from::text AS valid_from, 1 AS gone, document::jsonb ->> 'source' AS source
                        FROM projection.\(quoteIdentifier(table));
                        GRANT SELECT ON projection.trades TO PUBLIC;
                        GRANT SELECT (source), UPDATE (gone) ON projection.trades TO pg_monitor WITH GRANT OPTION;
                        """)
                }
            }
            try await makeOther()
            try await ledger.pool.run { session in
                try session.executeScript("CREATE VIEW projection.mine AS SELECT gone FROM projection.trades")
            }
            let refusal = LedgerError.viewInUse(
                view: "projection.trades", columns: ["valid_from", "gone"], dependents: ["view projection.mine"])
            await #expect(throws: refusal) { try await rebuild(trades, ledger) }
            // Before anything was built.
            let served = try await ledger.pool.run { try catalog.served("trades", $0) }
            #expect(served?.rebuild == nil && served?.leaseOwner == nil && served?.tableName == table)
            #expect(try await count("projection.mine", ledger) == 1)
            #expect("\(refusal)".contains("view projection.mine"))

            try await ledger.pool.run { try $0.executeScript("DROP VIEW projection.mine") }
            try await rebuild(trades, ledger)
            #expect(try await columns().first == "valid_from")
            let grants = try await ledger.pool.run { session in
                try session.execute(
                    """
                    SELECT relacl::text FROM pg_class WHERE oid = 'projection.trades'::regclass
                    UNION ALL SELECT attname || attacl::text FROM pg_attribute
                    WHERE attrelid = 'projection.trades'::regclass AND attacl IS NOT NULL
                    """
                ).map { try $0.text(0) }
            }
            #expect(
                grants.count == 2 && grants[0].contains("=r/alpha_ledger_service")
                    && grants[1] == "source{pg_monitor=r*/alpha_ledger_service}", "\(grants)")
        }
    }

    @Test func `tables that somebody's view is over stay and the version is not dropped`() async throws {
        try await withTrades { ledger, trades in
            let old = try await tableName(ledger)
            try await ledger.pool.run {
                try $0.executeScript("CREATE VIEW projection.direct AS SELECT document FROM projection.trades_v1_c1")
            }
            try await rebuild(trades, ledger)
            let remainder = VersionUpkeep.Remainder.usedTables(old, dependents: ["view projection.direct"])
            #expect(try await attempt(ledger) == [remainder])
            #expect("\(remainder)".contains("view projection.direct"))
            #expect(try await count("projection.direct", ledger) == 1)
            try await ledger.pool.run { try $0.executeScript("DROP VIEW projection.direct") }
            #expect(try await attempt(ledger) == [])
            #expect(try await count("projection.\(quoteIdentifier(old))", ledger) == nil)

            // A version beside the served one.
            try await ledger.pool.run { session in
                try session.executeScript(
                    """
                    INSERT INTO ledger.projection_versions (name, version, code_version, rules, table_name)
                    SELECT name, version, 9, rules, 'trades_v1_c9' FROM ledger.projection_versions WHERE name = 'trades';
                    CREATE TABLE projection.trades_v1_c9 (document text);
                    CREATE VIEW projection.direct AS SELECT document FROM projection.trades_v1_c9;
                    """)
                let version = try #require(try catalog.version("trades", "v1", codeVersion: 9, session))
                #expect {
                    try catalog.drop(version, session)
                } throws: { error in
                    guard case LedgerError.versionInUse = error else { return false }
                    return "\(error)".contains("view projection.direct")
                }
                #expect(try catalog.version("trades", "v1", codeVersion: 9, session) != nil)
                try session.executeScript("DROP VIEW projection.direct")
                try catalog.drop(version, session)
                #expect(try session.execute("SELECT to_regclass('projection.trades_v1_c9') IS NULL")[0].bool(0))
            }
        }
    }

    /// Whatever is written down as left over: what the catalog names, or a rebuild fills, is not dropped.
    @Test func `a table that the catalog names is never dropped as a leftover`() async throws {
        try await withTrades { ledger, trades in
            let table = try await tableName(ledger)
            try await ledger.pool.run { session in
                try session.executeScript(
                    """
                    UPDATE ledger.projection_versions SET rebuild_table = 'being_filled' WHERE name = 'context';
                    CREATE TABLE projection.being_filled (document text);
                    INSERT INTO ledger.leftover_tables (table_name) VALUES ('being_filled'), ('\(table)'), ('never_there');
                    """)
            }
            #expect(try await attempt(ledger) == [])
            #expect(try await count("projection.\(quoteIdentifier(table))", ledger) == 1)
            #expect(try await count("projection.being_filled", ledger) == 0)
        }
    }
}
