import Events
import MerkleLog
import Postgres
import Values

/// One append transaction on the writer's session: lock, look up, place, hash, insert, commit.
///
/// Two round trips for a small group and a COPY between them for a large one. The head row's lock is what makes
/// positions gapless and visible in order: whoever holds it has seen every earlier commit, and nobody appends
/// until it has committed itself.
///
/// A large group is tried without looking up the events that open a stream: the unique indexes on event ids and
/// stream versions tell where one is there already, and the group is then decided again by looking everything up.
struct AppendTransaction {
    /// The right edge of the tree at `frontier.size`, kept from the last append of this process.
    var frontier: MerkleFrontier?

    /// From here on events go in by COPY; below, by arrays in the pipeline that also commits.
    static let copyThreshold = 128
    /// The head may not be further ahead of the database's clock.
    static let clockTolerance: Int64 = 60_000_000

    private static let lookup = """
        SELECT u.ord, e.position, e.stream_version, e.payload
        FROM unnest($1::uuid[]) WITH ORDINALITY AS u (id, ord)
        CROSS JOIN LATERAL (
            SELECT position, stream_version, payload FROM ledger.events WHERE event_id = u.id LIMIT 1
        ) e
        """
    private static let streamHeads = """
        SELECT s.ord, e.stream_version
        FROM unnest($1::text[]) WITH ORDINALITY AS s (stream, ord)
        CROSS JOIN LATERAL (
            SELECT stream_version FROM ledger.events WHERE stream = s.stream ORDER BY stream_version DESC LIMIT 1
        ) e
        """

    /// Appends a group of requests in one transaction.
    ///
    /// - Parameter alongside: statements that belong to the same transaction, run after the events are in; not
    ///   run where nothing is new.
    /// - Returns: each request's outcome, in order.
    mutating func run(
        _ requests: [AppendRequest], on session: PostgresSession,
        alongside: (PostgresSession, [Result<[AppendedEvent], LedgerError>]) throws -> Void = { _, _ in }
    ) throws -> [Result<[AppendedEvent], LedgerError>] {
        let count = requests.reduce(0) { $0 + $1.events.count }
        if count >= Self.copyThreshold {
            do {
                if let outcomes = try attempt(requests, session, looksUp: { $0.expectedVersion != 0 }, alongside) {
                    return outcomes
                }
            } catch let error as PostgresError where error.isUniqueViolation {
                // An event is there already, or another opens its stream.
            }
        }
        return try attempt(requests, session, looksUp: { _ in true }, alongside) ?? []
    }

    /// One transaction; nil, with nothing written, where a request fails that was decided without every look-up.
    private mutating func attempt(
        _ requests: [AppendRequest], _ session: PostgresSession, looksUp: (NewEvent) -> Bool,
        _ alongside: (PostgresSession, [Result<[AppendedEvent], LedgerError>]) throws -> Void
    ) throws -> [Result<[AppendedEvent], LedgerError>]? {
        do {
            return try begin(requests, session, looksUp, alongside)
        } catch {
            frontier = nil
            // The session may be gone; then there is nothing to roll back.
            try? session.executeScript("ROLLBACK")
            throw error
        }
    }

    private mutating func begin(
        _ requests: [AppendRequest], _ session: PostgresSession, _ looksUp: (NewEvent) -> Bool,
        _ alongside: (PostgresSession, [Result<[AppendedEvent], LedgerError>]) throws -> Void
    ) throws -> [Result<[AppendedEvent], LedgerError>]? {
        let events = requests.flatMap(\.events).filter(looksUp)
        let isCertain = events.count == requests.reduce(0) { $0 + $1.events.count }
        var streams: [String] = []
        var seen: Set<ByteKey> = []
        for event in events where seen.insert(ByteKey(event.stream)).inserted { streams.append(event.stream) }

        let answers = try session.pipeline([
            (sql: "BEGIN", parameters: []),
            // The look-ups are point reads: a plan that scans the log because the statistics are young is refused.
            (sql: "SET LOCAL enable_seqscan = off", parameters: []),
            (sql: "SELECT position, recorded_at FROM ledger.head FOR UPDATE", parameters: []),
            (sql: "SELECT clock_timestamp()", parameters: []),
            (sql: Self.lookup, parameters: [.uuidArray(events.map { ($0.eventID.high, $0.eventID.low) })]),
            (sql: Self.streamHeads, parameters: [.textArray(streams)]),
        ])
        guard answers[2].rowCount == 1 else {
            throw LedgerError.notMigrated(problem: "the ledger has no head row")
        }
        let head = try answers[2][0].int8(0)
        let lastRecorded = try answers[2][0].optionalTimestamptz(1)
        let clock = try answers[3][0].timestamptz(0)
        let recordedAt = try Self.recordedAt(clock: clock, last: lastRecorded)

        var state = LogState(head: head, existing: [:], streamVersions: [:])
        for row in answers[4] {
            state.existing[events[Int(try row.int8(0)) - 1].eventID] = LogState.Existing(
                position: try row.int8(1), streamVersion: try row.int8(2), payload: try row.utf8(3))
        }
        for row in answers[5] {
            state.streamVersions[ByteKey(streams[Int(try row.int8(0)) - 1])] = try row.int8(1)
        }

        let plan = AppendPlan(requests: requests, state: state)
        let isRefused = plan.outcomes.contains { if case .failure = $0 { true } else { false } }
        if plan.placed.isEmpty || isRefused && !isCertain {
            try session.executeScript("ROLLBACK")
            return isRefused && !isCertain ? nil : plan.outcomes
        }
        try insert(plan, requests, head: head, recordedAt: recordedAt, session, alongside)
        return plan.outcomes
    }

