import LedgerEvents
import LedgerMerkle
import LedgerPostgres
import LedgerProjections
import LedgerValues

/// One append transaction on the writer's session: lock, look up, place, hash, insert, commit.
///
/// A small group takes two round trips, and a large one a COPY between them. The lock on the head row makes positions
/// gapless and visible in order: its holder has seen every earlier commit, and nobody else appends until the holder has
/// committed.
///
/// The transaction knows nothing of what the process did before. A process could keep the tree's right edge from its
/// last append, but the edge is read under the lock instead. After a failover that lost a tail, or after a restore, a
/// kept edge would belong to another history, perhaps at the same position.
///
/// A large group is first tried without looking up the events that open a stream. The unique indexes on event ids and
/// stream versions report an event that already exists; the group is then decided again with all look-ups.
struct AppendTransaction {
    /// Statements that belong to the same transaction. They receive each request's outcome.
    typealias Alongside = (PostgresSession, [Result<[AppendedEvent], LedgerError>]) throws -> Void

    /// The number of events from which a group goes in by COPY. Smaller groups go in as arrays, in the pipeline that also
    /// commits.
    static let copyThreshold = 128
    /// The largest distance of the head ahead of the database's clock, in microseconds.
    static let clockTolerance: Int64 = 60_000_000

    /// The settings of the transaction, and the server's guarantees for a commit.
    ///
    /// The look-ups are point reads, so a plan that scans the log because the statistics are young is ruled out. A
    /// commit is acknowledged once it is on disk, and on the synchronous standbys if there are any, whatever the
    /// settings of role or database. A stronger setting is left unchanged.
    private let settings: String
    /// A hint for everybody who follows the log, in a transaction of its own, because a full or blocked notification
    /// queue must not fail an append. Nobody waits for its commit to reach a disk.
    private static let notify = """
        SELECT set_config('synchronous_commit', 'off', true), set_config('lock_timeout', '50ms', true),
               pg_notify('ledger_events', $1)
        """
    private static let lookup = """
        SELECT u.ord, e.position, e.stream_version, e.payload, e.payload_digest
        FROM unnest($1::uuid[]) WITH ORDINALITY AS u (id, ord)
        CROSS JOIN LATERAL (
            SELECT position, stream_version, payload, payload_digest FROM \(KnownEvents.event.name) WHERE event_id = u.id LIMIT 1
        ) e
        """
    private let head: String
    private static let streamHeads = """
        SELECT s.ord, e.stream_version
        FROM unnest($1::text[]) WITH ORDINALITY AS s (stream, ord)
        CROSS JOIN LATERAL (
            SELECT stream_version FROM \(KnownEvents.stream.name) WHERE stream = s.stream ORDER BY stream_version DESC LIMIT 1
        ) e
        """

    private let names: LedgerNames

    init(_ names: LedgerNames) {
        self.names = names
        settings = """
            SELECT set_config('enable_seqscan', 'off', true),
                   set_config('synchronous_commit', \(Durability.synchronousCommit), true),
                   current_setting('fsync'), \(Durability.isUnsafeAllowed(names))
            """
        head = """
            SELECT position, recorded_at, schema_version, \(SchemaVersion.ofSession(names)), next_partition_at
            FROM ledger.head FOR UPDATE
            """
    }

    /// Appends a group of requests in one transaction.
    ///
    /// - Parameter alongside: runs after the events are inserted; does not run if there are no new events.
    /// - Returns: each request's outcome, in order.
    func run(
        _ requests: [AppendRequest], on session: PostgresSession, alongside: Alongside? = nil
    ) throws -> [Result<[AppendedEvent], LedgerError>] {
        let count = requests.reduce(0) { $0 + $1.events.count }
        if count >= Self.copyThreshold {
            do {
                if let outcomes = try attempt(requests, session, looksUp: { $0.expectedVersion != 0 }, alongside) {
                    return outcomes
                }
            } catch let error as PostgresError where error.isUniqueViolation {
                // An event already exists, or another event opens its stream.
            }
        }
        return try attempt(requests, session, looksUp: { _ in true }, alongside) ?? []
    }

