public import LedgerEvents
import LedgerJSON
public import LedgerPostgres
import LedgerValues

extension LogReader {
    /// A stream's events up to a position, oldest first, at most `limit`.
    public func stream(
        _ name: String, upTo position: Int64, limit: Int, _ session: PostgresSession
    ) throws -> [RecordedEvent] {
        try session.execute(
            """
            SELECT \(Self.columns) FROM ledger.events
            WHERE stream = $1 AND position <= $2 ORDER BY stream_version LIMIT $3
            """, [.text(name), .int8(position), .int8(Int64(limit))]
        ).map(ArchivedPayloads(session).event)
    }

    /// Every event, up to a position, of the streams of some events, in order of position, at most `limit`. If there are
    /// more, which of them is not said.
    ///
    /// An index range a stream: O(events of these streams).
    public func streams(
        ofEventsAt positions: [Int64], upTo position: Int64, limit: Int, _ session: PostgresSession
    ) throws -> [RecordedEvent] {
        try session.execute(
            """
            SELECT e.* FROM (SELECT DISTINCT stream FROM ledger.events WHERE position = ANY ($1)) s
            CROSS JOIN LATERAL (
                SELECT \(Self.columns) FROM ledger.events
                WHERE stream = s.stream AND position <= $2 ORDER BY stream_version LIMIT $3) e
            LIMIT $3
            """, [.int8Array(positions), .int8(position), .int8(Int64(limit))]
        ).map(ArchivedPayloads(session).event).sorted { $0.position < $1.position }
    }

    /// The last event of a type in a stream up to a position. If a member is named, the last event whose payload has it
    /// with a value other than null. The search goes backwards from the end of the stream.
    public func latest(
        _ type: EventType, inStream name: String, upTo position: Int64, having member: String? = nil,
        _ session: PostgresSession
    ) throws -> RecordedEvent? {
        let payloads = ArchivedPayloads(session)
        var condition = ""
        var parameters: [PostgresValue] = [.text(name), .int8(position), .text(type.rawValue)]
        if let member {
            // What an archive holds is decided here.
            condition = "AND CASE WHEN payload LIKE '@%' THEN true ELSE payload::jsonb -> $4 <> 'null'::jsonb END"
            parameters.append(.text(member))
        }
        while true {
            let found = try session.execute(
                """
                SELECT \(Self.columns) FROM ledger.events
                WHERE stream = $1 AND position <= $2 AND type = $3 \(condition) ORDER BY stream_version DESC LIMIT 1
                """, parameters
            ).first.map(payloads.event)
            guard let member, let found else { return found }
            if let value = try JSONDocument(parsing: found.payload).root[member], !value.isNull { return found }
            parameters[1] = .int8(found.position - 1)
        }
    }

    /// Streams the last event up to a position of every stream whose name begins with a prefix, by stream, without
    /// holding the events in memory.
    ///
    /// A range of the stream index: O(events of these streams).
    ///
    /// - Parameters:
    ///   - prefix: must end in a colon.
    ///   - position: the last position that counts.
    ///   - session: a session on the ledger's database.
    ///   - body: receives each event with its payload.
    public func forEachLatest(
        ofStreamsPrefixed prefix: String, upTo position: Int64, _ session: PostgresSession,
        _ body: (EventHeader, _ payload: [UInt8]) throws -> Void
    ) throws {
        precondition(prefix.utf8.last == UInt8(ascii: ":"), "the prefix of stream names ends in a colon")
        // The byte after a colon is a semicolon: the bounds enclose every name that begins with the prefix.
        let end = Array(prefix.utf8.dropLast()) + [UInt8(ascii: ";")]
        let payloads = try ArchivedPayloads.forCopy(session)
        try session.copyOut(
            """
            COPY (SELECT DISTINCT ON (stream) \(Self.columns) FROM ledger.events
                  WHERE stream >= \(Self.literal(Array(prefix.utf8))) AND stream < \(Self.literal(end)) AND position <= \(position)
                  ORDER BY stream, stream_version DESC)
            TO STDOUT (FORMAT binary)
            """
        ) { row in try body(try EventHeader(row), try payloads.payload(try row.utf8(9))) }
    }

    /// A text as hexadecimal digits in SQL, safe for any content, because COPY takes no parameters.
    private static func literal(_ bytes: [UInt8]) -> String {
        let digits = bytes.map { byte in
            let hex = String(byte, radix: 16)
            return byte < 16 ? "0" + hex : hex
        }
        return "convert_from(decode('\(digits.joined())', 'hex'), 'UTF8')"
    }
}
