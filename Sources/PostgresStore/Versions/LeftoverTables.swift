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

    /// What others have made over the tables of a version; the view of its projection does not count, which follows.
    static func dependents(of tableName: String, besidesViewOf name: String, _ session: PostgresSession) throws -> [String] {
        try session.execute(
            """
            SELECT DISTINCT pg_describe_object('pg_class'::regclass, r.ev_class, 0) COLLATE "C" AS dependent
            FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
            WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
              AND d.refobjid IN (to_regclass($1), to_regclass($2)) AND r.ev_class IS DISTINCT FROM to_regclass($3)
            ORDER BY dependent
            """, ([tableName, "\(tableName)_facts", name]).map { .text("projection.\(quoteIdentifier($0))") }
        ).map { try $0.text(0) }
    }

    /// Tries to drop the rows and the facts of a version, and never what the catalog names.
    static func drop(_ tableName: String, _ session: PostgresSession) throws -> Outcome {
        do {
            return try session.transaction {
                try session.shortenLocks()
                let isOurs = try session.execute(
                    """
                    DELETE FROM ledger.leftover_tables WHERE table_name = $1 AND NOT EXISTS (
                        SELECT FROM ledger.projection_versions WHERE table_name = $1 OR rebuild_table = $1)
                    """, [.text(tableName)]
                ).affectedRows == 1
                if isOurs {
                    let names = [tableName, "\(tableName)_facts"].map { "projection.\(quoteIdentifier($0))" }
                    try session.executeScript("DROP TABLE IF EXISTS \(names.joined(separator: ", "))")
                }
                return .dropped
            }
        } catch let error as PostgresError where error.sqlState == .lockNotAvailable {
            return .read
        } catch let error as PostgresError where error.sqlState == .dependentObjectsStillExist {
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
