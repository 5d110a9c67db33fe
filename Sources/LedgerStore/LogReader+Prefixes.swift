package import LedgerEvents
package import LedgerPostgres

extension LogReader {
    /// The events after a position in all streams whose names begin with one of some prefixes, in order of position.
    ///
    /// - Parameter prefixes: each ends in a colon
    package func events(
        inStreamsPrefixed prefixes: [String], after position: Int64, upTo last: Int64, _ session: PostgresSession
    ) throws -> [RecordedEvent] {
        let condition = prefixes.map(Self.range).joined(separator: " OR ")
        return try session.execute(
            """
            SELECT \(Self.columns) FROM ledger.events WHERE position > $1 AND position <= $2 AND (\(condition)) ORDER BY position
            """, [.int8(position), .int8(last)]
        ).map(ArchivedPayloads(session).event)
    }

    /// Whether an event of some types stands between two positions in a stream whose name begins with one of some prefixes.
    package func hasEvent(
        of types: [EventType], inStreamsPrefixed prefixes: [String], after position: Int64, before end: Int64, _ session: PostgresSession
    ) throws -> Bool {
        let condition = prefixes.map(Self.range).joined(separator: " OR ")
        return try session.execute(
            """
            SELECT 1 FROM ledger.events
            WHERE position > $1 AND position < $2 AND type = ANY ($3) AND (\(condition)) LIMIT 1
            """, [.int8(position), .int8(end), .textArray(types.map(\.rawValue))]
        ).rowCount > 0
    }

    /// The events of all streams whose names lie in a range of bytes, by stream and version. Made for short streams.
    func events(inStreamsFrom first: String, to end: String, _ session: PostgresSession) throws -> [RecordedEvent] {
        try session.execute(
            """
            SELECT \(Self.columns) FROM ledger.events
            WHERE stream >= $1 AND stream < $2 ORDER BY stream, stream_version
            """, [.text(first), .text(end)]
        ).map(ArchivedPayloads(session).event)
    }

    /// The SQL condition that a name begins with a prefix: a range of the stream index.
    private static func range(_ prefix: String) -> String {
        precondition(prefix.utf8.last == UInt8(ascii: ":"), "the prefix of stream names ends in a colon")
        // `;` is the byte after `:`.
        return "(stream >= \(quoteLiteral(prefix)) AND stream < \(quoteLiteral("\(prefix.dropLast());")))"
    }
}
