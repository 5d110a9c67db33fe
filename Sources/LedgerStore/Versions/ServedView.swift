import LedgerPostgres
import LedgerProjections
import LedgerValues

/// The view `projection.<name>`: the served version's current rows with typed columns, for users of `psql`.
///
/// It is replaced in place, which keeps the privileges granted on it and other people's views over it. Columns keep their
/// places; new ones come after them.
struct ServedView {
    private let name: String
    private let columns: [Column]
    private let seconds: [SecondServedView]

    private struct Column {
        let name: String
        /// The type as `format_type` writes it.
        let type: String
        let expression: String
    }

    init(_ definition: ProjectionDefinition) {
        name = definition.identity.name
        seconds = SecondServedView.all(of: definition)
        columns =
            [Column(name: "valid_from", type: "bigint", expression: "valid_from")]
            + definition.columns.columns.map { column in
                let typed = TypedColumn(column)
                return Column(name: typed.name, type: typed.type, expression: typed.expression(of: "document::jsonb"))
            }
    }

    private var quoted: String { "projection.\(quoteIdentifier(name))" }

    /// Points the view at a table, as part of the open transaction.
    ///
    /// It needs a lock that conflicts with every open transaction that has read the view. If a column is lost or
    /// changes its type, the view is dropped and created again, and its privileges are granted again. If other objects
    /// depend on such a view, it throws `LedgerError.viewInUse`, which names them.
    func put(over tableName: String, _ session: PostgresSession) throws {
        let found = try stored(session)
        let lost = lost(of: found)
        let view = view(over: tableName, keeping: found)
        if lost.isEmpty {
            try session.executeScript(view)
            if found.isEmpty { try showToAuditors(session) }
            return try seconds.forEach { try $0.put(session) }
        }
        // Checked before a lock has to be waited for.
        try requireReplaceable(session)
        let grants = try self.grants(session)
        try drop(losing: lost, session)
        try session.executeScript(view)
        for grant in grants { try session.executeScript(grant) }
        try seconds.forEach { try $0.put(session) }
    }

    /// Points the view of a version that is already served at a table, in a transaction of its own and one round trip.
    /// It does nothing if another version or other tables are served by then.
    ///
    /// False if it would have to wait.
    func follow(_ identity: ProjectionIdentity, over tableName: String, _ session: PostgresSession) throws -> Bool {
        let found = try stored(session)
        if found.isEmpty || !lost(of: found).isEmpty {
            return try session.transaction { try session.withShortLocks { try put(over: tableName, session) } != nil }
        }
        // A promotion or rebuild that comes in the meantime creates a view of its own.
        return try session.executeWithShortLocks(
            """
            PERFORM FROM ledger.served_projections s
            JOIN ledger.projection_versions v
                ON (v.name, v.version, v.code_version) = (s.name, s.version, s.code_version)
            WHERE v.name = \(quoteLiteral(identity.name)) AND v.version = \(quoteLiteral(identity.version))
              AND v.code_version = \(identity.codeVersion) AND v.table_name = \(quoteLiteral(tableName)) FOR SHARE;
            IF FOUND THEN
                \(view(over: tableName, keeping: found));
            END IF;
            """)
    }

    /// The statement that creates the view: the existing columns in their order, unless one is lost, then the others.
    private func view(over tableName: String, keeping found: [(name: String, type: String)]) -> String {
        let kept = lost(of: found).isEmpty ? found.compactMap { old in columns.first { $0.name.isBytewiseEqual(to: old.name) } } : []
        let added = columns.filter { column in !kept.contains { $0.name.isBytewiseEqual(to: column.name) } }
        return "CREATE OR REPLACE VIEW \(quoted) AS \(Self.query(kept + added, over: tableName))"
    }

    private static func query(_ columns: [Column], over tableName: String) -> String {
        let list = columns.map { "\($0.expression) AS \(quoteIdentifier($0.name))" }.joined(separator: ", ")
        return "SELECT \(list) FROM projection.\(quoteIdentifier(tableName)) WHERE valid_to IS NULL"
    }

    /// Whether the view shows these columns of the current rows of a table, in any order.
    func stands(over tableName: String, _ session: PostgresSession) throws -> Bool {
        let found = try stored(session).compactMap { old in columns.first { $0.name.isBytewiseEqual(to: old.name) } }
        guard found.count == columns.count else { return false }
        return try session.definition(ofView: quoted) == session.definition(ofQuery: Self.query(found, over: tableName))
    }

    /// Throws `LedgerError.viewInUse` if the view has to lose a column and other objects depend on it.
    func requireReplaceable(_ session: PostgresSession) throws {
        let lost = lost(of: try stored(session))
        if lost.isEmpty { return }
        let own = [quoted, AuditedView.quoted(name)] + seconds.map(\.quoted)
        let dependents = try session.dependents(of: own, besides: own)
        if !dependents.isEmpty { throw inUse(lost, dependents) }
    }

    private func drop(losing lost: [String], _ session: PostgresSession) throws {
        do throws(PostgresError) {
            try AuditedView.drop(name, session)
            for second in seconds { try second.drop(session) }
            try session.executeScript("DROP VIEW \(quoted)")
        } catch {
            guard error.sqlState == .dependentObjectsStillExist else { throw error }
            throw inUse(lost, error.dependents)
        }
    }

    private func showToAuditors(_ session: PostgresSession) throws {
        _ = try session.execute("SELECT ledger.show_to_auditors($1::regclass)", [.text(quoted)])
    }

    private func inUse(_ lost: [String], _ dependents: [String]) -> LedgerError {
        .viewInUse(view: "projection.\(name)", columns: lost, dependents: dependents)
    }

    /// The columns of the existing view that the new view would lack, or have with another type.
    private func lost(of found: [(name: String, type: String)]) -> [String] {
        found.filter { old in
            !columns.contains { $0.name.isBytewiseEqual(to: old.name) && $0.type.isBytewiseEqual(to: old.type) }
        }.map(\.name)
    }

    /// The columns of the existing view; empty if there is no such view.
    private func stored(_ session: PostgresSession) throws -> [(name: String, type: String)] {
        try session.execute(
            """
            SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute
            WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped ORDER BY attnum
            """, [.text(quoted)]
        ).map { (try $0.text(0), try $0.text(1)) }
    }

    /// The statements that restore the privileges of others than the owner on the view, or on columns that it keeps.
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
