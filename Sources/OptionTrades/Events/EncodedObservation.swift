package import LedgerEvents
package import LedgerValues

/// An observation, encoded and hashed once, ready for comparison and appending.
package struct EncodedObservation: Sendable {
    package let kind: MarketKind
    /// See ``Streams/market(kind:subject:identifyingDigest:)``.
    package let stream: String
    package let identifyingDigest: Digest32
    /// The canonical JSON of the payload.
    package let payload: [UInt8]
    /// The SHA-256 of the content. Two observations of a stream are the same if their digests are.
    package let contentDigest: Digest32
    package let timestamp: Instant

    package init(_ observation: MarketObservedPayload) {
        kind = observation.kind
        identifyingDigest = observation.identifyingDigest
        stream = Streams.market(
            kind: observation.kind.rawValue, subject: observation.subject, identifyingDigest: identifyingDigest)
        payload = observation.encode()
        contentDigest = observation.contentDigest
        timestamp = observation.timestamp
    }

    /// `MarketObserved` after the given version of its stream (0 for the first observation).
    package func event(previousVersion: Int64) -> NewEvent {
        NewEvent(
            .marketObserved, schemaVersion: kind.schemaVersion,
            identity: Identity.marketObserved(
                kind: kind.rawValue, identifyingDigest: identifyingDigest, previous: previousVersion,
                digest: contentDigest),
            stream: stream, effectiveAt: timestamp, payload: payload, expectedVersion: previousVersion)
    }
}
