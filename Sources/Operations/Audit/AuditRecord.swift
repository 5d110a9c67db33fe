import LedgerEvents
import LedgerProjections
import LedgerRules
package import LedgerStore
package import LedgerValues

/// The result of a successful audit. A later audit that relies on it folds only the events since.
///
/// It must stay secret: whoever has its key could alter tables in such a way that the sums stay the same.
package struct AuditRecord: Sendable, Equatable {
    package let ledgerID: UniqueID
    /// The number of events in the log.
    package let position: Int64
    /// The root of the log's tree.
    package let root: Digest32
    /// The `recorded_at` of the last event. Nil for an empty log.
    package let recordedAt: Instant?
    /// The key of the tallies.
    let key: TallyKey
    package let projections: [RecordedVersion]

    init(
        ledgerID: UniqueID, position: Int64, root: Digest32, recordedAt: Instant?, key: TallyKey, projections: [RecordedVersion]
    ) {
        self.ledgerID = ledgerID
        self.position = position
        self.root = root
        self.recordedAt = recordedAt
        self.key = key
        self.projections = projections
    }

    /// The same record with only the given versions.
    func with(_ projections: [RecordedVersion]) -> AuditRecord {
        AuditRecord(
            ledgerID: ledgerID, position: position, root: root, recordedAt: recordedAt, key: key, projections: projections)
    }

    /// The record's statement about the log.
    package var head: String { "\(position) events\(recordedAt.map { " up to \($0)" } ?? "")" }
}
