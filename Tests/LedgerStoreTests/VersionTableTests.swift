import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
import TestSupport
import Testing

/// The tables that `columns.json` makes.
@Suite struct VersionTableTests {
    /// A table's columns in order, each as `name type collation null`, and its indexes.
    private func table(_ name: String, _ session: PostgresSession) throws -> (columns: [String], indexes: [String]) {
        let columns = try session.execute(
            """
            SELECT column_name || ' ' || data_type || coalesce(' ' || collation_name, '')
                || CASE is_nullable WHEN 'YES' THEN ' null' ELSE '' END
            FROM information_schema.columns WHERE table_schema = 'projection' AND table_name = $1 ORDER BY ordinal_position
            """, [.text(name)])
        let indexes = try session.execute(
            """
            SELECT regexp_replace(indexdef, '^.* USING ', '') FROM pg_indexes
            WHERE schemaname = 'projection' AND tablename = $1 ORDER BY 1
            """, [.text(name)])
        return (try columns.map { try $0.text(0) }, try indexes.map { try $0.text(0) })
    }

    private func served<T: Sendable>(
        _ name: String, _ body: @Sendable @escaping (ProjectionVersion, PostgresSession) throws -> T
    ) async throws -> T {
        try await withLedger { ledger in
            let catalog = ProjectionCatalog()
            try await catalog.activate(ledger.registry, log: ledger.log, pool: ledger.pool, runID: UniqueID(high: 7, low: 7))
            return try await ledger.pool.run { session in try body(try #require(try catalog.served(name, session)), session) }
        }
    }

    @Test func `the table of trades has its key, its filters and what is never null among them`() async throws {
        let (columns, indexes) = try await served("trades") { version, session in try table(version.tableName, session) }
        #expect(
            columns == [
                "valid_from bigint", "valid_to bigint null", "era smallint null", "source text C", "source_trade_id text C",
                "effective_at timestamp with time zone", "trade_date timestamp with time zone", "source_portfolio text C null",
                "underlying_symbol text C null", "trade_status text C", "mapping_quality text C", "document text C",
            ])
        #expect(
            indexes == [
                "btree (era, source, source_trade_id, valid_from) WHERE (era IS NOT NULL)",
                "btree (source, source_trade_id, valid_from)",
            ])
    }

    @Test func `facts that are stored apart have a table of their entity's key alone`() async throws {
        let (columns, indexes) = try await served("outcomes") { version, session in
            try table("\(version.tableName)_facts", session)
        }
        #expect(
            columns == [
                "valid_from bigint", "valid_to bigint null", "era smallint null", "source text C", "source_trade_id text C",
                "document text C",
            ])
        #expect(indexes.count == 2)
    }

    @Test func `an instant in a key stands as its text`() async throws {
        let columns = try await served("gex_hourly") { version, session in try table(version.tableName, session).columns }
        #expect(
            columns == [
                "valid_from bigint", "valid_to bigint null", "era smallint null", "currency text C", "timestamp text C",
                "document text C",
            ])
    }
}
