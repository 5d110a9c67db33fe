package import LedgerEvents
package import LedgerPostgres
import LedgerValues

extension LogReader {
    /// The headers of the events of some streams up to a position, in position order, at most `limit`. Payloads are not read.
    ///
    /// - Parameters:
    ///   - streams: the names of streams.
    ///   - prefix: ends in a colon; streams whose names go on after it without another colon count too.
    ///   - position: the last position that counts.
    ///   - limit: the largest number of headers.
    ///   - session: a session on the ledger's database.
    package func headers(
        ofStreams streams: [String], orPrefixed prefix: String, upTo position: Int64, limit: Int, _ session: PostgresSession
    ) throws -> [EventHeader] {
        precondition(prefix.utf8.last == UInt8(ascii: ":"), "the prefix of stream names ends in a colon")
        let columns = "position, event_id, stream, stream_version, type, schema_version, recorded_at, effective_at, run_id"
        // The byte after a colon is a semicolon. Few events are found before they are put in order, by the stream index.
        return try session.execute(
            """
            WITH found AS MATERIALIZED (
                SELECT \(columns) FROM ledger.events WHERE stream = ANY ($1) AND position <= $4
                UNION ALL
                SELECT \(columns) FROM ledger.events
                WHERE stream >= $2 AND stream < $3 AND position <= $4 AND strpos(substr(stream, char_length($2) + 1), ':') = 0)
            SELECT \(columns) FROM found ORDER BY position LIMIT $5
            """,
            [
                .textArray(streams), .text(prefix), .text("\(prefix.dropLast());"), .int8(position), .int8(Int64(limit)),
            ]
        ).map { try EventHeader($0) }
    }
}
