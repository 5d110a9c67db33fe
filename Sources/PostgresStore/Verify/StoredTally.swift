import Events
import Postgres
import Projections

/// What the tables of a version come to, read once: the tally of all that they hold and, if something is recorded of them, of
/// all that they held as of then, with the entities that were touched since as they were.
struct StoredTally {
    private(set) var now: VersionTally
    private var then: VersionTally
    private var entities: [RowKey: StandingEntity] = [:]
    private let recorded: RecordedVersion?

    init(
        of version: ProjectionVersion, _ definition: ProjectionDefinition, _ key: TallyKey, _ tail: Tail?, _ session: PostgresSession
    ) throws {
        now = VersionTally(key)
        then = VersionTally(key)
        recorded = tail?.recorded
        for table in StoredVersions.all(of: version, definition) {
            try table.forEach(session) { row in
                let entity = try row.entity()
                let bucket = VersionTally.bucket(of: entity)
                let weight = now.weight(of: row.digest)
                now.add(weight, bucket: bucket)
                guard let tail, row.digest.from <= tail.recorded.position else { return }
                let digest = row.digest.asOf(tail.recorded.position)
                then.add(digest == row.digest ? weight : then.weight(of: digest), bucket: bucket)
                guard digest.to == nil, tail.touched.contains(entity) else { return }
                entities[entity, default: StandingEntity()].add(row.kind, try row.key(), document: row.documentDigest, digest)
                if row.kind == .facts || definition.rowsAreFacts { entities[entity]?.factsDocument = try row.document() }
            }
        }
    }

    /// Where a fold may begin: after what is recorded, if the tables still held just that as of then; nil if not.
    ///
    /// The recorded sums vouch for the entities that come from the tables: with other ones there would be other sums.
    var start: FoldStart? {
        guard let recorded, then == recorded.tally else { return nil }
        return FoldStart(after: recorded.position, recorded.tally, entities)
    }
}