    /// Runs one transaction. Returns nil, with nothing written, if a request failed without all look-ups having been
    /// made.
    private func attempt(
        _ requests: [AppendRequest], _ session: PostgresSession, looksUp: (NewEvent) -> Bool, _ alongside: Alongside?
    ) throws -> [Result<[AppendedEvent], LedgerError>]? {
        do {
            return try begin(requests, session, looksUp, alongside)
        } catch {
            // The session may be gone; then there is nothing to roll back.
            try? session.executeScript("ROLLBACK")
            throw error
        }
    }

    private func begin(
        _ requests: [AppendRequest], _ session: PostgresSession, _ looksUp: (NewEvent) -> Bool, _ alongside: Alongside?
    ) throws -> [Result<[AppendedEvent], LedgerError>]? {
        let events = requests.flatMap(\.events).filter(looksUp)
        let isCertain = events.count == requests.reduce(0) { $0 + $1.events.count }
        var streams: [String] = []
        var seen: Set<ByteKey> = []
        for event in events where seen.insert(ByteKey(event.stream)).inserted { streams.append(event.stream) }

        let answers = try session.pipeline([
            // The statements after the lock must see everything committed before it.
            (sql: "BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE", parameters: []),
            (sql: settings, parameters: []),
            (sql: head, parameters: []),
            (sql: "SELECT clock_timestamp()", parameters: []),
            (sql: MerkleFrontier.headEdge, parameters: []),
            (sql: Self.lookup, parameters: [.uuidArray(events.map { ($0.eventID.high, $0.eventID.low) })]),
            (sql: Self.streamHeads, parameters: [.textArray(streams)]),
        ])
        try Durability.require(fsync: try answers[1][0].text(2), isUnsafeAllowed: try answers[1][0].bool(3), names)
        guard answers[2].rowCount == 1 else {
            throw LedgerError.notMigrated(problem: "the ledger has no head row")
        }
        let head = try answers[2][0].int8(0)
        let lastRecorded = try answers[2][0].optionalTimestamptz(1)
        try SchemaVersion.require(ledger: try answers[2][0].int4(2), session: try answers[2][0].optionalText(3))
        let clock = try answers[3][0].timestamptz(0)
        let recordedAt = try Self.recordedAt(clock: clock, last: lastRecorded)
        let tree = try MerkleFrontier(size: head, edge: answers[4])

        var state = LogState(head: head, existing: [:], streamVersions: [:])
        for row in answers[5] {
            let position = try row.int8(1)
            guard !row.isNull(2) else {
                throw LedgerError.corrupt(position: position, problem: "the event is missing, and its identity is known")
            }
            state.existing[events[Int(try row.int8(0)) - 1].eventID] = LogState.Existing(
                position: position, streamVersion: try row.int8(2), content: try Self.content(row, position))
        }
        for row in answers[6] {
            state.streamVersions[ByteKey(streams[Int(try row.int8(0)) - 1])] = try row.int8(1)
        }

        let plan = AppendPlan(requests: requests, state: state)
        let isRefused = plan.outcomes.contains { if case .failure = $0 { true } else { false } }
        if isRefused && !isCertain {
            try session.executeScript("ROLLBACK")
            return nil
        }
        if plan.placed.isEmpty {
            // The existing events may have been committed by a process whose wait for a standby was cut short, even by
            // this process before it lost its connection. This commit, which holds the head's lock, waits for the
            // standbys.
            _ = try session.pipeline([(sql: "COMMIT", parameters: [])])
        } else {
            let newHead = head + Int64(plan.placed.count)
            if let due = try answers[2][0].optionalInt8(4), newHead >= due {
                _ = try session.execute("SELECT ledger.make_room($1)", [.int8(newHead)])
            }
            try insert(plan, requests, after: tree, recordedAt: recordedAt, session, alongside)
        }
        return plan.outcomes
    }

