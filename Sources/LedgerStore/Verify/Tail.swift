import LedgerEvents
import LedgerPostgres
import LedgerProjections

/// The part of a version's log that an earlier comparison has not seen: the events after the recorded position.
struct Tail {
    let recorded: RecordedVersion
    /// The entities that its events touch.
    private var touched: Set<RowKey> = []
    /// The hashes of their keys, by which most other entities are told apart without their keys.
    private var hashes: Set<UInt64> = []

    /// Whether its events touch the entity of a stored version.
    func touches(_ row: StoredVersions.Row) throws -> Bool { try hashes.contains(row.entityHash) && touched.contains(row.entity()) }

    /// The tails of some versions, nil for a version without a fitting record. Reads the events after the earliest
    /// recorded position once for all versions.
    static func all(
        of versions: [(definition: ProjectionDefinition, version: ProjectionVersion)], since recorded: [RecordedVersion],
        _ session: PostgresSession
    ) throws -> [Tail?] {
        var tails = versions.map { asked in
            recorded.first { $0.isContinued(by: asked.definition, asked.version) }.map { Tail(recorded: $0) }
        }
        let begun = versions.indices.filter { index in
            tails[index].map { $0.recorded.position < versions[index].version.position } ?? false
        }
        guard let first = begun.compactMap({ tails[$0]?.recorded.position }).min(),
            let last = begun.map({ versions[$0].version.position }).max()
        else { return tails }
        let decoder = EventDecoder(begun.map { versions[$0].definition })
        let texts = TextPool()
        var chunk = EventChunk()
        func note() {
            for event in chunk.decode(decoder, texts) {
                for index in begun where event.position <= versions[index].version.position {
                    tails[index]?.note(event, versions[index].definition)
                }
            }
            chunk = EventChunk()
        }
        try EventChunk.forEach(after: first, upTo: last, decoder, session) { row, payloads in
            try chunk.add(row, payloads, decoder)
            if chunk.isFull { note() }
        }
        note()
        return tails
    }

    /// Records the entities that an event touches. An event that can't be folded touches nothing, because the fold
    /// stops at it.
    private mutating func note(_ read: ReadEvent, _ definition: ProjectionDefinition) {
        guard read.position > recorded.position, let event = try? definition.event(read),
            let entities = try? definition.entities(touchedBy: event)
        else { return }
        for entity in entities where touched.insert(entity).inserted { hashes.insert(entity.stableHash) }
    }
}
