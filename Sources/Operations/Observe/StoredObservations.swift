import LedgerEvents
import LedgerPostgres
import LedgerStore
import LedgerValues

/// The log's contents of some streams of observations.
struct StoredObservations: Sendable {
    struct Latest: Sendable {
        var version: Int64
        var content: Digest32
    }

    /// Each stream's last event. Streams without events are absent.
    private(set) var latest: [ByteKey: Latest] = [:]

    static func load(_ streams: [String], _ session: PostgresSession) throws -> StoredObservations {
        var found = StoredObservations()
        try LogReader().forEachLast(inEach: streams, session) { index, version, payload in
            found.latest[ByteKey(streams[index])] = Latest(version: version, content: Digest32(sha256Of: payload))
        }
        return found
    }

    /// Each stream's contents, oldest first, without those of one run, as the first eight bytes of their digests.
    static func contents(
        of streams: [String], before run: UniqueID, _ session: PostgresSession
    ) throws -> [[UInt64]] {
        var contents = [[UInt64]](repeating: [], count: streams.count)
        try LogReader().forEachDigest(inEach: streams, without: run, session) { index, digest in
            contents[index].append(digest.leadingBits)
        }
        return contents
    }
}
