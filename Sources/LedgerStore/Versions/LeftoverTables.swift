import LedgerPostgres

/// Tables of projection versions that the catalog no longer names. Their readers continue, and the tables are dropped
/// once nobody reads them.
///
/// They are recorded in the transaction that removes them from the catalog, so if a program is killed before it has
/// dropped them, the next program does.
enum LeftoverTables {
    /// The outcome of an attempt to drop tables.
    enum Outcome {
        case dropped
        /// An open transaction has read the tables.
        case read
        /// Other objects depend on the tables.
        case used(by: [String])
    }

    /// Records the tables of any program's version, in the transaction that removes them from the catalog.
    static func add(_ tableName: String, _ session: PostgresSession) throws {
        _ = try session.execute(
            "INSERT INTO ledger.leftover_tables (table_name) VALUES ($1) ON CONFLICT DO NOTHING", [.text(tableName)])
    }

    /// The recorded names, oldest first.
    static func names(_ session: PostgresSession) throws -> [String] {
        try session.execute("SELECT table_name FROM ledger.leftover_tables ORDER BY left_at, table_name").map { try $0.text(0) }
    }

    /// Tries to drop the rows and the facts of a version, but never tables that the catalog names.
    static func drop(_ tableName: String, _ session: PostgresSession) throws -> Outcome {
        let (name, facts) = (quoteLiteral(tableName), quoteLiteral("\(tableName)_facts"))
        do throws(PostgresError) {
            let isDone = try session.executeWithShortLocks(
                """
                DELETE FROM ledger.leftover_tables WHERE table_name = \(name) AND NOT EXISTS (
                    SELECT FROM ledger.projection_versions WHERE table_name = \(name) OR rebuild_table = \(name));
                IF FOUND THEN
                    EXECUTE format('DROP TABLE IF EXISTS projection.%I, projection.%I', \(name), \(facts));
                END IF;
                """)
            return isDone ? .dropped : .read
        } catch {
            guard error.sqlState == .dependentObjectsStillExist else { throw error }
            return .used(by: error.dependents)
        }
    }
}

extension PostgresError {
    /// The objects that made the server refuse a DROP, such as `view public.mine`.
    var dependents: [String] {
        (detail ?? "").split(separator: "\n").map { line in
            line.firstRange(of: " depends on ").map { String(line[..<$0.lowerBound]) } ?? String(line)
        }
    }
}

extension PostgresSession {
    /// The objects that depend on some relations, such as `view public.mine`, except some views; names are quoted, with
    /// their schemas.
    func dependents(of relations: [String], besides views: [String]) throws -> [String] {
        try execute(
            """
            SELECT DISTINCT pg_describe_object('pg_class'::regclass, r.ev_class, 0) COLLATE "C" AS dependent
            FROM unnest($1::text[]) AS n (name)
            JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = to_regclass(n.name)
            JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
            WHERE r.ev_class NOT IN (SELECT to_regclass(v.name) FROM unnest($2::text[]) AS v (name) WHERE to_regclass(v.name) IS NOT NULL)
            ORDER BY dependent
            """, [.textArray(relations), .textArray(views)]
        ).map { try $0.text(0) }
    }
}
