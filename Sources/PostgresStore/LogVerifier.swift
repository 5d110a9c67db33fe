import Events
import MerkleLog
public import Postgres
public import Values

/// The first thing that is wrong with a log.
public struct LogFault: Sendable, Equatable {
    public let position: Int64
    public let problem: String
}

/// What a verification found.
public struct LogVerification: Sendable, Equatable {
    /// Events verified, which is the head's position where there is no fault.
    public let size: Int64
    /// The root over the recomputed leaves; nil where there is a fault.
    public let root: Digest32?
    public let fault: LogFault?
}

/// Recomputes everything that the log claims, from the stored columns alone: positions without gaps, stream
/// versions without gaps, the order of `recorded_at`, each leaf hash, each stored tree node, and the head.
///
/// Trusts no stored hash. Reads in ranges, so that its memory is one range and a number per stream.
public struct LogVerifier: Sendable {
    static let rangeSize: Int64 = 50_000

    public init() {}

    /// - Parameter progress: called after each range with the position reached and the head's.
    public func verify(_ session: PostgresSession, progress: (Int64, Int64) -> Void = { _, _ in }) throws
        -> LogVerification
    {
        let head = try LogReader().head(session)
        var state = State()
        while state.position < head.position, state.fault == nil {
            let last = min(state.position + Self.rangeSize, head.position)
            let first = state.position
            var nodes: [Place: Digest32] = [:]
            try LogReader().forEach(after: first, upTo: last, session) { event in state.check(event, &nodes) }
            if state.fault == nil, state.position < last {
                state.fault = LogFault(position: state.position + 1, problem: "the event is missing")
            }
            if state.fault == nil { state.fault = try fault(inNodes: nodes, from: first, to: last, session) }
            progress(state.position, head.position)
        }
        if state.fault == nil { state.fault = try faultBeyond(head, state, session) }
        return LogVerification(
            size: state.position, root: state.fault == nil ? state.tree.root : nil, fault: state.fault)
    }

    private struct Place: Hashable {
        let level: Int
        let index: Int64
    }

    private struct State {
        var position: Int64 = 0
        var recordedAt = Instant.minimum
        var streamVersions: [ByteKey: Int64] = [:]
        var tree = MerkleFrontier()
        var fault: LogFault?

        mutating func check(_ event: RecordedEvent, _ nodes: inout [Place: Digest32]) {
            if fault != nil { return }
            guard event.position == position + 1 else {
                fault = LogFault(position: position + 1, problem: "the event is missing")
                return
            }
            let hash = event.computedLeafHash()
            let key = ByteKey(event.stream)
            let expectedVersion = (streamVersions[key] ?? 0) + 1
            if hash != event.leafHash {
                fault = LogFault(
                    position: event.position,
                    problem: "the leaf hash does not match the row: a column was altered after it was appended")
            } else if event.streamVersion != expectedVersion {
                fault = LogFault(
                    position: event.position,
                    problem: "stream \(event.stream) is at version \(event.streamVersion) where \(expectedVersion) was due")
            } else if event.recordedAt < recordedAt {
                fault = LogFault(
                    position: event.position, problem: "recorded_at \(event.recordedAt) lies before the previous event's")
            }
            if fault != nil { return }
            position = event.position
            recordedAt = event.recordedAt
            streamVersions[key] = event.streamVersion
            tree.append(hash) { level, index, node in nodes[Place(level: level, index: index)] = node }
        }
    }

    /// Compares the stored nodes that the leaves of a range complete with the recomputed ones.
    private func fault(
        inNodes nodes: [Place: Digest32], from first: Int64, to last: Int64, _ session: PostgresSession
    ) throws -> LogFault? {
        let levels = (1...62).filter { first >> Int64($0) < last >> Int64($0) }
        let stored = try session.execute(
            """
            SELECT n.level::int, n.index, n.hash
            FROM unnest($1::int[], $2::bigint[], $3::bigint[]) AS r (level, low, high)
            JOIN ledger.merkle_nodes n ON n.level = r.level AND n.index >= r.low AND n.index < r.high
            """,
            [
                .int4Array(levels.map(Int32.init)), .int8Array(levels.map { first >> Int64($0) }),
                .int8Array(levels.map { last >> Int64($0) }),
            ])
        var missing = nodes
        var worst: LogFault?
        func note(_ place: Place, _ problem: String) {
            let position = (place.index + 1) << Int64(place.level)
            if worst.map({ position < $0.position }) ?? true {
                worst = LogFault(
                    position: position, problem: "tree node (level \(place.level), index \(place.index)): \(problem)")
            }
        }
        for row in stored {
            let place = Place(level: Int(try row.int4(0)), index: try row.int8(1))
            guard let expected = missing.removeValue(forKey: place) else { continue }
            if try row.bytea(2) != expected.bytes {
                note(place, "the stored hash is not that of the events: their hashes were rewritten, or the node was")
            }
        }
        for place in missing.keys { note(place, "it is not stored") }
        return worst
    }

    /// What lies beyond the head, and whether the head's own row agrees.
    private func faultBeyond(_ head: LogHead, _ state: State, _ session: PostgresSession) throws -> LogFault? {
        if head.position > 0, head.recordedAt != state.recordedAt {
            return LogFault(position: head.position, problem: "the head's recorded_at is not that of its event")
        }
        // The head may have moved on meanwhile: only what lies beyond the current one is foreign.
        let foreign = try session.execute(
            """
            SELECT min(e.position) FROM ledger.events e
            WHERE e.position > (SELECT position FROM ledger.head) OR e.position < 1
            """)
        if let position = try foreign[0].optionalInt8(0) {
            return LogFault(position: position, problem: "an event lies beyond the head: it was not appended by the service")
        }
        let node = try session.execute(
            """
            SELECT n.level::int, n.index FROM ledger.merkle_nodes n
            WHERE (n.index + 1) << n.level > (SELECT position FROM ledger.head)
            ORDER BY (n.index + 1) << n.level LIMIT 1
            """)
        if let row = node.first {
            let level = Int64(try row.int4(0))
            return LogFault(
                position: (try row.int8(1) + 1) << level,
                problem: "a tree node lies beyond the head: it was not appended by the service")
        }
        return nil
    }
}
