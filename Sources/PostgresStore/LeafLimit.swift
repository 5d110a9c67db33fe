import Events
import Values

/// How long a leaf may be (docs/contract/event-log.md, "Limits"): an entry bundle writes its length in two bytes.
public enum LeafLimit {
    public static let bytes = 65_535

    /// What an event's leaf takes besides payload, stream and type, at most.
    private static let others = 448

    /// The length of an event's longest possible leaf, if that is more than a leaf may have.
    ///
    /// Position, time and, unless the event names it, stream version are those that take most bytes: an event that is refused
    /// is refused whenever it comes.
    static func excess(_ event: NewEvent) -> Int? {
        // A byte of a name takes six where it is escaped.
        if event.payload.count + 6 * (event.stream.utf8.count + event.type.rawValue.utf8.count) + others <= bytes { return nil }
        let length = RecordedEvent.leafBytes(
            position: .max, eventID: event.eventID, stream: event.stream,
            streamVersion: event.expectedVersion.map { $0 + 1 } ?? .max, type: event.type.rawValue,
            schemaVersion: event.schemaVersion, recordedAt: longestInstant, effectiveAt: event.effectiveAt,
            runID: event.eventID, payload: event.payload
        ).count
        return length > bytes ? length : nil
    }

    /// One with all six digits of its fraction.
    private static let longestInstant = Instant(microseconds: 1) ?? .minimum
}
