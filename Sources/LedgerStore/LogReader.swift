public import LedgerEvents
import LedgerMerkle
public import LedgerPostgres
public import LedgerValues

/// Reads of the log: by position, by stream, and as a stream of all events.
public struct LogReader: Sendable {
    static let columns =
        "position, event_id, stream, stream_version, type, schema_version, recorded_at, effective_at, run_id, payload, leaf_hash"

    /// Settings for reading a range of the log by its primary key, which is its order on disk. The planner would sort
    /// the range instead, especially while the table's statistics are young.
    static let inPositionOrder: KeyValuePairs = ["enable_sort": "off", "max_parallel_workers_per_gather": "0"]

    public init() {}

    /// The log's head. Throws `LedgerError.notMigrated` if there is none.
    public func head(_ session: PostgresSession) throws -> LogHead {
        let result = try session.execute("SELECT ledger_id, position, recorded_at FROM ledger.head")
        guard result.rowCount == 1 else { throw LedgerError.notMigrated(problem: "the ledger has no head row") }
        let id = try result[0].uuid(0)
        return LogHead(
            ledgerID: UniqueID(high: id.0, low: id.1), position: try result[0].int8(1),
            recordedAt: try result[0].optionalTimestamptz(2).flatMap { Instant(microseconds: $0) })
    }

    /// The events at the `limit` positions after one, in order; only events of the given types, if any are given.
    ///
    /// Positions have no gaps, so this is a range of the primary key with two ends, however young the table's
    /// statistics are.
    public func events(
        after position: Int64, upTo last: Int64 = .max, types: [String]? = nil, limit: Int, _ session: PostgresSession
    ) throws -> [RecordedEvent] {
        let (end, isBeyond) = position.addingReportingOverflow(Int64(limit))
        let range: [PostgresValue] = [.int8(position), .int8(isBeyond ? last : min(last, end))]
        let result: PostgresResult
        if let types {
            result = try session.execute(
                """
                SELECT \(Self.columns) FROM ledger.events
                WHERE position > $1 AND position <= $2 AND type = ANY ($3) ORDER BY position
                """, range + [.textArray(types)])
        } else {
            result = try session.execute(
                """
                SELECT \(Self.columns) FROM ledger.events WHERE position > $1 AND position <= $2 ORDER BY position
                """, range)
        }
        return try result.map(ArchivedPayloads(session).event)
    }

    /// The head's position and the events of some types at the `limit` positions after one, with the last leaf of these
    /// positions or of the log, in one round trip. The head is read first, so the events may include some beyond it.
    func headAndEvents(
        after position: Int64, types: [String], limit: Int, _ session: PostgresSession
    ) throws -> (head: Int64, leaf: ReadLeaf?, events: [RecordedEvent]) {
        let last = position + Int64(limit)
        let results = try session.pipeline([
            (
                sql: """
                SELECT h.position,
                       (SELECT e.leaf_hash FROM ledger.events e WHERE e.position = least(h.position, $1::bigint))
                FROM ledger.head h
                """, parameters: [.int8(last)]
            ),
            (
                sql: """
                SELECT \(Self.columns) FROM ledger.events
                WHERE position > $1 AND position <= $2 AND type = ANY ($3) ORDER BY position
                """,
                parameters: [.int8(position), .int8(last), .textArray(types)]
            ),
        ])
        guard results[0].rowCount == 1 else { throw LedgerError.notMigrated(problem: "the ledger has no head row") }
        let head = try results[0][0].int8(0)
        let leaf = try results[0][0].optionalBytea(1).map {
            ReadLeaf(position: min(head, last), hash: try Digest32(stored: $0))
        }
        return (head, leaf, try results[1].map(ArchivedPayloads(session).event))
    }

    /// The event at a position, or nil if the log does not have the position.
    public func event(at position: Int64, _ session: PostgresSession) throws -> RecordedEvent? {
        let result = try session.execute(
            "SELECT \(Self.columns) FROM ledger.events WHERE position = $1", [.int8(position)])
        return try result.first.map(ArchivedPayloads(session).event)
    }

    /// The events at some positions, in order; positions that the log does not have are skipped.
    public func events(at positions: [Int64], _ session: PostgresSession) throws -> [RecordedEvent] {
        try session.execute(
            "SELECT \(Self.columns) FROM ledger.events WHERE position = ANY ($1) ORDER BY position",
            [.int8Array(positions)]
        ).map(ArchivedPayloads(session).event)
    }

