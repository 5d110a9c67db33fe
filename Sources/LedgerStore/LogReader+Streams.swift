package import LedgerEvents
package import LedgerPostgres

/// Streams that are read together.
package enum StreamSet: Sendable {
    case named([String])
    /// Every stream whose name begins with a prefix. The prefix ends in a hyphen.
    case prefixed(StaticString)

    /// The range of the stream index with the names that begin with a prefix: its first name, and the first one after it.
    fileprivate static func bounds(_ prefix: StaticString) -> (start: String, end: String) {
        let start = "\(prefix)"
        precondition(start.utf8.last == UInt8(ascii: "-"), "the prefix of stream names ends in a hyphen")
        // `.` is the byte after `-`.
        return (start, "\(start.dropLast()).")
    }

    /// The SQL condition that a name begins with a prefix.
    fileprivate static func range(_ prefix: StaticString) -> String {
        let (start, end) = bounds(prefix)
        return "stream >= \(quoteLiteral(start)) AND stream < \(quoteLiteral(end))"
    }
}

/// A payload as stored, and what it takes to decode it.
package struct StoredPayload: Sendable {
    /// The stored name of the type, which this program may not know.
    package let type: String
    package let schemaVersion: Int
    /// Canonical JSON, exactly the hashed bytes.
    package let bytes: [UInt8]
}

extension LogReader {
    private static let payload = "type, schema_version, payload"

    /// Visits the events of some streams up to a position, by stream, oldest first, with each event's stream version.
    ///
    /// Named streams are looked up. Those of a prefix are a range of the stream index, which is never held in memory.
    package func forEachEvent(
        in streams: StreamSet, upTo position: Int64, _ session: PostgresSession,
        _ body: (_ streamVersion: Int64, StoredPayload) throws -> Void
    ) throws {
        switch streams {
        case .named(let names):
            let payloads = ArchivedPayloads(session)
            for row in try session.execute(
                """
                SELECT stream_version, \(Self.payload) FROM ledger.events
                WHERE stream = ANY ($1) AND position <= $2 ORDER BY stream, stream_version
                """, [.textArray(names), .int8(position)])
            { try body(try row.int8(0), try payloads.stored(row, from: 1)) }
        case .prefixed(let prefix):
            let payloads = try ArchivedPayloads.forCopy(session)
            // COPY takes no parameters.
            try session.copyOut(
                """
                COPY (SELECT stream_version, \(Self.payload) FROM ledger.events
                      WHERE \(StreamSet.range(prefix)) AND position <= \(position)
                      ORDER BY stream, stream_version)
                TO STDOUT (FORMAT binary)
                """
            ) { row in try body(try row.int8(0), try payloads.stored(row, from: 1)) }
        }
    }

    /// Visits the last event of some types in each of some streams up to a position, by stream, with the event's stream
    /// version.
    ///
    /// Named streams are looked up. Those of a prefix are a range of the stream index, which is never held in memory.
    package func forEachLatest(
        of types: [EventType], in streams: StreamSet, upTo position: Int64, _ session: PostgresSession,
        _ body: (_ streamVersion: Int64, StoredPayload) throws -> Void
    ) throws {
        switch streams {
        case .named(let names):
            let payloads = ArchivedPayloads(session)
            for row in try session.execute(
                """
                SELECT DISTINCT ON (stream) stream_version, \(Self.payload) FROM ledger.events
                WHERE stream = ANY ($1) AND type = ANY ($2) AND position <= $3 ORDER BY stream, stream_version DESC
                """, [.textArray(names), .textArray(types.map(\.rawValue)), .int8(position)])
            { try body(try row.int8(0), try payloads.stored(row, from: 1)) }
        case .prefixed(let prefix):
            let payloads = try ArchivedPayloads.forCopy(session)
            try session.copyOut(
                """
                COPY (SELECT DISTINCT ON (stream) stream_version, \(Self.payload) FROM ledger.events
                      WHERE \(StreamSet.range(prefix)) AND position <= \(position)
                        AND type IN (\(Self.literals(types)))
                      ORDER BY stream, stream_version DESC)
                TO STDOUT (FORMAT binary)
                """
            ) { row in try body(try row.int8(0), try payloads.stored(row, from: 1)) }
        }
    }

    /// Visits the last event of some types in every stream of the log, by stream, without holding the events.
    package func forEachLatest(
        of types: [EventType], _ session: PostgresSession, _ body: (StoredPayload) throws -> Void
    ) throws {
        let payloads = try ArchivedPayloads.forCopy(session)
        try session.copyOut(
            """
            COPY (SELECT DISTINCT ON (stream) \(Self.payload) FROM ledger.events
                  WHERE type IN (\(Self.literals(types))) ORDER BY stream, stream_version DESC)
            TO STDOUT (FORMAT binary)
            """
        ) { row in try body(try payloads.stored(row, from: 0)) }
    }

    /// The streams of the log whose last event of some types is of one of them, in order.
    package func streams(
        whoseLatestOf types: [EventType], is type: EventType, _ session: PostgresSession
    ) throws -> [String] {
        try session.execute(
            """
            SELECT DISTINCT ON (stream) stream, type FROM ledger.events
            WHERE type = ANY ($1) ORDER BY stream, stream_version DESC
            """, [.textArray(types.map(\.rawValue))]
        ).compactMap { row in try row.text(1) == type.rawValue ? try row.text(0) : nil }
    }

    /// The latest events of all streams whose names begin with a prefix, latest first, at most `limit` in all.
    ///
    /// Goes from each name to the next one by the stream index, and backwards from the end of each stream. Made for a few
    /// streams, which may be long: a stream costs a look-up and `limit` events.
    ///
    /// - Parameter prefix: ends in a hyphen
    package func latestEvents(
        inStreamsPrefixed prefix: StaticString, limit: Int, _ session: PostgresSession
    ) throws -> [RecordedEvent] {
        let (start, end) = StreamSet.bounds(prefix)
        return try session.execute(
            """
            WITH RECURSIVE names (name) AS (
                (SELECT stream FROM ledger.events WHERE stream >= $1 AND stream < $2 ORDER BY stream LIMIT 1)
                UNION ALL
                SELECT (SELECT e.stream FROM ledger.events e WHERE e.stream > n.name AND e.stream < $2 ORDER BY e.stream LIMIT 1)
                FROM names n WHERE n.name IS NOT NULL)
            SELECT \(Self.columns) FROM names n CROSS JOIN LATERAL (
                SELECT \(Self.columns) FROM ledger.events WHERE stream = n.name ORDER BY stream_version DESC LIMIT $3) latest
            ORDER BY position DESC LIMIT $3
            """, [.text(start), .text(end), .int8(Int64(limit))]
        ).map(ArchivedPayloads(session).event)
    }

    private static func literals(_ types: [EventType]) -> String {
        types.map { quoteLiteral($0.rawValue) }.joined(separator: ", ")
    }
}

extension LogReader {
    /// The version of a stream: that of its last event, 0 if it has none.
    package func version(ofStream name: String, _ session: PostgresSession) throws -> Int64 {
        try session.execute(
            "SELECT stream_version FROM ledger.events WHERE stream = $1 ORDER BY stream_version DESC LIMIT 1", [.text(name)]
        ).first?.int8(0) ?? 0
    }
}
