package import LedgerEvents
import LedgerJSON
package import LedgerValues

/// The payload of `BackfillCompleted`: what a real backfill did that appended something, and who started it.
package struct BackfillCompletedPayload: EventPayload, CodedFields {
    package init() {}

    /// Who started the run; see ``RunActor``.
    package var actor = ""
    /// `context`, `benchmarks` or `marks`.
    package var kind = ""
    package var runID = UniqueID(high: 0, low: 0)
    /// The stamps, benchmarks or marks that were wanted.
    package var asked: Int64 = 0
    package var appended: Int64 = 0
    package var unchanged: Int64 = 0
    package var refreshed: Int64 = 0
    /// The answers with a failed look-up.
    package var failed: Int64 = 0
    /// The requests sent to a vendor.
    package var calls: Int64 = 0
    package var startedAt = Instant.minimum
    package var finishedAt = Instant.minimum

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.text("actor", &actor)
        try fields.integer("appended", &appended)
        try fields.integer("asked", &asked)
        try fields.integer("calls", &calls)
        try fields.integer("failed", &failed)
        try fields.instant("finished_at", &finishedAt)
        try fields.text("kind", &kind)
        try fields.integer("refreshed", &refreshed)
        try fields.uniqueID("run_id", &runID)
        try fields.instant("started_at", &startedAt)
        try fields.integer("unchanged", &unchanged)
    }

    /// The canonical JSON of the payload.
    package func encode() -> [UInt8] { FieldCoder.node(self).canonicalBytes() }

    package init(decoding payload: [UInt8]) throws(PayloadError) {
        self = try FieldCoder.object(try PayloadReader.document(payload), "")
    }

    package func event() -> NewEvent {
        NewEvent(
            .backfillCompleted, identity: Identity.backfillCompleted(runID: runID), stream: Streams.backfill(kind: kind),
            payload: encode())
    }
}
