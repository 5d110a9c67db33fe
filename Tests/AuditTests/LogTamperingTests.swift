import LedgerEvents
import LedgerMerkle
import LedgerNotes
import LedgerPostgres
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@testable import LedgerStore
@testable import Operations

/// What who owns the machine can do to a log, and what the audit says to it: each mutation in a transaction of its own,
/// with triggers and constraints out of the way, rolled back after the verification.
@Suite struct LogTamperingTests {
    /// What an audit must say.
    enum Finding {
        /// The log itself is at fault, first at this position.
        case fault(Int64)
        /// The log is in order, but it is not the one that was signed.
        case fork
        case nothing
    }

    struct RolledBack: Error {}

    /// One history to be mutated.
    struct History: Sendable {
        let events: [RecordedEvent]
        let signed: [Checkpoint]
        var size: Int64 { Int64(events.count) }
    }

    static func audit(_ signed: [Checkpoint], _ session: PostgresSession) throws -> (fault: LogFault?, isFork: Bool) {
        let found = try LogVerifier().verify(session)
        if let fault = found.fault { return (fault, false) }
        do {
            try AuditedHead.read(session).requireContinuation(of: signed, session)
        } catch AuditError.forkDetected {
            return (nil, true)
        }
        return (nil, false)
    }

    /// Mutates, audits, rolls back.
    static func expect(
        _ finding: Finding, _ history: History, _ session: PostgresSession, _ what: @autoclosure () -> String,
        _ mutate: () throws -> Void
    ) throws {
        do {
            try session.transaction {
                try mutate()
                let found = try audit(history.signed, session)
                let isRight =
                    switch finding {
                    case .fault(let position): found.fault?.position == position
                    case .fork: found.fault == nil && found.isFork
                    case .nothing: found.fault == nil && !found.isFork
                    }
                if !isRight { Issue.record("\(what()): expected \(finding), found \(found)") }
                throw RolledBack()
            }
        } catch is RolledBack {}
    }

    /// A ledger of some random appends, with heads signed on the way, ready to be tampered with.
    func withHistory(_ seed: UInt64, _ body: @Sendable (History, PostgresSession) throws -> Void) async throws {
        var random = SeededGenerator(seed: seed)
        try await withLedger { ledger in
            var signed: [Checkpoint] = []
            var rows: [(row: ExecutionRow, version: Int64)] = []
            for _ in 0..<12 {
                var batch: [NewEvent] = []
                for _ in 0..<Int.random(in: 1...9, using: &random) {
                    if let index = rows.indices.randomElement(using: &random), Bool.random(using: &random), rows[index].version == 1 {
                        let changed = try sampleRow(rows[index].row.sourceTradeID, updatedAt: 60, price: "13.25")
                        batch.append(updated(changed, from: rows[index].row, previous: 1))
                        rows[index].version = 2
                    } else {
                        let row = try sampleRow("t\(rows.count)")
                        batch.append(recorded(row))
                        rows.append((row, 1))
                    }
                }
                try await ledger.log.append(batch, runID: UniqueID(random: &random))
                signed.append(try await ledger.pool.run { session in try AuditedHead.read(session).checkpoint })
            }
            let history = History(
                events: try await ledger.pool.run { session in try LogReader().events(after: 0, limit: 1_000, session) },
                signed: signed)
            try await ledger.asSuperuser { session in
                try session.executeScript(
                    """
                    ALTER TABLE ledger.events DISABLE TRIGGER ALL; ALTER TABLE ledger.merkle_nodes DISABLE TRIGGER ALL;
                    ALTER TABLE ledger.head DISABLE TRIGGER ALL;
                    ALTER TABLE ledger.events DROP CONSTRAINT events_position_check, DROP CONSTRAINT events_stream,
                        DROP CONSTRAINT events_event_id, DROP CONSTRAINT events_leaf_hash_check,
                        DROP CONSTRAINT events_stream_version_check, DROP CONSTRAINT events_schema_version_check
                    """)
                try body(history, session)
            }
        }
    }