    /// max(database clock, previous + 1 µs); refused while the head is over a minute ahead of the clock.
    static func recordedAt(clock: Int64, last: Int64?) throws(LedgerError) -> Instant {
        let microseconds = max(clock, last.map { $0 + 1 } ?? clock)
        guard let value = Instant(microseconds: microseconds), let clockInstant = Instant(microseconds: clock) else {
            throw .corrupt(position: 0, problem: "the database's clock is outside the years 1970…2199")
        }
        if let last, last - clock > clockTolerance, let lastInstant = Instant(microseconds: last) {
            throw .clockRegressed(head: lastInstant, clock: clockInstant)
        }
        return value
    }

    private mutating func insert(
        _ plan: AppendPlan, _ requests: [AppendRequest], head: Int64, recordedAt: Instant, _ session: PostgresSession,
        _ alongside: (PostgresSession, [Result<[AppendedEvent], LedgerError>]) throws -> Void
    ) throws {
        var tree = try edge(at: head, session)
        var nodes = NodeRows()
        var leaf: [UInt8] = []
        func row(_ placed: AppendPlan.Placed) -> EventRows.Row {
            let event = placed.event
            let runID = requests[placed.request].runID
            leaf.removeAll(keepingCapacity: true)
            RecordedEvent.appendLeaf(
                to: &leaf, position: placed.position, eventID: event.eventID, stream: event.stream,
                streamVersion: placed.streamVersion, type: event.type.rawValue, schemaVersion: event.schemaVersion,
                recordedAt: recordedAt, effectiveAt: event.effectiveAt, runID: runID, payload: event.payload)
            let hash = MerkleHash.leaf(leaf)
            tree.append(hash) { level, index, node in nodes.append(level, index, node) }
            return EventRows.Row(placed: placed, runID: runID, hash: hash)
        }
        let newHead = head + Int64(plan.placed.count)
        let finish: [(sql: String, parameters: [PostgresValue])] = [
            (
                sql: "UPDATE ledger.head SET position = $1, recorded_at = $2 WHERE position = $3",
                parameters: [.int8(newHead), .timestamptz(microsecondsSince1970: recordedAt.microseconds), .int8(head)]
            ),
            (sql: "SELECT pg_notify('ledger_events', $1)", parameters: [.text("\(newHead)")]),
        ]
        if plan.placed.count >= Self.copyThreshold {
            // Each row is hashed as it is sent: the server stores one while this side works on the next.
            try EventRows.copy(plan.placed.lazy.map(row), recordedAt: recordedAt, on: session)
            try nodes.copy(on: session)
            try alongside(session, plan.outcomes)
            _ = try session.pipeline(finish + [(sql: "COMMIT", parameters: [])])
        } else {
            let statement = EventRows.statement(plan.placed.map(row), recordedAt: recordedAt)
            _ = try session.pipeline([statement] + nodes.statements + finish)
            try alongside(session, plan.outcomes)
            _ = try session.pipeline([(sql: "COMMIT", parameters: [])])
        }
        frontier = tree
    }

    /// The tree's right edge at a size: this process's own, or read from the stored nodes.
    private func edge(at size: Int64, _ session: PostgresSession) throws -> MerkleFrontier {
        if let frontier, frontier.size == size { return frontier }
        return try MerkleFrontier.stored(size: size, session)
    }
}

extension MerkleFrontier {
    /// Reads the roots of the complete subtrees that make up the first `size` leaves: at most log₂(size) + 1 rows.
    static func stored(size: Int64, _ session: PostgresSession) throws -> MerkleFrontier {
        let places = peakCoordinates(size: size)
        let found = try session.execute(
            """
            SELECT p.ord, coalesce(n.hash, e.leaf_hash)
            FROM unnest($1::int[], $2::bigint[]) WITH ORDINALITY AS p (level, index, ord)
            LEFT JOIN ledger.merkle_nodes n ON n.level = p.level AND n.index = p.index
            LEFT JOIN ledger.events e ON p.level = 0 AND e.position = p.index + 1
            ORDER BY p.ord
            """,
            [.int4Array(places.map { Int32($0.level) }), .int8Array(places.map(\.index))])
        var peaks: [Digest32] = []
        for (row, place) in zip(found, places) {
            guard let bytes = try row.optionalBytea(1), let hash = Digest32(bytes: bytes.span) else {
                throw LedgerError.corrupt(
                    position: (place.index << Int64(place.level)) + 1,
                    problem: "the tree node at level \(place.level), index \(place.index) is missing")
            }
            peaks.append(hash)
        }
        guard let frontier = MerkleFrontier(size: size, peaks: peaks) else {
            throw LedgerError.corrupt(position: size, problem: "the stored tree nodes do not make a tree of this size")
        }
        return frontier
    }
}
