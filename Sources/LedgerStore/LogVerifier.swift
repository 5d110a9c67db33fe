public import LedgerEvents
import LedgerMerkle
public import LedgerPostgres
public import LedgerValues

/// The result of a verification.
public struct LogVerification: Sendable, Equatable {
    /// The number of verified events; without a fault it is the head's position.
    public let size: Int64
    /// The root over the recomputed leaves; nil if there is a fault.
    public let root: Digest32?
    public let fault: LogFault?
}

/// Recomputes everything that the log claims, from the stored columns alone: positions without gaps, stream
/// versions without gaps, the order of `recorded_at`, each leaf hash, each stored tree node, and the head.
///
/// It trusts no stored hash. It reads in ranges, so its memory is the nodes of a range and the streams' names.
public struct LogVerifier: Sendable {
    static let rangeSize: Int64 = 1 << 17

    public init() {}

    /// Verifies the whole log.
    ///
    /// - Parameters:
    ///   - session: a session on the ledger's database.
    ///   - progress: called after each range with the position reached and the head's position.
    public func verify(_ session: PostgresSession, progress: (Int64, Int64) -> Void = { _, _ in }) throws
        -> LogVerification
    {
        let head = try LogReader().head(session)
        var checker = LogChecker()
        var fault: LogFault?
        while checker.position < head.position, fault == nil {
            let first = checker.position
            let last = min(first + Self.rangeSize, head.position)
            var nodes = CompletedNodes(first: first, last: last)
            do {
                try LogReader().forEachBytes(after: first, upTo: last, session) { event in
                    if let found = checker.check(event, completed: { nodes.append($0, $2) }) { throw Stop(fault: found) }
                }
                if checker.position < last {
                    fault = LogFault(position: checker.position + 1, problem: "the event is missing")
                } else {
                    fault = try nodes.fault(session)
                }
            } catch let stop as Stop {
                fault = stop.fault
            } catch LedgerError.corrupt(let position, let problem) {
                fault = LogFault(position: position, problem: problem)
            }
            progress(checker.position, head.position)
        }
        if fault == nil { fault = try faultBeyond(head, checker.recordedAt, session) }
        return LogVerification(size: checker.position, root: fault == nil ? checker.tree.root : nil, fault: fault)
    }

    /// Ends a stream of rows at the first fault.
    private struct Stop: Error {
        let fault: LogFault
    }

    /// The fault of events beyond the head, or of the head's own row.
    private func faultBeyond(_ head: LogHead, _ recordedAt: Instant, _ session: PostgresSession) throws -> LogFault? {
        if head.position > 0, head.recordedAt != recordedAt {
            return LogFault(position: head.position, problem: "the head's recorded_at is not that of its event")
        }
        // The head may have moved in the meantime: only events beyond the current head are foreign.
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
