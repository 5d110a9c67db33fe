import LedgerEvents

/// The events that stored facts refer to, by position.
public struct ReferredEvents: Sendable {
    private let events: [Int64: DecodedEvent]

    public static let none = ReferredEvents([])

    public init(_ events: [DecodedEvent]) {
        self.events = Dictionary(events.map { ($0.record.position, $0) }) { first, _ in first }
    }

    /// The event at a position; throws `RowProblem` if it was not given.
    public func event(at position: Int64) throws(RowProblem) -> DecodedEvent {
        guard let event = events[position] else {
            throw RowProblem(description: "stored facts refer to event \(position), which was not read")
        }
        return event
    }
}
