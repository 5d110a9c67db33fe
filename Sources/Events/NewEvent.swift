public import Values

/// An event that is to be appended.
public struct NewEvent: Sendable, Equatable {
    /// What makes it the same event when it is appended again; see ``Identity``.
    public let identity: String
    /// The UUIDv5 of the identity.
    public let eventID: UniqueID
    /// See ``Streams``.
    public let stream: String
    public let type: EventType
    /// The version of the payload's schema, from 1.
    public let schemaVersion: Int
    /// When it holds in the world; nil where it has no such time.
    public let effectiveAt: Instant?
    /// Canonical JSON: exactly the bytes that are stored and hashed.
    public let payload: [UInt8]
    /// The stream's version that the append expects, 0 for a stream without events; nil for any.
    public let expectedVersion: Int64?
    /// Whether the payload comes from one of this module's typed encoders and so matches its schema by
    /// construction; any other payload is to be checked when it is appended.
    public let isTyped: Bool

    /// An event whose payload came from outside, or was put together by hand.
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
    /// An event from a typed payload.
    package init(
        _ type: EventType, schemaVersion: Int = 1, identity: String, stream: String, effectiveAt: Instant? = nil,
        payload: [UInt8], expectedVersion: Int64? = nil
    ) {
        self.init(
            identity: identity, stream: stream, type: type, schemaVersion: schemaVersion, effectiveAt: effectiveAt,
            payload: payload, expectedVersion: expectedVersion, isTyped: true)
    }
}
