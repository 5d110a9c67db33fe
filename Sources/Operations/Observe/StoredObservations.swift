import Events
import Postgres
import PostgresStore
import Values

/// The log's contents of some streams of observations.
struct StoredObservations: Sendable {
    struct Latest: Sendable {
        var version: Int64
        var content: Digest32
    }

    /// Each stream's last event. Streams without events are absent.
    private(set) var latest: [ByteKey: Latest] = [:]

    private static let latestOfEach = """
        SELECT s.ord, e.stream_version, e.payload
        FROM unnest($1::text[]) WITH ORDINALITY AS s (stream, ord)
        CROSS JOIN LATERAL (
            SELECT stream_version, payload FROM ledger.events WHERE stream = s.stream
            ORDER BY stream_version DESC LIMIT 1
        ) e
        """
    private static let contentsOfEach = """
        SELECT s.ord, sha256(convert_to(e.payload, 'UTF8'))
        FROM unnest($1::text[]) WITH ORDINALITY AS s (stream, ord)
        CROSS JOIN LATERAL (
            SELECT stream_version, payload FROM ledger.events WHERE stream = s.stream AND run_id <> $2
            ORDER BY stream_version
        ) e
        ORDER BY s.ord, e.stream_version
        """

    static func load(_ streams: [String], _ session: PostgresSession) throws -> StoredObservations {
        var found = StoredObservations()
        for row in try read(latestOfEach, [.textArray(streams)], session) {
            found.latest[ByteKey(streams[Int(try row.int8(0)) - 1])] = Latest(
                version: try row.int8(1), content: Digest32(sha256Of: try row.utf8(2)))
        }
        return found
    }

    /// Each stream's contents, oldest first, without those of one run, as the first eight bytes of their digests.
    static func contents(
        of streams: [String], before run: UniqueID, _ session: PostgresSession
    ) throws -> [[UInt64]] {
        var contents = [[UInt64]](repeating: [], count: streams.count)
        for row in try read(contentsOfEach, [.textArray(streams), .uuid(run.high, run.low)], session) {
            let bytes = try row.bytea(1)
            guard let digest = Digest32(bytes: bytes.span) else { continue }
            contents[Int(try row.int8(0)) - 1].append(digest.leadingBits)
        }
        return contents
    }

    /// Point reads. While statistics are young a plan might scan the log, so sequential scans are off.
    private static func read(
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
