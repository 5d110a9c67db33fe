package import LedgerEvents

extension BackfillCompletedPayload: CodedPayload {
    package static let type = EventType.backfillCompleted

    package func event() -> NewEvent {
        NewEvent(
            Self.type, identity: Identity.backfillCompleted(runID: runID), stream: Streams.backfill(kind: kind), payload: encode())
    }
}
