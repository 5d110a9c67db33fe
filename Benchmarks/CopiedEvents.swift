import LedgerEvents
import LedgerPostgres
import LedgerValues

/// The baseline of appends: a bare binary COPY of the log's finished rows into a table with the same columns, checks and
/// indexes.
enum CopiedEvents {
    static func makeTable(_ session: PostgresSession) throws {
        try session.executeScript("CREATE TABLE public.copied (LIKE ledger.events INCLUDING ALL)")
    }

    static func copy(_ rows: [RecordedEvent], _ session: PostgresSession) throws {
        _ = try session.copyIn(
            """
            COPY public.copied (position, event_id, stream, stream_version, type, schema_version, recorded_at,
                                effective_at, run_id, payload, leaf_hash) FROM STDIN (FORMAT binary)
            """
        ) { writer in
            for row in rows {
                writer.startRow(columns: 11)
                writer.int8(row.position)
                writer.uuid(row.eventID.high, row.eventID.low)
                writer.text(row.stream)
                writer.int8(row.streamVersion)
                writer.text(row.type)
                writer.int4(Int32(row.schemaVersion))
                writer.timestamptz(row.recordedAt.microseconds)
                if let effective = row.effectiveAt { writer.timestamptz(effective.microseconds) } else { writer.null() }
                writer.uuid(row.runID.high, row.runID.low)
                writer.utf8(row.payload)
                writer.bytea(row.leafHash.bytes)
            }
        }
    }
}
