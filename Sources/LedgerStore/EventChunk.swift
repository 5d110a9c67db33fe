import LedgerEvents
import LedgerPostgres
import LedgerProjections
import LedgerValues

/// Consecutive events as read from the log, packed for the worker that decodes them.
struct EventChunk: Sendable {
    private struct Entry: Sendable {
        let header: EventHeader
        /// The index of the event's type in the registry.
        let place: Int
        let payload: Range<Int>
    }

    /// The size of a full chunk: enough to keep a worker busy for a while, and few enough that several fit a core's
    /// cache.
    private static let mostEvents = 512
    private static let mostBytes = 1 << 19

    private static let columns =
        "position, event_id, stream, stream_version, type, schema_version, recorded_at, effective_at, run_id, payload"

    private var entries: [Entry] = []
    private var bytes: [UInt8] = []
    /// The position of the last row seen, whether it was added or not.
    private(set) var position: Int64 = 0
    private var seen = 0

    init() {
        entries.reserveCapacity(Self.mostEvents)
        bytes.reserveCapacity(Self.mostBytes)
    }

    var isFull: Bool { seen >= Self.mostEvents || bytes.count >= Self.mostBytes }
    var isEmpty: Bool { entries.isEmpty }

    /// The events of the consumed types in a position range, in chunks.
    static func read(
        after position: Int64, upTo last: Int64, _ decoder: EventDecoder, _ session: PostgresSession
    ) throws -> [EventChunk] {
        var chunks: [EventChunk] = []
        var chunk = EventChunk()
        try forEach(after: position, upTo: last, decoder, session) { row, payloads in
            try chunk.add(row, payloads, decoder)
            if chunk.isFull {
                chunks.append(chunk)
                chunk = EventChunk()
            }
        }
        return chunk.isEmpty ? chunks : chunks + [chunk]
    }

    /// Streams the rows of the consumed types in a position range, in order, with ``columns``, and what has their payloads.
    static func forEach(
        after position: Int64, upTo last: Int64, _ decoder: EventDecoder, _ session: PostgresSession,
        _ body: (BinaryCopyRow, ArchivedPayloads) throws -> Void
    ) throws {
        let payloads = try ArchivedPayloads.forCopy(session)
        // COPY takes no parameters. Positions and type names are this program's own, never a user's text.
        let types = decoder.types.map { "'\($0)'" }.joined(separator: ", ")
        try session.copyOut(
            """
            COPY (SELECT \(columns) FROM ledger.events
                  WHERE position > \(position) AND position <= \(last) AND type IN (\(types)) ORDER BY position)
            TO STDOUT (FORMAT binary)
            """, settings: LogReader.inPositionOrder
        ) { row in try body(row, payloads) }
    }

    /// Adds a row of ``columns`` if its type is consumed.
    mutating func add(_ row: BinaryCopyRow, _ payloads: ArchivedPayloads, _ decoder: EventDecoder) throws {
        position = try row.int8(0)
        seen += 1
        let known = try row.withBytes(4) { decoder.place(utf8: $0) }
        guard let place = known ?? nil else { return }
        let start = bytes.count
        if let stored = try row.rawBytes(9) {
            if let payload = try payloads.referred(by: stored, at: position) {
                bytes.append(contentsOf: payload)
            } else {
                bytes.append(contentsOf: stored)
            }
        }
        entries.append(
            Entry(
                header: try EventHeader(row, type: decoder.name(at: place)), place: place, payload: start..<bytes.count))
    }

    /// The decoded events.
    func decode(_ decoder: EventDecoder, _ pool: TextPool) -> [ReadEvent] {
        bytes.withUnsafeBufferPointer { bytes in
            entries.map { entry in
                decoder.read(
                    entry.header, entry.place, payload: UnsafeBufferPointer(rebasing: bytes[entry.payload]), pool)
            }
        }
    }
}
