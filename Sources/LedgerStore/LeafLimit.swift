import LedgerEvents
import LedgerValues

/// How long a leaf may be (docs/contract/event-log.md, "Limits"): an entry bundle writes its length in two bytes.
public enum LeafLimit {
    /// The largest length of a leaf.
    public static let bytes = 65_535

    /// The largest number of bytes of a leaf apart from payload, stream and type.
    private static let others = 448

    /// The length of an event's longest possible leaf if it exceeds the limit; otherwise nil.
    ///
    /// The leaf is measured with the position, the time and (unless the event names it) the stream version that take
    /// the most bytes. An event that is refused is therefore refused whenever it comes.
    static func excess(_ event: NewEvent) -> Int? {
        // An escaped byte of a name takes six bytes.
        if event.payload.count + 6 * (event.stream.utf8.count + event.type.rawValue.utf8.count) + others <= bytes { return nil }
        let length = RecordedEvent.leafBytes(
            position: .max, eventID: event.eventID, stream: event.stream,
            streamVersion: event.expectedVersion.map { $0 + 1 } ?? .max, type: event.type.rawValue,
            schemaVersion: event.schemaVersion, recordedAt: longestInstant, effectiveAt: event.effectiveAt,
            runID: event.eventID, payload: event.payload
        ).count
        return length > bytes ? length : nil
    }

    /// An instant with all six digits of its fraction.
    private static let longestInstant = Instant(microseconds: 1) ?? .minimum
}