    @Test func `every column of a random row altered is found at its position`() async throws {
        let seed = UInt64.random(in: 0 ... .max)
        try await withHistory(seed) { history, session in
            var random = SeededGenerator(seed: seed &+ 1)
            let changes = [
                "event_id = gen_random_uuid()", "stream = stream || 'x'", "stream = ''", "stream_version = stream_version + 1",
                "stream_version = 0", "type = 'AlphaExecutionMissing'", "schema_version = schema_version + 1",
                "recorded_at = recorded_at + interval '1 microsecond'", "recorded_at = recorded_at - interval '1 day'",
                "recorded_at = 'infinity'", "recorded_at = '2300-01-01Z'", "effective_at = NULL", "effective_at = '-infinity'",
                "effective_at = effective_at - interval '1 microsecond'", "run_id = gen_random_uuid()",
                "payload = replace(payload, 'MSTR', 'COIN')", "payload = payload || ' '", "payload = ''",
                "payload = replace(payload, '\"fees_usd\":\"6.5\"', '\"fees_usd\":\"6.50\"')",
                "leaf_hash = sha256(leaf_hash)", "leaf_hash = '\\x00'", "position = -position",
            ]
            for round in 0..<20 {
                let position = Int64.random(in: 1...history.size, using: &random)
                for change in changes {
                    try Self.expect(.fault(position), history, session, "\(change) at \(position), seed \(seed)") {
                        try session.executeScript("UPDATE ledger.events SET \(change) WHERE position = \(position)")
                    }
                }
                if round % 6 == 0 { try Self.expect(.nothing, history, session, "untouched, seed \(seed)") {} }
            }
        }
    }

    @Test func `rows removed, swapped, appended or cut off are found`() async throws {
        let seed = UInt64.random(in: 0 ... .max)
        try await withHistory(seed) { history, session in
            var random = SeededGenerator(seed: seed &+ 2)
            let size = history.size
            for _ in 0..<20 {
                let first = Int64.random(in: 1..<size, using: &random)
                let second = Int64.random(in: (first + 1)...size, using: &random)
                func expect(_ finding: Finding, _ sql: String) throws {
                    try Self.expect(finding, history, session, "\(sql), seed \(seed)") { try session.executeScript(sql) }
                }
                try expect(.fault(first), "DELETE FROM ledger.events WHERE position = \(first)")
                try expect(.fault(first), "DELETE FROM ledger.events WHERE position IN (\(first), \(second))")
                try expect(.fault(first + 1), "DELETE FROM ledger.events WHERE position > \(first)")
                try expect(
                    .fault(first),
                    """
                    UPDATE ledger.events SET position = -1 WHERE position = \(first);
                    UPDATE ledger.events SET position = \(first) WHERE position = \(second);
                    UPDATE ledger.events SET position = \(second) WHERE position = -1
                    """)
                try expect(
                    .fault(first),
                    """
                    UPDATE ledger.events e SET payload = o.payload, leaf_hash = o.leaf_hash
                    FROM ledger.events o WHERE (e.position, o.position) IN ((\(first), \(second)), (\(second), \(first)))
                    """)
                // A row taken out and the rest moved up: the head's place is empty, and the first moved row is not its own.
                try expect(
                    .fault(first),
                    """
                    DELETE FROM ledger.events WHERE position = \(first);
                    UPDATE ledger.events SET position = -position WHERE position > \(first);
                    UPDATE ledger.events SET position = -position - 1 WHERE position < 0
                    """)
                let beyond = size + Int64.random(in: 1...3, using: &random)
                let copied = """
                    INSERT INTO ledger.events SELECT \(beyond), gen_random_uuid(), 'x', 1, type, 1, recorded_at, NULL, run_id, payload, leaf_hash
                    FROM ledger.events WHERE position = \(first)
                    """
                try expect(.fault(beyond), copied)
                try expect(.fault(size + 1), "\(copied); UPDATE ledger.head SET position = \(beyond)")
                // The head turned back: what lies beyond it was not appended by the service.
                try expect(
                    .fault(first + 1),
                    "UPDATE ledger.head SET position = \(first), recorded_at = (SELECT recorded_at FROM ledger.events WHERE position = \(first))"
                )
                try expect(.fault(size), "UPDATE ledger.head SET recorded_at = recorded_at + interval '1 microsecond'")
                try expect(.fork, "UPDATE ledger.head SET ledger_id = gen_random_uuid()")
                // An older state of the database, whole: in order, and no continuation of what was signed.
                try expect(
                    .fork,
                    """
                    DELETE FROM ledger.events WHERE position > \(first);
                    DELETE FROM ledger.merkle_nodes WHERE (index + 1) << level > \(first);
                    UPDATE ledger.head SET position = \(first), recorded_at = (SELECT max(recorded_at) FROM ledger.events)
                    """)
            }
        }
    }

