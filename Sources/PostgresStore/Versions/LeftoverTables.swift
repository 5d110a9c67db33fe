import Postgres

/// Tables of projection versions that the catalog names no more: whoever reads them goes on, and they are dropped
/// once nobody does.
///
/// They are written down in the transaction that takes them out of the catalog, so that a program that is killed before it
/// has dropped them leaves that to the next one.
enum LeftoverTables {
    /// What became of an attempt.
    enum Outcome {
        case dropped
        /// Somebody's transaction has read them and has not ended.
        case read
        /// Others have made something over them.
        case used(by: [String])
    }

    /// Notes the tables of a version, of whatever program; part of the transaction that takes them out of the catalog.
    static func add(_ tableName: String, _ session: PostgresSession) throws {
        _ = try session.execute(
            "INSERT INTO ledger.leftover_tables (table_name) VALUES ($1) ON CONFLICT DO NOTHING", [.text(tableName)])
    }

    /// The names, oldest first.
    static func names(_ session: PostgresSession) throws -> [String] {
        try session.execute("SELECT table_name FROM ledger.leftover_tables ORDER BY left_at, table_name").map { try $0.text(0) }
    }

    /// Tries to drop the rows and the facts of a version, and never what the catalog names.
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
    /// What stands on the thing that a refused DROP was about, as in `view public.mine`.
    var dependents: [String] {
        (detail ?? "").split(separator: "\n").map { line in
            line.firstRange(of: " depends on ").map { String(line[..<$0.lowerBound]) } ?? String(line)
        }
    }
}

extension PostgresSession {
    /// What stands on some relations, such as `view public.mine`, but for one view; the names are quoted, with their schemas.
    func dependents(of relations: [String], besides view: String) throws -> [String] {
        try execute(
            """
            SELECT DISTINCT pg_describe_object('pg_class'::regclass, r.ev_class, 0) COLLATE "C" AS dependent
            FROM unnest($1::text[]) AS n (name)
            JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = to_regclass(n.name)
            JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
            WHERE r.ev_class IS DISTINCT FROM to_regclass($2) ORDER BY dependent
            """, [.textArray(relations), .text(view)]
        ).map { try $0.text(0) }
    }
}
