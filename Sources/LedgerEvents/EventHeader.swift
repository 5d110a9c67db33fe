public import LedgerValues

/// An event's columns without its payload and its hash.
public struct EventHeader: Sendable, Equatable {
    /// Gapless, from 1.
    public let position: Int64
    public let eventID: UniqueID
    public let stream: String
    /// Gapless inside the stream, from 1.
    public let streamVersion: Int64
    /// The stored name of the type.
    public let type: String
    public let schemaVersion: Int
    /// The transaction time.
    public let recordedAt: Instant
    /// The valid time; nil if the event has none.
    public let effectiveAt: Instant?
    /// The run that appended the event.
    public let runID: UniqueID

    public init(
        position: Int64, eventID: UniqueID, stream: String, streamVersion: Int64, type: String, schemaVersion: Int,
        recordedAt: Instant, effectiveAt: Instant?, runID: UniqueID
    ) {
        self.position = position
        self.eventID = eventID
        self.stream = stream
        self.streamVersion = streamVersion
        self.type = type
        self.schemaVersion = schemaVersion
        self.recordedAt = recordedAt
        self.effectiveAt = effectiveAt
        self.runID = runID
    }
}