    @Test func `rewritten tree nodes are found, and so is a history that was rewritten with all its hashes`() async throws {
        let seed = UInt64.random(in: 0 ... .max)
        try await withHistory(seed) { history, session in
            var random = SeededGenerator(seed: seed &+ 3)
            let places = try session.execute("SELECT level::int, index FROM ledger.merkle_nodes ORDER BY 1, 2")
                .map { (level: Int64(try $0.int4(0)), index: try $0.int8(1)) }
            for place in places {
                let end = (place.index + 1) << place.level
                let here = "WHERE level = \(place.level) AND index = \(place.index)"
                for sql in [
                    "UPDATE ledger.merkle_nodes SET hash = sha256(hash) \(here)", "DELETE FROM ledger.merkle_nodes \(here)",
                ] {
                    try Self.expect(.fault(end), history, session, "\(sql), seed \(seed)") { try session.executeScript(sql) }
                }
            }
            let size = history.size
            for _ in 0..<8 {
                let level = Int64.random(in: 1...5, using: &random)
                let index = (size >> level) + Int64.random(in: 0...3, using: &random)
                try Self.expect(.fault((index + 1) << level), history, session, "a node beyond, seed \(seed)") {
                    try session.executeScript("INSERT INTO ledger.merkle_nodes VALUES (\(level), \(index), sha256('x'))")
                }
            }
            for _ in 0..<30 {
                // A payload altered with its leaf hash, then with all tree nodes too.
                let place = Int.random(in: 0..<history.events.count, using: &random)
                let forged = try Self.forged(history.events[place])
                let write = { try Self.write(forged, session) }
                // The lowest stored node above the leaf gives it away; a last leaf without a sibling has none.
                let isAlone = place == history.events.count - 1 && size % 2 == 1
                let pair = (Int64(place) / 2 + 1) * 2
                try Self.expect(isAlone ? .fork : .fault(pair), history, session, "a forged leaf \(place + 1), seed \(seed)", write)
                try Self.expect(.fork, history, session, "a forged history from \(place + 1), seed \(seed)") {
                    try write()
                    var leaves = history.events.map(\.leafHash)
                    leaves[place] = forged.leafHash
                    try Self.rewriteNodes(leaves, session)
                }
            }
            try Self.expect(.nothing, history, session, "the same nodes again, seed \(seed)") {
                try Self.rewriteNodes(history.events.map(\.leafHash), session)
            }
        }
    }

    /// The event with another payload and the leaf hash of that.
    static func forged(_ event: RecordedEvent) throws -> RecordedEvent {
        let payload = Array(String(decoding: event.payload, as: UTF8.self).replacing("MSTR", with: "COIN").utf8)
        func with(_ hash: Digest32) -> RecordedEvent {
            RecordedEvent(
                position: event.position, eventID: event.eventID, stream: event.stream, streamVersion: event.streamVersion,
                type: event.type, schemaVersion: event.schemaVersion, recordedAt: event.recordedAt,
                effectiveAt: event.effectiveAt, runID: event.runID, payload: payload, leafHash: hash)
        }
        return with(with(event.leafHash).computedLeafHash())
    }

    static func write(_ event: RecordedEvent, _ session: PostgresSession) throws {
        _ = try session.execute(
            "UPDATE ledger.events SET payload = $1, leaf_hash = $2 WHERE position = $3",
            [.utf8(event.payload), .bytea(event.leafHash.bytes), .int8(event.position)])
    }

    static func rewriteNodes(_ leaves: [Digest32], _ session: PostgresSession) throws {
        var tree = MerkleFrontier()
        var statements: [String] = []
        for leaf in leaves {
            tree.append(leaf) { level, index, node in
                statements.append("UPDATE ledger.merkle_nodes SET hash = '\\x\(node)' WHERE level = \(level) AND index = \(index)")
            }
        }
        try session.executeScript(statements.joined(separator: ";"))
    }

    @Test func `untouched ledgers of any size are never accused`() async throws {
        try await withLedger { ledger in
            var signed: [Checkpoint] = []
            for number in 0..<70 {
                let found = try await ledger.pool.run { [signed] session in try Self.audit(signed, session) }
                #expect(found.fault == nil && !found.isFork, "\(number) events")
                signed.append(try await ledger.pool.run { session in try AuditedHead.read(session).checkpoint })
                try await ledger.log.append([recorded(try sampleRow("u\(number)"))], runID: UniqueID(high: 1, low: 2))
            }
        }
    }
}
