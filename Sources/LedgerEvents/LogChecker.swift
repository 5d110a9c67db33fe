public import LedgerMerkle
public import LedgerValues

/// The first fault of a log.
public struct LogFault: Sendable, Equatable {
    public let position: Int64
    public let problem: String

    public init(position: Int64, problem: String) {
        self.position = position
        self.problem = problem
    }
}

/// Checks a log event by event, from position 1 on: positions and stream versions without gaps, `recorded_at` never
/// going back, each leaf hash. It grows the Merkle tree over the recomputed leaves.
///
/// The checker trusts no claim about an event. Its memory is the streams' names and a frontier.
public struct LogChecker {
    /// The position of the last event in order; 0 before the first event.
    public private(set) var position: Int64 = 0
    /// The transaction time of the last event in order.
    public private(set) var recordedAt = Instant.minimum
    /// The tree over the events in order.
    public private(set) var tree = MerkleFrontier()
    /// The leaf of the most recently checked event.
    public private(set) var leaf = LeafBuffer()
    private var streams = StreamVersions()

    public init() {}

    /// Checks the next event and returns its fault, or nil. A fault ends the check: later events mean nothing.
    ///
    /// - Parameters:
    ///   - event: the event after the last one that was checked.
    ///   - completed: receives each subtree of the tree that the event completes.
    public mutating func check(
        _ event: EventBytes, completed: (_ level: Int, _ index: Int64, _ node: Digest32) -> Void = { _, _, _ in }
    ) -> LogFault? {
        guard event.position == position + 1 else {
            return LogFault(position: position + 1, problem: "the event is missing")
        }
        leaf.fill(event)
        let hash = leaf.hash
        if hash != event.leafHash {
            return LogFault(
                position: event.position,
                problem: "the leaf hash does not match the row: a column was altered after it was appended")
        }
        let (version, place) = streams.last(event.stream)
        if event.streamVersion != version + 1 {
            let name = String(decoding: event.stream, as: UTF8.self)
            return LogFault(
                position: event.position,
                problem: "stream \(name) is at version \(event.streamVersion) where \(version + 1) was due")
        }
        if event.recordedAt < recordedAt {
            return LogFault(
                position: event.position, problem: "recorded_at \(event.recordedAt) lies before the previous event's")
        }
        streams.set(event.streamVersion, at: place)
        position = event.position
        recordedAt = event.recordedAt
        tree.append(hash, completed: completed)
        return nil
    }
}
