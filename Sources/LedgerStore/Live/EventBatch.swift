import LedgerEvents
import LedgerPostgres
import LedgerProjections
import LedgerValues

/// Events that were read and decoded once for several projections.
struct EventBatch: Sendable {
    let from: Int64
    /// The last position of the batch. Every event up to it is in the batch, or has a type that no projection consumes.
    let reached: Int64
    /// Whether the log, up to the requested last position, continued after this batch when it was read.
    let isFollowed: Bool
    let events: [ReadEvent]
    /// The leaf at ``reached``; for a part of a batch, the leaf at the end of the whole batch. The events are the log's
    /// only if the log has this leaf.
    let leaf: ReadLeaf

    /// Reads the events at the `limit` positions after `position`, up to `last` and the head, in one round trip; nil if
    /// there are no such positions.
    static func read(
        after position: Int64, upTo last: Int64, limit: Int, _ decoder: EventDecoder, _ session: PostgresSession
    ) throws -> EventBatch? {
        if last <= position { return nil }
        let limit = min(Int64(limit), last - position)
        let (head, leaf, records) = try LogReader().headAndEvents(
            after: position, types: decoder.types, limit: Int(limit), session)
        if head <= position { return nil }
        guard let leaf else { throw LedgerError.corrupt(position: min(head, position + limit), problem: "the event is missing") }
        let reached = leaf.position
        return EventBatch(
            from: position, reached: reached, isFollowed: reached < min(head, last),
            events: records.lazy.filter { $0.position <= reached }.compactMap(decoder.read), leaf: leaf)
    }

    /// The part of the batch before a position.
    func before(_ position: Int64) -> EventBatch {
        EventBatch(
            from: from, reached: position - 1, isFollowed: true,
            events: events.filter { $0.position < position }, leaf: leaf)
    }
}
