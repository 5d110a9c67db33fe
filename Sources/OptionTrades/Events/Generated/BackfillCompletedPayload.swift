// Made by `swift run payload-generator` from schema/events/BackfillCompleted.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerValues

/// The payload of `BackfillCompleted`: what a real backfill did that appended something, and who started it.
package struct BackfillCompletedPayload: CodedFields {
    /// `actor`: Who started the run: the name of a key, `cli` or `schedule`.
    package var actor: String = ""
    /// `appended`: The events that the run appended before this one.
    package var appended: Int64 = 0
    /// `asked`: The stamps, benchmarks or marks that were wanted.
    package var asked: Int64 = 0
    /// `calls`: The requests sent to a vendor.
    package var calls: Int64 = 0
    /// `failed`: The answers with a failed look-up.
    package var failed: Int64 = 0
    /// `finished_at`
    package var finishedAt: Instant = .minimum
    /// `kind`
    package var kind: String = ""
    /// `refreshed`: Marks without a new look-up whose spot or realized vol has changed.
    package var refreshed: Int64 = 0
    /// `run_id`
    package var runID = UniqueID(high: 0, low: 0)
    /// `started_at`
    package var startedAt: Instant = .minimum
    /// `unchanged`: Answers whose content equals the latest of their stream.
    package var unchanged: Int64 = 0

    package init() {}

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
}

extension BackfillCompletedPayload: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: BackfillCompletedPayload, right: BackfillCompletedPayload) -> Bool {
        guard left.appended == right.appended,
            left.asked == right.asked,
            left.calls == right.calls,
            left.failed == right.failed,
            left.finishedAt == right.finishedAt,
            left.refreshed == right.refreshed,
            left.runID == right.runID,
            left.startedAt == right.startedAt,
            left.unchanged == right.unchanged,
            left.actor.isBytewiseEqual(to: right.actor),
            left.kind.isBytewiseEqual(to: right.kind)
        else { return false }
        return true
    }
}
