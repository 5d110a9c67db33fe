import Crypto
import LedgerEvents
import LedgerPostgres
import LedgerValues

/// The view `audit.events`: every event of the log with its own columns and, as typed columns, the members of all payloads.
///
/// A payload's member `price` is the column `payload_price`. If schemas do not agree on a member's type, it is text or JSON.
struct AuditedEvents {
    private let columns: [Column]

    private struct Column {
        let name: String
        let expression: String
        let comment: String
    }

    init(_ schemas: EventSchemas) {
        let own: [(String, String, String)] = [
            ("position", "e.position", "The event's place in the log, from 1, without gaps. Leaf position - 1 of the tree."),
            ("event_id", "e.event_id", "The UUIDv5 of the event's identity."),
            ("stream", "e.stream", "The stream that the event belongs to."),
            ("stream_version", "e.stream_version", "The event's place in its stream, from 1, without gaps."),
            ("type", "e.type", "The event type; its schema is schema/events/<type>.v<schema_version>.json."),
            ("schema_version", "e.schema_version", "The version of the type's schema."),
            ("recorded_at", "e.recorded_at", "When the event was appended: transaction time, never before that of an earlier event."),
            ("effective_at", "e.effective_at", "When it holds in the world: valid time. Null: the type has none."),
            ("run_id", "e.run_id", "The run that appended the event."),
            ("leaf_hash", "e.leaf_hash", "SHA-256 of 0x00 and the leaf, the canonical JSON of the event's columns."),
            ("payload", Self.payload, "The whole payload. Decimals in it are text, so that they are exact."),
        ]
        columns =
            own.map { Column(name: $0.0, expression: $0.1, comment: $0.2) }
            + schemas.payloadColumns.map { column in
                let member = quoteLiteral(column.name)
                let value = column.kind == .json ? "(\(Self.payload) -> \(member))" : "(\(Self.payload) ->> \(member))"
                return Column(
                    name: "payload_\(column.name)", expression: value + (Self.cast(of: column.kind).map { "::\($0)" } ?? ""),
                    comment:
                        "`\(column.name)` of \(column.types.joined(separator: ", ")), as its source gave it; null: missing, or another type."
                )
            }
    }

    /// Of a detached range there is no payload, and null would mean that the event has none.
    private static let payload = "(CASE WHEN e.payload LIKE '@%' THEN audit.range_detached(e.position) ELSE e.payload::jsonb END)"

    private static func cast(of kind: EventSchemas.PayloadColumn.Kind) -> String? {
        switch kind {
        case .text, .json: nil
        case .instant: "timestamptz"
        case .date: "date"
        case .decimal: "numeric"
        case .integer: "bigint"
        case .boolean: "boolean"
        }
    }

    private static let about = "Every event of the log. What it says is evidence, not judgement: figures are those of its source."

    private var view: String {
        let list = columns.map { "\($0.expression) AS \(quoteIdentifier($0.name))" }
        return "CREATE VIEW audit.events AS SELECT \(list.joined(separator: ", ")) FROM ledger.events e"
    }

    private var comment: String {
        let text = view + columns.map(\.comment).joined(separator: "\n")
        return "\(Self.about) Definition \(SHA256.hash(data: Array(text.utf8)).hex.prefix(16))."
    }

    /// Brings the view up to date. If somebody reads it at this moment or has a view over it, the next program does.
    func attempt(_ session: PostgresSession) throws {
        if try isCurrent(session) { return }
        do {
            try session.transaction {
                // Of programs that start together one makes it.
                _ = try session.execute("SELECT pg_advisory_xact_lock(hashtextextended('audit.events', 0))")
                if try isCurrent(session) { return }
                _ = try session.withShortLocks { try put(session) }
            }
        } catch let error as PostgresError where error.sqlState == .dependentObjectsStillExist {}
    }

    private func isCurrent(_ session: PostgresSession) throws -> Bool {
        try session.execute(
            "SELECT obj_description(to_regclass('audit.events'), 'pg_class') IS NOT DISTINCT FROM $1", [.text(comment)])[0].bool(0)
    }

    private func put(_ session: PostgresSession) throws(PostgresError) {
        let comments = columns.map { "COMMENT ON COLUMN audit.events.\(quoteIdentifier($0.name)) IS \(quoteLiteral($0.comment))" }
        let statements =
            ["DROP VIEW IF EXISTS audit.events", view] + comments + ["COMMENT ON VIEW audit.events IS \(quoteLiteral(comment))"]
        try session.asAuditOwner(statements.joined(separator: ";\n"))
    }
}
