import Events
public import PostgresStore
import Projections
import Rules
public import Values

/// What an audit that found nothing wrong leaves for a later one, which then folds only what came since.
///
/// Secret: with its key, tables could be altered so that the sums stay what they are.
public struct AuditRecord: Sendable, Equatable {
    public let ledgerID: UniqueID
    /// How many events the log had.
    public let position: Int64
    /// Of the log's tree.
    public let root: Digest32
    /// Of the last event; nil for an empty log.
    public let recordedAt: Instant?
    /// Of the tallies.
    let key: TallyKey
    public let projections: [RecordedVersion]

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

    /// The same with some of its versions.
    func with(_ projections: [RecordedVersion]) -> AuditRecord {
        AuditRecord(
            ledgerID: ledgerID, position: position, root: root, recordedAt: recordedAt, key: key, projections: projections)
    }

    /// What it says of the log.
    public var head: String { "\(position) events\(recordedAt.map { " up to \($0)" } ?? "")" }
}
