import LedgerEvents
import LedgerPostgres
import LedgerValues

/// The rows of an append, as arrays for one statement or as a COPY.
enum EventRows {
    struct Row {
        let placed: AppendPlan.Placed
        let runID: UniqueID
        let hash: Digest32
    }

    private static let columns =
        "position, event_id, stream, stream_version, type, schema_version, recorded_at, effective_at, run_id, payload, leaf_hash"

    /// Sends the rows in one pass over them.
    static func copy(_ rows: some Sequence<Row>, recordedAt: Instant, on session: PostgresSession) throws {
        try copy(
            rows.lazy.map { row in
                let (placed, event) = (row.placed, row.placed.event)
                return RecordedEvent(
                    position: placed.position, eventID: event.eventID, stream: event.stream, streamVersion: placed.streamVersion,
                    type: event.type.rawValue, schemaVersion: event.schemaVersion, recordedAt: recordedAt,
                    effectiveAt: event.effectiveAt, runID: row.runID, payload: event.payload, leafHash: row.hash)
            }, into: "ledger.events", on: session)
    }

    /// Sends events in one pass over them into a table.
    ///
    /// - Parameters:
    ///   - isFrozen: every transaction sees the rows, whenever it began; the table must have been made in this transaction
    ///   - payload: what is written for an event's payload
    static func copy(
        _ events: some Sequence<RecordedEvent>, into table: String, isFrozen: Bool = false, on session: PostgresSession,
        payload: (RecordedEvent) -> [UInt8] = { $0.payload }
    ) throws {
        let options = isFrozen ? "FORMAT binary, FREEZE" : "FORMAT binary"
        _ = try session.copyIn("COPY \(table) (\(Self.columns)) FROM STDIN (\(options))") { writer in
            for event in events {
                writer.startRow(columns: 11)
                writer.int8(event.position)
                writer.uuid(event.eventID.high, event.eventID.low)
                writer.text(event.stream)
                writer.int8(event.streamVersion)
                writer.text(event.type)
                writer.int4(Int32(event.schemaVersion))
                writer.timestamptz(event.recordedAt.microseconds)
                if let effectiveAt = event.effectiveAt {
                    writer.timestamptz(effectiveAt.microseconds)
                } else {
                    writer.null()
                }
                writer.uuid(event.runID.high, event.runID.low)
                writer.utf8(payload(event))
                writer.bytea(event.leafHash.bytes)
            }
        }
    }

    static func statement(_ rows: [Row], recordedAt: Instant) -> (sql: String, parameters: [PostgresValue]) {
        (
            sql: """
            INSERT INTO ledger.events (\(Self.columns))
            SELECT position, event_id, stream, stream_version, type, schema_version, $7, effective_at, run_id,
                   payload, leaf_hash
            FROM unnest($1::bigint[], $2::uuid[], $3::text[], $4::bigint[], $5::text[], $6::int[],
                        $8::timestamptz[], $9::uuid[], $10::text[], $11::bytea[])
                AS e (position, event_id, stream, stream_version, type, schema_version, effective_at, run_id,
                      payload, leaf_hash)
            """,
            parameters: [
                .int8Array(rows.map { $0.placed.position }),
                .uuidArray(rows.map { ($0.placed.event.eventID.high, $0.placed.event.eventID.low) }),
                .textArray(rows.map { $0.placed.event.stream }),
                .int8Array(rows.map { $0.placed.streamVersion }),
                .textArray(rows.map { $0.placed.event.type.rawValue }),
                .int4Array(rows.map { Int32($0.placed.event.schemaVersion) }),
                .timestamptz(microsecondsSince1970: recordedAt.microseconds),
                .nullableTimestamptzArray(rows.map { $0.placed.event.effectiveAt?.microseconds }),
                .uuidArray(rows.map { ($0.runID.high, $0.runID.low) }),
                .utf8Array(rows.map { $0.placed.event.payload }),
                .byteaArray(rows.map { $0.hash.bytes }),
            ]
        )
    }
}

/// The subtree roots that an append completes.
struct NodeRows {
    private var rows: [(level: Int, index: Int64, hash: Digest32)] = []

    mutating func append(_ level: Int, _ index: Int64, _ hash: Digest32) { rows.append((level, index, hash)) }

    func copy(on session: PostgresSession) throws {
        if rows.isEmpty { return }
        // By level, then index: the order of the primary key, in which its B-tree is cheapest to fill.
        let ordered = rows.sorted { ($0.level, $0.index) < ($1.level, $1.index) }
        _ = try session.copyIn("COPY ledger.merkle_nodes (level, index, hash) FROM STDIN (FORMAT binary)") { writer in
            for node in ordered {
                writer.startRow(columns: 3)
                writer.int2(Int16(node.level))
                writer.int8(node.index)
                writer.bytea(node.hash.bytes)
            }
        }
    }

    var statements: [(sql: String, parameters: [PostgresValue])] {
        if rows.isEmpty { return [] }
        return [
            (
                sql: """
                INSERT INTO ledger.merkle_nodes (level, index, hash)
                SELECT level, index, hash FROM unnest($1::int[], $2::bigint[], $3::bytea[]) AS n (level, index, hash)
                """,
                parameters: [
                    .int4Array(rows.map { Int32($0.level) }), .int8Array(rows.map(\.index)),
                    .byteaArray(rows.map { $0.hash.bytes }),
                ]
            )
        ]
    }
}
