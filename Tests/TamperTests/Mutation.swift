import LedgerPostgres
import TestSupport

/// A column of a table as `information_schema` describes it.
struct TamperedColumn: Hashable, Sendable {
    let schema: String
    let table: String
    let name: String
    let type: String

    /// Quoted, with its schema.
    var place: String { "\(schema).\"\(table)\"" }

    /// Every column of every table of the ledger's schemas, by name.
    static func all(_ session: PostgresSession) throws -> [TamperedColumn] {
        try session.execute(
            """
            SELECT c.table_schema::text, c.table_name::text, c.column_name::text, c.data_type::text
            FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
            WHERE c.table_schema IN ('ledger', 'projection') AND t.table_type = 'BASE TABLE'
            ORDER BY c.table_schema, c.table_name, c.ordinal_position
            """
        ).map {
            TamperedColumn(
                schema: try $0.text(0), table: try $0.text(1), name: try $0.text(2), type: try $0.text(3))
        }
    }

    /// Other values, in SQL.
    var others: [String] {
        let quoted = "\"\(name)\""
        switch type {
        case "text" where name == "document" || name == "payload":
            return [
                "regexp_replace(\(quoted), ':\"([0-9])', ':\"1\\1')", "regexp_replace(\(quoted), ':null', ':\"0\"')",
                "\(quoted) || ' '", "regexp_replace(\(quoted), ':(true|false)', ':null')",
            ]
        case "text": return ["\(quoted) || 'x'", "coalesce(\(quoted), 'x')", "''", "upper(\(quoted)) || 'e' || chr(769)"]
        case "bigint", "integer", "smallint": return ["\(quoted) + 1", "\(quoted) - 1", "coalesce(\(quoted), 7)", "3 * \(quoted)"]
        case "timestamp with time zone":
            return [
                "\(quoted) + interval '1 microsecond'", "\(quoted) - interval '1 day'", "'infinity'", "coalesce(\(quoted), '2026-01-01Z')",
            ]
        case "boolean": return ["NOT \(quoted)"]
        case "uuid": return ["gen_random_uuid()"]
        case "bytea": return ["sha256(\(quoted))", "substring(\(quoted) FROM 2)"]
        default: return []
        }
    }
}

/// One change of one table that nobody but its owner can make.
struct Mutation: CustomStringConvertible, Sendable {
    enum Kind: String, CaseIterable {
        /// A column of a row gets another value.
        case alter
        /// A column of a row becomes null.
        case null
        /// Two rows exchange a column's values.
        case swap
        /// A row goes.
        case delete
        /// A row is put in again with another value of a column.
        case duplicate
    }

    let kind: Kind
    let column: TamperedColumn
    let value: String
    /// Ranks of the rows by their places.
    let rows: (Int, Int)

    init(_ kind: Kind, _ column: TamperedColumn, rows count: Int, _ random: inout SeededGenerator) {
        self.kind = kind
        self.column = column
        value = column.others.randomElement(using: &random) ?? "NULL"
        rows = (Int.random(in: 0..<count, using: &random), Int.random(in: 0..<count, using: &random))
    }

    var description: String { "\(kind) \(column.place).\(column.name) := \(value), rows \(rows)" }

    /// False if it changes nothing.
    func apply(_ session: PostgresSession) throws -> Bool {
        let guards = try session.execute(
            "SELECT quote_ident(tgname) FROM pg_trigger WHERE tgrelid = '\(column.place)'::regclass AND NOT tgisinternal AND tgenabled = 'A'"
        ).map { try $0.text(0) }
        for guardian in guards { try session.executeScript("ALTER TABLE \(column.place) DISABLE TRIGGER \(guardian)") }
        let changed = try session.execute(sql).affectedRows > 0
        for guardian in guards { try session.executeScript("ALTER TABLE \(column.place) ENABLE ALWAYS TRIGGER \(guardian)") }
        return changed
    }

    private var sql: String {
        let name = "\"\(column.name)\""
        func row(_ rank: Int) -> String { "(SELECT ctid FROM \(column.place) ORDER BY ctid OFFSET \(rank) LIMIT 1)" }
        switch kind {
        case .alter:
            return "UPDATE \(column.place) SET \(name) = \(value) WHERE ctid = \(row(rows.0)) AND (\(value)) IS DISTINCT FROM \(name)"
        case .null:
            return "UPDATE \(column.place) SET \(name) = NULL WHERE ctid = \(row(rows.0)) AND \(name) IS NOT NULL"
        case .swap:
            return """
                UPDATE \(column.place) t SET \(name) = o.\(name) FROM \(column.place) o
                WHERE t.ctid IN (\(row(rows.0)), \(row(rows.1))) AND o.ctid IN (\(row(rows.0)), \(row(rows.1)))
                  AND t.ctid <> o.ctid AND t.\(name) IS DISTINCT FROM o.\(name)
                """
        case .delete: return "DELETE FROM \(column.place) WHERE ctid = \(row(rows.0))"
        case .duplicate:
            return """
                INSERT INTO \(column.place) SELECT r.* FROM \(column.place) t
                CROSS JOIN LATERAL jsonb_populate_record(t, jsonb_build_object('\(column.name)', (\(value)))) r
                WHERE t.ctid = \(row(rows.0))
                """
        }
    }
}