    /// A stream's events in order, oldest first.
    public func stream(_ name: String, after version: Int64 = 0, limit: Int, _ session: PostgresSession) throws
        -> [RecordedEvent]
    {
        let result = try session.execute(
            """
            SELECT \(Self.columns) FROM ledger.events
            WHERE stream = $1 AND stream_version > $2 ORDER BY stream_version LIMIT $3
            """, [.text(name), .int8(version), .int8(Int64(limit))])
        return try result.map(ArchivedPayloads(session).event)
    }

    /// The last event of a stream at or before a position, or nil if there is none.
    ///
    /// A stream's versions rise with its positions, so the search goes backwards from the end of the stream. Made for
    /// short streams, such as those of promotions.
    public func latest(
        inStream name: String, upTo position: Int64, _ session: PostgresSession
    ) throws -> RecordedEvent? {
        try session.execute(
            """
            SELECT \(Self.columns) FROM ledger.events
            WHERE stream = $1 AND position <= $2 ORDER BY stream_version DESC LIMIT 1
            """, [.text(name), .int8(position)]
        ).first.map(ArchivedPayloads(session).event)
    }

    /// Waits until no append in progress can still be recorded at or before an instant that has passed on the
    /// database's clock, and returns the head's position at that point.
    ///
    /// An append reads the clock under the head's lock. Once the lock was free after the instant, every later append is
    /// recorded later. Throws if the lock is not free within two seconds (`lockNotAvailable`).
    public func settledHead(_ session: PostgresSession) throws -> Int64 {
        try session.transaction {
            _ = try session.execute("SELECT set_config('lock_timeout', '2s', true)")
            let result = try session.execute("SELECT position FROM ledger.head FOR SHARE")
            guard result.rowCount == 1 else { throw LedgerError.notMigrated(problem: "the ledger has no head row") }
            return try result[0].int8(0)
        }
    }

    /// Locks the head until the transaction ends: appends wait.
    package func lockHead(_ session: PostgresSession) throws {
        _ = try session.execute("SELECT position FROM ledger.head FOR UPDATE")
    }

    /// A stream's events of a type, latest first, at most a hundred.
    public func latestEvents(
        of type: EventType, inStream name: String, _ session: PostgresSession
    ) throws -> [RecordedEvent] {
        try session.execute(
            """
            SELECT \(Self.columns) FROM ledger.events
            WHERE stream = $1 AND type = $2 ORDER BY stream_version DESC LIMIT 100
            """, [.text(name), .text(type.rawValue)]
        ).map(ArchivedPayloads(session).event)
    }

    /// The roots of the complete subtrees of the tree of the first `size` events, largest first, from the stored nodes.
    package func peaks(at size: Int64, _ session: PostgresSession) throws -> [Digest32] {
        try MerkleFrontier.stored(size: size, session).peaks
    }

    /// The tree's root over the first `size` events, from the stored nodes.
    public func root(at size: Int64, _ session: PostgresSession) throws -> Digest32 {
        try MerkleFrontier.stored(size: size, session).root
    }

    /// The largest position recorded at or before an instant, or 0 if there is none. A binary search over positions,
    /// because `recorded_at` never goes back along positions.
    public func position(asOf instant: Instant, head: Int64, _ session: PostgresSession) throws -> Int64 {
        var low: Int64 = 0
        var high = head
        while low < high {
            let middle = low + (high - low + 1) / 2
            guard let recorded = try recordedMicroseconds(middle, session) else {
                throw LedgerError.corrupt(position: middle, problem: "the event is missing")
            }
            if recorded <= instant.microseconds { low = middle } else { high = middle - 1 }
        }
        return low
    }

    /// When the event at a position was recorded. Throws `LedgerError.corrupt` if the log does not have the event.
    package func recordedAt(_ position: Int64, _ session: PostgresSession) throws -> Instant {
        guard let instant = try recordedMicroseconds(position, session).flatMap({ Instant(microseconds: $0) }) else {
            throw LedgerError.corrupt(position: position, problem: "the event is missing")
        }
        return instant
    }

