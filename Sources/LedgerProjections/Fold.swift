public import LedgerEvents

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

/// The live fold of one projection. It holds the entities loaded for a batch and tracks every version that the batch makes.
/// An event that touches an entity that is not loaded stops the projection.
final class ProjectionFold<P: Projection>: Fold {
    /// One entity with its facts and its current documents.
    private final class Entity {
        var facts: P.Facts?
        var factsDocument: [UInt8]?
        var factsMade: Int?
        var rows: [Current] = []
        /// The number of the last batch that touched the entity. Documents made by an earlier batch are in the table.
        var batch = 0
        /// The number of bytes of its documents at the last count.
        var bytes = 0

        /// Marks the entity as touched by a batch; true if the batch touches it for the first time.
        func enter(_ batch: Int) -> Bool {
            if self.batch == batch { return false }
            self.batch = batch
            factsMade = nil
            for index in rows.indices { rows[index].made = nil }
            return true
        }
    }

    private struct Current {
        let key: RowKey
        let document: [UInt8]
        /// The index among the changes if this batch made the document; otherwise nil.
        var made: Int?
    }

    /// The bytes that an entity counts for in addition to its documents.
    private static var entityOverhead: Int { 512 }

    private let projection: P
    private var entities: [RowKey: Entity] = [:]
    /// The entities that the batch has touched, each once.
    private var touched: [Entity] = []
    private var bytes = 0
    private var changes = FoldChanges()
    private var batch = 1

    init(_ projection: P) { self.projection = projection }

    func missingEntities(for event: DecodedEvent) throws(PoisonEvent) -> [RowKey] {
        try touched(by: event).filter { entities[$0] == nil }
    }

    private func touched(by event: DecodedEvent) throws(PoisonEvent) -> [RowKey] {
        do {
            return try projection.entities(touchedBy: event)
        } catch {
            throw PoisonEvent(position: event.record.position, problem: "\(error)")
        }
    }

    func load(_ key: RowKey, facts document: [UInt8]?, referring events: ReferredEvents) throws {
        let entity = Entity()
        if let document {
            let facts = try projection.facts(from: document, referring: events)
            entity.facts = facts
            entity.factsDocument = document
            entity.rows = projection.rows(of: facts).map { Current(key: $0.key, document: $0.document, made: nil) }
        }
        entities[key] = entity
    }

    func apply(_ event: DecodedEvent) throws(PoisonEvent) {
        let position = event.record.position
        for key in try touched(by: event) {
            guard let entity = entities[key] else { throw PoisonEvent(position: position, problem: "\(key) was not loaded") }
            if entity.enter(batch) { touched.append(entity) }
            try projection.fold(event, into: &entity.facts, of: key)
            if !P.rowsAreFacts { trackFacts(of: entity, key, at: position) }
            trackRows(of: entity, at: position)
        }
    }

    private func trackFacts(of entity: Entity, _ key: RowKey, at position: Int64) {
        let document = entity.facts.map(projection.encode)
        if document == entity.factsDocument { return }
        let origin = VersionOrigin(at: position, isFirst: entity.factsDocument == nil)
        if !origin.isFirst { changes.facts.end(key, madeAt: entity.factsMade, at: position) }
        entity.factsDocument = document
        entity.factsMade = document.map { changes.facts.make(key, $0, [], origin) }
    }

    /// Compares the rows that follow from the facts with the current ones; both are in key order.
    private func trackRows(of entity: Entity, at position: Int64) {
        let old = entity.rows
        var current: [Current] = []
        var next = 0
        for row in entity.facts.map(projection.rows) ?? [] {
            while next < old.count, old[next].key < row.key {
                changes.rows.end(old[next].key, madeAt: old[next].made, at: position)
                next += 1
            }
            var isFirst = true
            if next < old.count, old[next].key == row.key {
                isFirst = false
                next += 1
                if old[next - 1].document == row.document {
                    current.append(old[next - 1])
                    continue
                }
                changes.rows.end(row.key, madeAt: old[next - 1].made, at: position)
            }
            let origin = VersionOrigin(at: position, isFirst: isFirst)
            let made = changes.rows.make(row.key, row.document, row.stored, origin)
            current.append(Current(key: row.key, document: row.document, made: made))
        }
        while next < old.count {
            changes.rows.end(old[next].key, madeAt: old[next].made, at: position)
            next += 1
        }
        entity.rows = current
    }

    func takeChanges() -> FoldChanges {
        let taken = changes
        changes = FoldChanges()
        batch += 1
        return taken
    }

    func forget(beyond limit: Int) {
        for entity in touched {
            let held = P.refersToEvents ? entity.facts.map(projection.heldBytes) ?? 0 : 0
            let size = entity.rows.reduce(entity.factsDocument?.count ?? 0) { $0 + $1.document.count } + held + Self.entityOverhead
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
