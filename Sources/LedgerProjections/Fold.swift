public import LedgerEvents
import LedgerValues

/// A projection's live fold over batches of events, independent of the type of its facts.
public protocol Fold: AnyObject {
    /// The entities that the event touches and that are not loaded yet.
    func missingEntities(for event: DecodedEvent) throws(PoisonEvent) -> [RowKey]
    /// Loads an entity with its current facts, or nil if it has no facts, and the events that these refer to.
    func load(_ entity: RowKey, facts document: [UInt8]?, referring events: ReferredEvents) throws
    /// Folds one event. Throws `PoisonEvent` if the event can't be folded; the fold is unusable afterwards.
    func apply(_ event: DecodedEvent) throws(PoisonEvent)
    /// Returns the changes since the last call.
    func takeChanges() -> FoldChanges
    /// Forgets the least recently touched entities if the documents of all entities exceed a number of bytes. It never
    /// forgets an entity touched by the batch whose changes were taken last.
    func forget(beyond bytes: Int)
}

extension Fold {
    /// Loads an entity whose facts refer to no event.
    public func load(_ entity: RowKey, facts document: [UInt8]?) throws { try load(entity, facts: document, referring: .none) }
}

/// Keeps the documents of the current versions, and collects what a batch changes.
private struct LiveVersions: VersionStrategy {
    struct Version {
        let key: RowKey
        let document: [UInt8]
        /// The index among the changes if this batch made the version; otherwise nil.
        var made: Int?
    }

    var changes = FoldChanges()
    /// The versions of the entity in hand, after the event.
    private var next: [Version] = []

    /// Puts the versions after the event in place of those before it.
    mutating func take(_ versions: inout [Version]) {
        versions.removeAll(keepingCapacity: true)
        versions.append(contentsOf: next)
        next.removeAll(keepingCapacity: true)
    }

    func document(_ bytes: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> { bytes }

    func count(of versions: [Version]) -> Int { versions.count }

    func find(_ kind: DocumentKind, _ key: RowKey, in versions: [Version], from index: Int) -> (index: Int, isThere: Bool) {
        key.place(from: index, to: versions.count) { versions[$0].key }
    }

    func isCurrent(_ document: UnsafeBufferPointer<UInt8>, _ index: Int, of versions: [Version]) -> Bool {
        let current = versions[index].document
        return document.span.isBytewiseEqual(to: current.span)
    }

    mutating func keep(_ index: Int, of versions: [Version]) { next.append(versions[index]) }

    mutating func end(_ kind: DocumentKind, _ index: Int, of versions: [Version], at position: Int64) {
        changes[kind].end(versions[index].key, madeAt: versions[index].made, at: position)
    }

    mutating func begin(
        _ kind: DocumentKind, _ row: RowWriter.Place, _ document: UnsafeBufferPointer<UInt8>, from origin: VersionOrigin
    ) {
        let bytes = Array(document)
        let made = changes[kind].make(row.key, bytes, row.stored, origin)
        next.append(Version(key: row.key, document: bytes, made: made))
    }
}

/// The live fold of one projection. It holds the entities loaded for a batch and tracks every version that the batch makes.
/// An event that touches an entity that is not loaded stops the projection.
final class ProjectionFold<P: Projection>: Fold {
    /// One entity with its facts and its current versions.
    private final class Entity {
        var facts: P.Facts?
        var rows: [LiveVersions.Version] = []
        /// The version of the facts' own document, if there is one and it is stored apart.
        var ownFacts: [LiveVersions.Version] = []
        /// The number of the last batch that touched the entity. Versions made by an earlier batch are in the table.
        var batch = 0
        /// The number of bytes of its documents at the last count.
        var bytes = 0

        /// Marks the entity as touched by a batch; true if the batch touches it for the first time.
        func enter(_ batch: Int) -> Bool {
            if self.batch == batch { return false }
            self.batch = batch
            for index in rows.indices { rows[index].made = nil }
            for index in ownFacts.indices { ownFacts[index].made = nil }
            return true
        }

        var documentBytes: Int {
            rows.reduce(0) { $0 + $1.document.count } + ownFacts.reduce(0) { $0 + $1.document.count }
        }
    }

    /// The bytes that an entity counts for in addition to its documents.
    private static var entityOverhead: Int { 512 }

    private let projection: P
    private var entities: [RowKey: Entity] = [:]
    /// The entities that the batch has touched, each once.
    private var touched: [Entity] = []
    private var bytes = 0
    private var versions = LiveVersions()
    private var documents = EntityDocuments()
    private var batch = 1

    /// The number of parts of an entity's key.
    private let entityParts: Int

    init(_ projection: P, entityParts: Int) {
        self.projection = projection
        self.entityParts = entityParts
    }

    func missingEntities(for event: DecodedEvent) throws(PoisonEvent) -> [RowKey] {
        let missing = try projection.touched(by: event).filter { entities[$0] == nil }
        for key in missing where key.parts.count != entityParts {
            throw PoisonEvent(
                position: event.record.position,
                problem: "the entity \(key) has \(key.parts.count) parts, but `columns.json` gives an entity \(entityParts) columns")
        }
        return missing
    }

    func load(_ key: RowKey, facts document: [UInt8]?, referring events: ReferredEvents) throws {
        let entity = Entity()
        if let document {
            entity.facts = try projection.facts(from: document, referring: events)
            documents.write(entity.facts, of: key, projection)
            documents.withBytes { bytes in
                entity.rows = documents.places[.row].map {
                    LiveVersions.Version(key: $0.key, document: Array(bytes[$0.document]), made: nil)
                }
            }
            if !P.rowsAreFacts { entity.ownFacts = [LiveVersions.Version(key: key, document: document, made: nil)] }
        }
        entities[key] = entity
    }

    func apply(_ event: DecodedEvent) throws(PoisonEvent) {
        let position = event.record.position
        for key in try projection.touched(by: event) {
            guard let entity = entities[key] else { throw PoisonEvent(position: position, problem: "\(key) was not loaded") }
            if entity.enter(batch) { touched.append(entity) }
            try projection.fold(event, into: &entity.facts, of: key)
            documents.write(entity.facts, of: key, projection)
            let places = documents.places
            documents.withBytes { bytes in
                versions.replace(.row, entity.rows, by: places[.row], in: bytes, at: position)
                versions.take(&entity.rows)
                versions.replace(.facts, entity.ownFacts, by: places[.facts], in: bytes, at: position)
                versions.take(&entity.ownFacts)
            }
        }
    }

    func takeChanges() -> FoldChanges {
        let taken = versions.changes
        versions.changes = FoldChanges()
        batch += 1
        return taken
    }

    func forget(beyond limit: Int) {
        for entity in touched {
            let held = P.refersToEvents ? entity.facts.map(projection.heldBytes) ?? 0 : 0
            let size = entity.documentBytes + held + Self.entityOverhead
            bytes += size - entity.bytes
            entity.bytes = size
        }
        touched.removeAll(keepingCapacity: true)
        if bytes <= limit { return }
        // Forget down to half the limit, whole batches at a time, so that the next batches need not look again.
        var kept = 0
        var oldest = batch - 1
        for entity in entities.values.sorted(by: { $0.batch > $1.batch }) {
            kept += entity.bytes
            if kept > limit / 2 && entity.batch < batch - 1 {
                oldest = entity.batch + 1
                break
            }
            oldest = entity.batch
        }
        entities = entities.filter { $0.value.batch >= oldest }
        bytes = entities.values.reduce(0) { $0 + $1.bytes }
    }
}