    /// The payload of an event that the log has. Of a detached range its digest is known, so that an append waits for no archive.
    private static func content(_ row: PostgresRow, _ position: Int64) throws -> LogState.Content {
        let payload = try row.utf8(3)
        if !payload.withUnsafeBytes(PayloadReference.isOne) { return .payload(payload) }
        guard let digest = try row.optionalBytea(4) else {
            throw LedgerError.corrupt(position: position, problem: "the payload is in an archive, and its digest is not known")
        }
        return .digest(try Digest32(stored: digest))
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

    private func insert(
        _ plan: AppendPlan, _ requests: [AppendRequest], after edge: MerkleFrontier, recordedAt: Instant,
        _ session: PostgresSession, _ alongside: Alongside?
    ) throws {
        let head = edge.size
        var tree = edge
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
        let moveHead = (
            sql: "UPDATE ledger.head SET position = $1, recorded_at = $2 WHERE position = $3",
            parameters: [
                PostgresValue.int8(newHead), .timestamptz(microsecondsSince1970: recordedAt.microseconds), .int8(head),
            ]
        )
        let commit = (sql: "COMMIT", parameters: [PostgresValue]())
        let hint = (sql: Self.notify, parameters: [PostgresValue.text("\(newHead)")])
        if plan.placed.count >= Self.copyThreshold {
            // Each row is hashed as it is sent: the server stores one row while this side works on the next.
            try EventRows.copy(plan.placed.lazy.map(row), recordedAt: recordedAt, on: session)
            try nodes.copy(on: session)
            try alongside?(session, plan.outcomes)
            _ = try session.pipeline([moveHead, commit], hint: hint)
        } else {
            let statement = EventRows.statement(plan.placed.map(row), recordedAt: recordedAt)
            var statements = [statement] + nodes.statements + [moveHead]
            if let alongside {
                _ = try session.pipeline(statements)
                try alongside(session, plan.outcomes)
                statements = []
            }
            _ = try session.pipeline(statements + [commit], hint: hint)
        }
    }
}

extension MerkleFrontier {
    /// The roots of the complete subtrees of the log up to the head, largest first; 1 or 2 µs each.
    ///
    /// There is one root for each bit set in the size.
    static let headEdge = """
        SELECT l.level, CASE l.level
            WHEN 0 THEN (SELECT e.leaf_hash FROM ledger.events e WHERE e.position = h.position)
            ELSE (SELECT n.hash FROM ledger.merkle_nodes n WHERE n.level = l.level AND n.index = (h.position >> l.level) - 1)
            END
        FROM ledger.head h CROSS JOIN generate_series(0, 62) AS l (level)
        WHERE (h.position >> l.level) & 1 = 1
        ORDER BY l.level DESC
        """

    /// Makes the frontier from the rows of ``headEdge``. Throws `LedgerError.corrupt` if a root is missing.
    init(size: Int64, edge: PostgresResult) throws {
        var peaks: [Digest32] = []
        for row in edge {
            guard let bytes = try row.optionalBytea(1), let hash = Digest32(bytes: bytes.span) else {
                let level = Int64(try row.int4(0))
                throw LedgerError.corrupt(
                    position: (((size >> level) - 1) << level) + 1,
                    problem: "the tree node at level \(level), index \((size >> level) - 1) is missing")
            }
            peaks.append(hash)
        }
        guard let frontier = MerkleFrontier(size: size, peaks: peaks) else {
            throw LedgerError.corrupt(position: size, problem: "the stored tree nodes do not make a tree of this size")
        }
        self = frontier
    }

    /// Reads the roots of the complete subtrees of the first `size` leaves: at most log₂(size) + 1 rows.
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
