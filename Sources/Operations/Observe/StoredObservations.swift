import LedgerEvents
import LedgerPostgres
import LedgerStore
import LedgerValues
import OptionTrades

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
        try LogReader().forEachLast(inEach: streams, session) { index, version, stored in
            found.latest[ByteKey(streams[index])] = Latest(version: version, content: try content(of: stored))
        }
        return found
    }

    /// Each stream's contents, oldest first, without those of one run, as the first eight bytes of their digests.
    static func contents(
        of streams: [String], before run: UniqueID, _ session: PostgresSession
    ) throws -> [[UInt64]] {
        var contents = [[UInt64]](repeating: [], count: streams.count)
        try LogReader().forEachEvent(inEach: streams, without: run, session) { index, stored in
            contents[index].append(try content(of: stored).leadingBits)
        }
        return contents
    }

    /// The digest of a stored observation's content, in the terms of the current schema: what was stored in version 1 is
    /// compared by the same content.
    private static func content(of stored: StoredPayload) throws -> Digest32 {
        guard let observed = try stored.decoded().payload(as: MarketObservedPayload.self) else {
            throw LedgerError.schemaViolation(type: EventType.marketObserved.rawValue, problem: "an observation was expected")
        }
        return observed.contentDigest
    }
}
