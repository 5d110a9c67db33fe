package import LedgerEvents
package import LedgerPostgres
package import LedgerValues

/// Reads of many streams in one statement. Every answer names a stream by its index in the list.
extension LogReader {
    /// Visits the last event of some types in each of some streams, with the stream's own version. Streams without such
    /// events are passed over. Two index reads a stream.
    package func forEachLatest(
        of types: [EventType], inEach streams: [String], _ session: PostgresSession,
        _ body: (_ index: Int, _ streamVersion: Int64, StoredPayload) throws -> Void
    ) throws {
        let rows = try session.execute(
            """
            SELECT s.ord, h.stream_version, e.type, e.schema_version, e.payload
            FROM unnest($1::text[]) WITH ORDINALITY AS s (stream, ord)
            CROSS JOIN LATERAL (
                SELECT stream_version FROM ledger.events WHERE stream = s.stream
                ORDER BY stream_version DESC LIMIT 1
            ) h
            CROSS JOIN LATERAL (
                SELECT type, schema_version, payload FROM ledger.events
                WHERE stream = s.stream AND type = ANY ($2) ORDER BY stream_version DESC LIMIT 1
            ) e
            """, [.textArray(streams), .textArray(types.map(\.rawValue))])
        let payloads = ArchivedPayloads(session)
        for row in rows { try body(Int(try row.int8(0)) - 1, try row.int8(1), try payloads.stored(row, from: 2)) }
    }

    /// Visits the last event of each of some streams. Streams without events are passed over. One index read a stream, in
    /// a transaction of its own.
    package func forEachLast(
        inEach streams: [String], _ session: PostgresSession,
        _ body: (_ index: Int, _ streamVersion: Int64, StoredPayload) throws -> Void
    ) throws {
        let rows = try pointReads(
            """
            SELECT s.ord, e.stream_version, e.type, e.schema_version, e.payload
            FROM unnest($1::text[]) WITH ORDINALITY AS s (stream, ord)
            CROSS JOIN LATERAL (
                SELECT stream_version, type, schema_version, payload FROM ledger.events WHERE stream = s.stream
                ORDER BY stream_version DESC LIMIT 1
            ) e
            """, [.textArray(streams)], session)
        let payloads = ArchivedPayloads(session)
        for row in rows { try body(Int(try row.int8(0)) - 1, try row.int8(1), try payloads.stored(row, from: 2)) }
    }

    /// Visits every event of each of some streams, by stream, oldest first, without the events of one run. An index range a
    /// stream, in a transaction of its own.
    package func forEachEvent(
        inEach streams: [String], without run: UniqueID, _ session: PostgresSession,
        _ body: (_ index: Int, StoredPayload) throws -> Void
    ) throws {
        let rows = try pointReads(
            """
            SELECT s.ord, e.type, e.schema_version, e.payload
            FROM unnest($1::text[]) WITH ORDINALITY AS s (stream, ord)
            CROSS JOIN LATERAL (
                SELECT stream_version, type, schema_version, payload FROM ledger.events WHERE stream = s.stream AND run_id <> $2
                ORDER BY stream_version
            ) e
            ORDER BY s.ord, e.stream_version
            """, [.textArray(streams), .uuid(run.high, run.low)], session)
        let payloads = ArchivedPayloads(session)
        for row in rows { try body(Int(try row.int8(0)) - 1, try payloads.stored(row, from: 1)) }
    }

    /// While statistics are young a plan might scan the log, so sequential scans are off.
    private func pointReads(
        _ sql: String, _ parameters: [PostgresValue], _ session: PostgresSession
    ) throws -> PostgresResult {
        do {
            return try session.pipeline([
                (sql: "BEGIN READ ONLY", parameters: []),
                (sql: "SET LOCAL enable_seqscan = off", parameters: []),
                (sql: sql, parameters: parameters),
                (sql: "COMMIT", parameters: []),
            ])[2]
        } catch {
            try? session.executeScript("ROLLBACK")
            throw error
        }
    }
}
