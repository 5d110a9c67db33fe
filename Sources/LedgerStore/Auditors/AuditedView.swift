import Crypto
import LedgerEvents
import LedgerPostgres
import LedgerProjections
import LedgerRules
import LedgerValues

/// What auditors have of a projection: the view `audit.<name>` of what is current, and the function `audit.<name>` that gives the
/// same columns as of a position.
///
/// Both belong to the role that owns the schema `audit`. The view stands over `projection.<name>`. The function looks up the
/// served version's tables whenever it is called. So neither has to follow promotions or rebuilds, unless the columns, the rules
/// or the events of the version are others than before.
struct AuditedView {
    private let name: String
    private let key: [ColumnSet.Column]
    private let columns: [Column]
    private let rules: [MomentRule]
    private let about: String

    private struct Column {
        let typed: TypedColumn?
        let name: String
        let type: String
        let comment: String
    }

    init(_ definition: ProjectionDefinition) {
        let identity = definition.identity
        name = identity.name
        key = definition.columns.keyColumns
        rules = definition.momentRules
        let files = identity.rules.map { RuleFile.location(of: $0.path) }.joined(separator: ", ")
        let events = definition.consumes.keys.map(\.rawValue).sorted { $0.isBytewiseLess(than: $1) }.joined(separator: ", ")
        let origin = "Rules: \(files). Source: the events \(events)."
        about = "\(identity.name) \(identity.reference). \(origin)"
        let keyNames = definition.columns.key
        columns =
            [
                Column(
                    typed: nil, name: "valid_from", type: "bigint",
                    comment: "The position of the event that made this version of the row.")
            ]
            + definition.columns.columns.map { column in
                let typed = TypedColumn(column)
                var parts = [Self.unit(of: column)]
                if keyNames.contains(where: { $0.isBytewiseEqual(to: column.name) }) { parts.append("part of the key") }
                if !column.isDigested { parts.append("not digested") }
                if MomentRule.changes(column.name, definition.momentRules) { parts.append("depends on the reader's now") }
                return Column(
                    typed: typed, name: typed.name, type: typed.type,
                    comment: "\(parts.joined(separator: "; ")). Null is missing, never zero. \(origin)")
            }
    }

    private static func unit(of column: ColumnSet.Column) -> String {
        switch (column.role, column.kind) {
        case (.money(let unit), _): "\(unit), may be added up"
        case (.price, _): "a price for one of something, may not be added up"
        case (.state, _): "a state"
        case (nil, .instant): "an instant"
        case (nil, .date): "a date"
        case (nil, .decimal): "a number, exact"
        case (nil, .integer): "an integer"
        case (nil, .boolean): "true or false"
        case (nil, .text): "text"
        case (nil, .texts): "a list of texts"
        case (nil, .object): "JSON\(column.decimals.isEmpty ? "" : ", decimals in it as text")"
        }
    }

    static func quoted(_ name: String) -> String { "audit.\(quoteIdentifier(name))" }
    private var quoted: String { Self.quoted(name) }

    /// Brings view and function up to date, as part of the open transaction. Does nothing if they are.
    ///
    /// Throws `LedgerError.viewInUse` if a column is lost or changes its type, and other objects depend on the view.
    func put(_ session: PostgresSession) throws {
        if try isCurrent(session) { return }
        let found = try stored(session)
        let lost = found.filter { old in
            !columns.contains { $0.name.isBytewiseEqual(to: old.name) && $0.type.isBytewiseEqual(to: old.type) }
        }.map(\.name)
        do throws(PostgresError) {
            if !lost.isEmpty || found.isEmpty { try Self.drop(name, session) }
            let kept = lost.isEmpty ? found.compactMap { old in columns.first { $0.name.isBytewiseEqual(to: old.name) } } : []
            let added = columns.filter { column in !kept.contains { $0.name.isBytewiseEqual(to: column.name) } }
            try session.asAuditOwner(script(kept + added))
        } catch {
            guard error.sqlState == .dependentObjectsStillExist else { throw error }
            throw LedgerError.viewInUse(view: "audit.\(name)", columns: lost, dependents: error.dependents)
        }
    }

    /// Drops view and function if they exist. Throws `dependentObjectsStillExist` if others depend on them.
    static func drop(_ name: String, _ session: PostgresSession) throws(PostgresError) {
        try session.asAuditOwner(
            """
            DO $drop$
            DECLARE
                target regprocedure;
            BEGIN
                FOR target IN
                    SELECT oid FROM pg_proc WHERE pronamespace = 'audit'::regnamespace AND proname = \(quoteLiteral(name))
                LOOP
                    EXECUTE 'DROP FUNCTION ' || target;
                END LOOP;
                DROP VIEW IF EXISTS \(quoted(name));
            END
            $drop$
            """)
    }

