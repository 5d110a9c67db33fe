import Events

/// Takes the versions of documents that a fold of the whole log hands out.
public protocol VersionSink: AnyObject {
    /// A row's version that ended.
    func row(_ row: ProjectedRow, from validFrom: Int64, to validTo: Int64)
    /// A version of an entity's facts that ended.
    func facts(_ document: [UInt8], of entity: RowKey, from validFrom: Int64, to validTo: Int64)
}

/// A fold from position 0 that hands out each version of a row or of facts when it ends, whatever the type of its facts.
///
/// It keeps typed facts of all entities that it is given, and documents of the ones touched last only: a version's
/// document is written again from the facts when the version ends. Entities are named by numbers that the caller
/// gives them, from 0 on, and may be spread over any number of folds.
public protocol HistoryFold: AnyObject {
    /// Folds one event into one of the entities that it touches; throws `PoisonEvent` where it can't be, after
    /// which the fold is of no more use.
    func apply(_ event: DecodedEvent, to key: RowKey, entity: Int, into sink: any VersionSink) throws(PoisonEvent)
    /// Visits the rows that are current, each with the position that made it.
    func forEachCurrentRow(_ visit: (ProjectedRow, Int64) throws -> Void) rethrows
    /// Visits the facts that are current, in the same way; none where rows are facts.
    func forEachCurrentFacts(_ visit: (RowKey, [UInt8], Int64) throws -> Void) rethrows
}

final class ProjectionHistoryFold<P: Projection>: HistoryFold {
    private final class Entity {
        let key: RowKey
        var facts: P.Facts?
        var factsFrom: Int64 = 0
        /// Of the current rows, in key order.
        var rowsFrom: [Int64] = []
        var rendered: Rendered?

        init(_ key: RowKey) { self.key = key }
    }

    /// What follows from facts as documents.
    private struct Rendered {
        let rows: [ProjectedRow]
        let facts: [UInt8]

        var byteCount: Int { rows.reduce(facts.count) { $0 + $1.document.count } }
    }

    private let projection: P
    private var entities: [Entity?] = []
    /// Those whose documents are kept, in the order in which they were touched; an entity may stand here more than once.
    private var recent: [(entity: Entity, byteCount: Int)] = []
    private var oldest = 0
    private var recentByteCount = 0
    private let recentByteLimit: Int

    init(_ projection: P, recentByteLimit: Int) {
        self.projection = projection
        self.recentByteLimit = recentByteLimit
    }

    func apply(_ event: DecodedEvent, to key: RowKey, entity id: Int, into sink: any VersionSink) throws(PoisonEvent) {
        let position = event.record.position
        let entity = entity(id, key)
        let old = entity.rendered ?? rendered(entity.facts)
        do {
            try projection.apply(event, to: &entity.facts, of: key)
        } catch let poison as PoisonEvent {
            throw poison
        } catch {
            throw PoisonEvent(position: position, problem: "\(error)")
        }
        let new = rendered(entity.facts)
        if !P.rowsAreFacts, new.facts != old.facts {
            if !old.facts.isEmpty { sink.facts(old.facts, of: key, from: entity.factsFrom, to: position) }
            entity.factsFrom = position
        }
        entity.rowsFrom = replace(old.rows, entity.rowsFrom, by: new.rows, at: position, into: sink)
        keep(new, of: entity)
    }

    private func entity(_ id: Int, _ key: RowKey) -> Entity {
        while entities.count <= id { entities.append(nil) }
        if let known = entities[id] { return known }
        let entity = Entity(key)
        entities[id] = entity
        return entity
    }

    private func rendered(_ facts: P.Facts?) -> Rendered {
        guard let facts else { return Rendered(rows: [], facts: []) }
        return Rendered(rows: projection.rows(of: facts), facts: P.rowsAreFacts ? [] : projection.encode(facts))
    }

    /// Hands out the rows that ended; gives the positions that made the new ones. Both lists are in key order.
    private func replace(
        _ old: [ProjectedRow], _ oldFrom: [Int64], by new: [ProjectedRow], at position: Int64, into sink: any VersionSink
    ) -> [Int64] {
        var from: [Int64] = []
        from.reserveCapacity(new.count)
        var next = 0
        for row in new {
            while next < old.count, old[next].key < row.key {
                sink.row(old[next], from: oldFrom[next], to: position)
                next += 1
            }
            guard next < old.count, old[next].key == row.key else {
                from.append(position)
                continue
            }
            if old[next].document == row.document {
                from.append(oldFrom[next])
            } else {
                sink.row(old[next], from: oldFrom[next], to: position)
                from.append(position)
            }
            next += 1
        }
        while next < old.count {
            sink.row(old[next], from: oldFrom[next], to: position)
            next += 1
        }
        return from
    }

    /// Keeps an entity's documents until more recent ones need the room.
    private func keep(_ rendered: Rendered, of entity: Entity) {
        let byteCount = rendered.byteCount
        entity.rendered = rendered
        recent.append((entity, byteCount))
        recentByteCount += byteCount
        while recentByteCount > recentByteLimit, oldest < recent.count {
            recent[oldest].entity.rendered = nil
            recentByteCount -= recent[oldest].byteCount
            oldest += 1
        }
        if oldest > 1024, oldest * 2 > recent.count {
            recent.removeFirst(oldest)
            oldest = 0
        }
    }

    func forEachCurrentRow(_ visit: (ProjectedRow, Int64) throws -> Void) rethrows {
        for case let entity? in entities {
            guard let facts = entity.facts else { continue }
            let rows = entity.rendered?.rows ?? projection.rows(of: facts)
            for (row, from) in zip(rows, entity.rowsFrom) { try visit(row, from) }
        }
    }

    func forEachCurrentFacts(_ visit: (RowKey, [UInt8], Int64) throws -> Void) rethrows {
        if P.rowsAreFacts { return }
        for case let entity? in entities {
            guard let facts = entity.facts else { continue }
            try visit(entity.key, entity.rendered?.facts ?? projection.encode(facts), entity.factsFrom)
        }
    }
}
