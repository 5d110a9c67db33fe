public import Events
public import Values

/// An observation, encoded and hashed once, ready for comparison and appending.
public struct EncodedObservation: Sendable {
    public let kind: MarketKind
    /// See ``Streams/market(kind:subject:identifyingDigest:)``.
    public let stream: String
    public let identifyingDigest: Digest32
    /// The canonical JSON of the payload.
    public let payload: [UInt8]
    /// The SHA-256 of ``payload``. Two observations of a stream are the same if their digests are.
    public let contentDigest: Digest32
    public let timestamp: Instant

    public init(_ observation: MarketObservedPayload) {
        kind = observation.kind
        identifyingDigest = observation.identifyingDigest
        stream = Streams.market(
            kind: observation.kind.rawValue, subject: observation.subject, identifyingDigest: identifyingDigest)
        payload = observation.encode()
        contentDigest = Digest32(sha256Of: payload)
        timestamp = observation.timestamp
    }

    /// `MarketObserved` after the given version of its stream (0 for the first observation).
    public func event(previousVersion: Int64) -> NewEvent {
        NewEvent(
            .marketObserved,
            identity: Identity.marketObserved(
                kind: kind.rawValue, identifyingDigest: identifyingDigest, previous: previousVersion,
                digest: contentDigest),
            stream: stream, effectiveAt: timestamp, payload: payload, expectedVersion: previousVersion)
    }
}
