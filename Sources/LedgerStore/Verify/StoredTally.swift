import LedgerEvents
import LedgerPostgres
import LedgerProjections

/// The tallies of a version's tables, read once: the tally of everything they hold now and, if there is a record of
/// them, the tally of everything they held as of the record. It also keeps the entities touched since the record, as
/// they were then, and the digest of the current rows, which a fold from the record does not hold.
struct StoredTally {
    private(set) var now: VersionTally
    /// The digest and the number of the current rows; nil if there is no record.
    private(set) var current: (digest: String, rows: Int)?
    private var then: VersionTally
    private var entities: [RowKey: StandingEntity] = [:]
    private let recorded: RecordedVersion?

    init(
        of version: ProjectionVersion, _ definition: ProjectionDefinition, _ key: TallyKey, _ tail: Tail?, _ session: PostgresSession
    ) throws {
        now = VersionTally(key)
        then = VersionTally(key)
        recorded = tail?.recorded
        var digest = RowDigest(definition.columns)
        for table in StoredVersions.all(of: version, definition) {
            func add(_ row: StoredVersions.Row) throws {
                let weight = now.weight(of: row.digest)
                now.add(weight, bucket: row.bucket)
                guard let tail, row.digest.from <= tail.recorded.position else { return }
                let digest = row.digest.asOf(tail.recorded.position)
                then.add(digest == row.digest ? weight : then.weight(of: digest), bucket: row.bucket)
                guard digest.to == nil, try tail.touches(row) else { return }
                let entity = try row.entity()
                entities[entity, default: StandingEntity()].add(row.kind, try row.key(), document: row.documentDigest, digest)
                if row.kind == .facts || definition.rowsAreFacts { entities[entity]?.factsDocument = try row.document() }
            }
            guard tail != nil, table.kind == .row else {
                try table.forEach(session, .all, add)
                continue
            }
            try table.forEach(session, .current(at: version.position)) { row in
                try row.withDocument { try digest.add($0) }
                try add(row)
            }
            try table.forEach(session, .notCurrent(at: version.position), add)
        }
        if tail != nil { current = (digest.finish(), digest.rows) }
        let facts = entities.filter { $0.value.factsDocument != nil }.sorted { $0.key < $1.key }
        for (entity, events) in zip(facts, try LogReader().referred(by: facts.map(\.value.factsDocument), definition, session)) {
            entities[entity.key]?.referred = events
        }
    }

    /// The start of a fold: after the record, if the tables still held exactly what was recorded as of then; otherwise
    /// nil.
    ///
    /// The recorded sums vouch for the entities read from the tables: other entities would give other sums.
    var start: FoldStart? {
        guard let recorded, then == recorded.tally else { return nil }
        return FoldStart(after: recorded.position, recorded.tally, entities)
    }
}
