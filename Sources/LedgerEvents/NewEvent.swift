public import LedgerValues

/// An event to append.
public struct NewEvent: Sendable, Equatable {
    /// The identity, which makes a repeated append the same event; see ``Identity``.
    public let identity: String
    /// The UUIDv5 of the identity.
    public let eventID: UniqueID
    /// The stream to append to.
    public let stream: String
    public let type: EventType
    /// The version of the payload's schema, from 1.
    public let schemaVersion: Int
    /// The valid time; nil if the event has none.
    public let effectiveAt: Instant?
    /// The payload in canonical JSON: exactly the bytes that are stored and hashed.
    public let payload: [UInt8]
    /// The stream version that the append expects: 0 for a stream without events, nil for any version.
    public let expectedVersion: Int64?
    /// Whether the payload comes from one of the typed encoders, and so matches its schema by construction. Any other
    /// payload is checked when it is appended.
    public let isTyped: Bool

    /// Makes an event whose payload came from outside or was built by hand.
    public init(
        identity: String, stream: String, type: EventType, schemaVersion: Int = 1, effectiveAt: Instant? = nil,
        payload: [UInt8], expectedVersion: Int64? = nil
    ) {
        self.init(
            identity: identity, stream: stream, type: type, schemaVersion: schemaVersion, effectiveAt: effectiveAt,
            payload: payload, expectedVersion: expectedVersion, isTyped: false)
    }

    init(
        identity: String, stream: String, type: EventType, schemaVersion: Int, effectiveAt: Instant?,
        payload: [UInt8], expectedVersion: Int64?, isTyped: Bool
    ) {
        self.identity = identity
        eventID = Identity.eventID(of: identity)
        self.stream = stream
        self.type = type
        self.schemaVersion = schemaVersion
        self.effectiveAt = effectiveAt
        self.payload = payload
        self.expectedVersion = expectedVersion
        self.isTyped = isTyped
    }
}

extension NewEvent {
    /// Makes an event from a typed payload.
    package init(
        _ type: EventType, schemaVersion: Int = 1, identity: String, stream: String, effectiveAt: Instant? = nil,
        payload: [UInt8], expectedVersion: Int64? = nil
    ) {
        self.init(
            identity: identity, stream: stream, type: type, schemaVersion: schemaVersion, effectiveAt: effectiveAt,
            payload: payload, expectedVersion: expectedVersion, isTyped: true)
    }
}
