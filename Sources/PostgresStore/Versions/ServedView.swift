import Postgres
import Projections
import Values

/// The view `projection.<name>`: the served version's current rows with typed columns, for people with `psql`.
///
/// It is replaced in place, so that what was granted on it and the views that others have made over it stay. Columns keep
/// their places, new ones come behind them.
struct ServedView {
    private let name: String
    private let columns: [Column]

    private struct Column {
        let name: String
        /// As `format_type` gives it.
        let type: String
        let expression: String
    }

    init(_ definition: ProjectionDefinition) {
        name = definition.identity.name
        columns =
            [Column(name: "valid_from", type: "bigint", expression: "valid_from")]
            + definition.columns.columns.map { column in
                let text = "(document::jsonb ->> '\(column.name)')"
                let (type, expression) =
                    switch column.kind {
                    case .text: ("text", text)
                    case .instant: ("timestamp with time zone", "\(text)::timestamptz")
                    case .date: ("date", "\(text)::date")
                    case .decimal: ("numeric", "\(text)::numeric")
                    case .integer: ("bigint", "\(text)::bigint")
                    case .boolean: ("boolean", "\(text)::boolean")
                    case .texts, .object: ("jsonb", "(document::jsonb -> '\(column.name)')")
                    }
                return Column(name: column.name, type: type, expression: expression)
            }
    }

    private var quoted: String { "projection.\(quoteIdentifier(name))" }

    /// Points the view at a table, as a part of the open transaction.
    ///
    /// It needs a lock that nobody has who has read the view and not ended the transaction yet. A column that goes, or
    /// becomes of another type, means another view: what was granted on it is granted again, and one that others stand
    /// on is refused by `LedgerError.viewInUse`, which names them.
    func put(over tableName: String, _ session: PostgresSession) throws {
        let found = try stored(session)
        let lost = lost(of: found)
        let kept = lost.isEmpty ? found.compactMap { old in columns.first { $0.name.isBytewiseEqual(to: old.name) } } : []
        let added = columns.filter { column in !kept.contains { $0.name.isBytewiseEqual(to: column.name) } }
        let view = "CREATE OR REPLACE VIEW \(quoted) AS \(Self.query(kept + added, over: tableName))"
        if lost.isEmpty { return try session.executeScript(view) }
        let grants = try self.grants(session)
        try drop(losing: lost, session)
        try session.executeScript(view)
        for grant in grants { try session.executeScript(grant) }
    }

    private static func query(_ columns: [Column], over tableName: String) -> String {
        let list = columns.map { "\($0.expression) AS \(quoteIdentifier($0.name))" }.joined(separator: ", ")
        return "SELECT \(list) FROM projection.\(quoteIdentifier(tableName)) WHERE valid_to IS NULL"
    }

    /// Whether the view shows these columns of the current rows of a table, in whatever order.
    func stands(over tableName: String, _ session: PostgresSession) throws -> Bool {
        let found = try stored(session).compactMap { old in columns.first { $0.name.isBytewiseEqual(to: old.name) } }
        guard found.count == columns.count else { return false }
        return try session.definition(ofView: quoted) == session.definition(ofQuery: Self.query(found, over: tableName))
    }

    /// Refuses what ``put(over:_:)`` would refuse, and changes nothing.
    func requireReplaceable(_ session: PostgresSession) throws {
        let lost = lost(of: try stored(session))
        if lost.isEmpty { return }
        _ = try session.withShortLocks {
            try session.executeScript("SAVEPOINT replaceable")
            try drop(losing: lost, session)
            try session.executeScript("ROLLBACK TO SAVEPOINT replaceable; RELEASE SAVEPOINT replaceable")
        }
    }

    private func drop(losing lost: [String], _ session: PostgresSession) throws {
        do throws(PostgresError) {
            try session.executeScript("DROP VIEW \(quoted)")
        } catch {
            guard error.sqlState == .dependentObjectsStillExist else { throw error }
            throw LedgerError.viewInUse(view: "projection.\(name)", columns: lost, dependents: error.dependents)
        }
    }

    /// The columns that the view has and would not have any more, or not of the same type.
    private func lost(of found: [(name: String, type: String)]) -> [String] {
        found.filter { old in
            !columns.contains { $0.name.isBytewiseEqual(to: old.name) && $0.type.isBytewiseEqual(to: old.type) }
        }.map(\.name)
    }

    /// The columns of the view as it is; none where there is no such view.
    private func stored(_ session: PostgresSession) throws -> [(name: String, type: String)] {
        try session.execute(
            """
            SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute
            WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped ORDER BY attnum
            """, [.text(quoted)]
        ).map { (try $0.text(0), try $0.text(1)) }
    }

    /// Statements that grant again what others than the owner may do with the view, or with columns that it goes on having.
    private func grants(_ session: PostgresSession) throws -> [String] {
        try session.execute(
            """
            SELECT format(
                'GRANT %s%s ON %s TO %s%s', a.privilege_type, c.part, to_regclass($1),
                CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END,
                CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
            FROM (
                SELECT relacl AS acl, relowner AS owner, '' AS part FROM pg_class WHERE oid = to_regclass($1)
                UNION ALL
                SELECT t.attacl, r.relowner, format(' (%I)', t.attname)
                FROM pg_attribute t JOIN pg_class r ON r.oid = t.attrelid
                WHERE t.attrelid = to_regclass($1) AND t.attname = ANY ($2::text[])) c
            CROSS JOIN LATERAL aclexplode(c.acl) a WHERE a.grantee <> c.owner
            """, [.text(quoted), .textArray(columns.map(\.name))]
        ).map { try $0.text(0) }
    }
}
