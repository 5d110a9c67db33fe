package import LedgerEvents

extension ReportPublishedPayload: CodedPayload {
    package static let type = EventType.reportPublished

    /// `ReportPublished`: the only event of its stream. Whoever publishes the same manifest again adds nothing.
    package func event() -> NewEvent {
        NewEvent(
            .reportPublished, identity: Identity.reportPublished(manifest: manifestDigest),
            stream: Streams.report(manifest: manifestDigest), effectiveAt: asOf, payload: encode(), expectedVersion: 0)
    }
}