    private func recordedMicroseconds(_ position: Int64, _ session: PostgresSession) throws -> Int64? {
        try session.execute("SELECT recorded_at FROM ledger.events WHERE position = $1", [.int8(position)]).first?.timestamptz(0)
    }

    /// The stored leaf hashes at some positions. Positions that the log does not have are absent.
    package func leafHashes(at positions: [Int64], _ session: PostgresSession) throws -> [Int64: [UInt8]] {
        var hashes: [Int64: [UInt8]] = [:]
        for row in try session.execute(
            "SELECT position, leaf_hash FROM ledger.events WHERE position = ANY ($1)", [.int8Array(positions)])
        { hashes[try row.int8(0)] = try row.bytea(1) }
        return hashes
    }

    /// Streams the events of a position range in order, without holding them or copying a byte: an event is valid only
    /// during the call.
    ///
    /// Throws `LedgerError.corrupt` for an instant that the log can't hold or a hash of another length.
    public func forEachBytes(
        after position: Int64, upTo last: Int64, _ session: PostgresSession, _ body: (EventBytes) throws -> Void
    ) throws {
        let payloads = try ArchivedPayloads.forCopy(session)
        // COPY takes no parameters. Positions are this program's own numbers, never a user's text.
        try session.copyOut(
            """
            COPY (SELECT \(Self.columns) FROM ledger.events
                  WHERE position > \(position) AND position <= \(last) ORDER BY position)
            TO STDOUT (FORMAT binary)
            """, settings: Self.inPositionOrder
        ) { row in
            var event = try EventBytes(copied: row)
            guard let payload = try payloads.referred(by: event.payload, at: event.position) else { return try body(event) }
            try payload.withUnsafeBytes { bytes in
                event.payload = bytes
                try body(event)
            }
        }
    }
}

extension EventHeader {
    /// Reads the first nine of ``LogReader/columns``.
    ///
    /// - Parameters:
    ///   - row: the row.
    ///   - type: the type's name if it is known; otherwise it is read.
    init(_ row: some PostgresFields, type: String? = nil) throws {
        self.init(
            position: try row.int8(0), eventID: UniqueID(pair: try row.uuid(1)), stream: try row.text(2),
            streamVersion: try row.int8(3), type: try type ?? row.text(4), schemaVersion: Int(try row.int4(5)),
            recordedAt: try Instant(stored: try row.timestamptz(6)),
            effectiveAt: try row.optionalTimestamptz(7).map { try Instant(stored: $0) },
            runID: UniqueID(pair: try row.uuid(8)))
    }
}

extension EventBytes {
    init(copied row: BinaryCopyRow) throws {
        let position = try row.int8(0)
        func bytes(_ column: Int) throws -> UnsafeRawBufferPointer {
            try row.rawBytes(column) ?? UnsafeRawBufferPointer(start: nil, count: 0)
        }
        func instant(_ column: Int) throws -> Instant {
            guard let time = try? row.timestamptz(column), let instant = Instant(microseconds: time) else {
                throw LedgerError.corrupt(position: position, problem: "an instant lies outside the years 1970…2199")
            }
            return instant
        }
        let hash = try bytes(10)
        guard hash.count == 32, let start = hash.baseAddress else {
            throw LedgerError.corrupt(position: position, problem: "the leaf hash does not have 32 bytes")
        }
        self.init(
            position: position, eventID: UniqueID(pair: try row.uuid(1)), stream: try bytes(2),
            streamVersion: try row.int8(3), type: try bytes(4), schemaVersion: Int(try row.int4(5)),
            recordedAt: try instant(6), effectiveAt: row.isNull(7) ? nil : try instant(7),
            runID: UniqueID(pair: try row.uuid(8)), payload: try bytes(9), leafHash: Digest32(loading: start))
    }
}

extension UniqueID {
    init(pair: (UInt64, UInt64)) { self.init(high: pair.0, low: pair.1) }
}

extension Instant {
    init(stored microseconds: Int64) throws {
        guard let value = Instant(microseconds: microseconds) else {
            throw LedgerError.corrupt(position: 0, problem: "a stored instant lies outside the years 1970…2199")
        }
        self = value
    }
}

extension Digest32 {
    init(stored bytes: [UInt8]) throws {
        guard let value = Digest32(bytes: bytes.span) else {
            throw LedgerError.corrupt(position: 0, problem: "a stored hash does not have 32 bytes")
        }
        self = value
    }
}