    /// Whether view and function are those of this definition, by the digest in the view's comment.
    func isCurrent(_ session: PostgresSession) throws -> Bool {
        try session.execute(
            "SELECT obj_description(to_regclass($1), 'pg_class') IS NOT DISTINCT FROM $2", [.text(quoted), .text(comment)])[0].bool(0)
    }

    /// The comment on the view: it has a digest of all that is made here.
    var comment: String {
        let text = (columns.map { "\($0.name) \($0.type) \($0.comment)" } + [script(columns, comment: about)]).joined(separator: "\n")
        return "\(about) Definition \(SHA256.hash(data: Array(text.utf8)).hex.prefix(16))."
    }

    // MARK: - The statements

    private func script(_ columns: [Column]) -> String { script(columns, comment: comment) }

    private func script(_ columns: [Column], comment: String) -> String {
        let comments = columns.map { column in
            "COMMENT ON COLUMN \(quoted).\(quoteIdentifier(column.name)) IS \(quoteLiteral(column.comment))"
        }
        let arguments = parameters.map { "\($0.name) \($0.type) DEFAULT NULL" }
        return
            ([
                "CREATE OR REPLACE VIEW \(quoted) AS \(shown(columns)) FROM projection.\(quoteIdentifier(name)) r\(currentMoment)",
                """
                CREATE OR REPLACE FUNCTION \(quoted)(\((["as_of_position bigint"] + arguments).joined(separator: ", "))) RETURNS SETOF \(quoted)
                LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
                \(body(columns))
                $body$
                """,
                "COMMENT ON FUNCTION \(quoted) IS \(quoteLiteral("The rows of \(name) as of a position, at the moment when its event was recorded. \(about)"))",
            ] + comments + ["COMMENT ON VIEW \(quoted) IS \(quoteLiteral(comment))"]).joined(separator: ";\n")
    }

    /// The parameters of the key: the columns' names and types.
    private var parameters: [(name: String, type: String)] {
        key.map { (quoteIdentifier($0.name), TypedColumn.type(of: $0.kind)) }
    }

    private func shown(_ columns: [Column]) -> String {
        let list = columns.map { "\(MomentRule.expression(of: $0.name, rules)) AS \(quoteIdentifier($0.name))" }
        return "SELECT \(list.joined(separator: ", "))"
    }

    /// The moment of who reads what is current: the current minute, or the last event's moment if that is later.
    private var currentMoment: String {
        rules.isEmpty
            ? ""
            : " CROSS JOIN (SELECT greatest(date_trunc('minute', statement_timestamp()), h.recorded_at) AS now FROM ledger.head h) m"
    }

    private func body(_ columns: [Column]) -> String {
        let typed = columns.map { column in
            "\(column.typed?.expression(of: "d.document") ?? "t.valid_from") AS \(quoteIdentifier(column.name))"
        }
        let conditions = key.enumerated().map { index, column in
            let parameter = "$\(index + 3)"
            let value =
                column.kind == .text ? "t.\(quoteIdentifier(column.name))" : TypedColumn(column).expression(of: "d.document")
            return " AND (\(parameter) IS NULL OR \(value) = \(parameter))"
        }.joined()
        return """
            DECLARE
                standing record;
            BEGIN
                SELECT * INTO standing FROM audit.served(\(quoteLiteral(name)), $1);
                RETURN QUERY EXECUTE
                    $query$\(shown(columns)) FROM (SELECT \(typed.joined(separator: ", ")) FROM projection.$query$
                    || quote_ident(standing.table_name)
                    || $query$ t CROSS JOIN LATERAL (SELECT t.document::jsonb AS document OFFSET 0) d
                    WHERE \(VersionTable.isValid(at: "$1", "t."))\(conditions)) r
                    CROSS JOIN (SELECT $2 AS now) m$query$
                    USING $1, standing.moment\(key.indices.map { ", $\($0 + 2)" }.joined());
            END
            """
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
}

extension PostgresSession {
    /// Runs statements of the open transaction as the role that owns the schema `audit`.
    func asAuditOwner(_ statements: String) throws(PostgresError) {
        try executeScript(
            """
            SELECT set_config('audit.before', current_setting('role'), true);
            SELECT set_config('role', (SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'audit'), true);
            \(statements);
            SELECT set_config('role', current_setting('audit.before'), true);
            """)
    }
}
