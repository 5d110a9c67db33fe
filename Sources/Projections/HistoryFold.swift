import Events

/// Takes the versions of documents that a fold of the whole log hands out.
public protocol VersionSink: AnyObject {
    /// A row's version that ended.
    func row(_ row: ProjectedRow, from origin: VersionOrigin, to validTo: Int64)
    /// A version of an entity's facts that ended.
    func facts(_ document: [UInt8], of entity: RowKey, from origin: VersionOrigin, to validTo: Int64)
}

/// A fold from position 0 that hands out each version of a row or of facts when it ends, whatever the type of its facts.
///
/// Entities are named by numbers that the caller gives them, from 0 on, and may be spread over any number of folds. A fold
/// keeps typed facts of the entities that it was not told to forget, and documents of the ones touched last: a
/// version's document is written again from the facts when the version ends.
public protocol HistoryFold: AnyObject {
    /// Folds one event into one of the entities that it touches; throws `PoisonEvent` where it can't be, after
    /// which the fold is of no more use.
    func apply(_ event: DecodedEvent, to key: RowKey, entity: Int, into sink: any VersionSink) throws(PoisonEvent)
    /// Forgets an entity's facts and documents. Before it is touched or visited again, each event that was folded into it
    /// must be recalled in order.
    func forget(_ entity: Int)
    /// Folds an event again into an entity that was forgotten; nothing is handed out.
    func recall(_ event: DecodedEvent, to key: RowKey, entity: Int) throws(PoisonEvent)
    /// Visits an entity's current rows and its facts, each with what made it.
    func visitCurrent(
        _ entity: Int, row: (ProjectedRow, VersionOrigin) -> Void, facts: ([UInt8], VersionOrigin) -> Void)
}

final class ProjectionHistoryFold<P: Projection>: HistoryFold {
    private final class Entity {
        var facts: P.Facts?
        var rendered: Rendered?
    }

    /// What made an entity's current facts and its current rows, in key order; kept of all entities.
    private struct Origins {
        private static var none: VersionOrigin { VersionOrigin(at: 0, isFirst: true) }

        var facts = none
        private var firstRow = none
        private var otherRows: [VersionOrigin] = []

        subscript(row: Int) -> VersionOrigin { row == 0 ? firstRow : otherRows[row - 1] }

        mutating func setRows(_ origins: [VersionOrigin]) {
            firstRow = origins.first ?? Self.none
            otherRows = origins.count > 1 ? Array(origins[1...]) : []
        }
    }

    /// What follows from facts as documents.
    private struct Rendered {
        let rows: [ProjectedRow]
        let facts: [UInt8]

        var byteCount: Int { rows.reduce(facts.count) { $0 + $1.document.count } }
    }

    private let projection: P
    private var entities: [Entity?] = []
    private var origins: [Origins] = []
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
        let entity = entity(id)
        let old = entity.rendered ?? rendered(entity.facts)
        try fold(event, into: entity, key)
        let new = rendered(entity.facts)
        if !P.rowsAreFacts, new.facts != old.facts {
            if !old.facts.isEmpty { sink.facts(old.facts, of: key, from: origins[id].facts, to: position) }
            origins[id].facts = VersionOrigin(at: position, isFirst: old.facts.isEmpty)
        }
        origins[id].setRows(replace(old.rows, origins[id], by: new.rows, at: position, into: sink))
        keep(new, of: entity)
    }

    private func fold(_ event: DecodedEvent, into entity: Entity, _ key: RowKey) throws(PoisonEvent) {
        do {
            try projection.apply(event, to: &entity.facts, of: key)
        } catch let poison as PoisonEvent {
            throw poison
        } catch {
            throw PoisonEvent(position: event.record.position, problem: "\(error)")
        }
    }

    func forget(_ id: Int) {
        if id < entities.count { entities[id] = nil }
    }

    func recall(_ event: DecodedEvent, to key: RowKey, entity id: Int) throws(PoisonEvent) {
        try fold(event, into: entity(id), key)
    }

    private func entity(_ id: Int) -> Entity {
        while entities.count <= id {
            entities.append(nil)
            origins.append(Origins())
        }
        if let known = entities[id] { return known }
        let entity = Entity()
        entities[id] = entity
        return entity
    }

    private func rendered(_ facts: P.Facts?) -> Rendered {
        guard let facts else { return Rendered(rows: [], facts: []) }
        return Rendered(rows: projection.rows(of: facts), facts: P.rowsAreFacts ? [] : projection.encode(facts))
    }

    /// Hands out the rows that ended; gives what made the new ones. Both lists are in key order.
    private func replace(
        _ old: [ProjectedRow], _ oldFrom: Origins, by new: [ProjectedRow], at position: Int64, into sink: any VersionSink
    ) -> [VersionOrigin] {
        var from: [VersionOrigin] = []
        from.reserveCapacity(new.count)
        var next = 0
        for row in new {
            while next < old.count, old[next].key < row.key {
                sink.row(old[next], from: oldFrom[next], to: position)
                next += 1
            }
            guard next < old.count, old[next].key == row.key else {
                from.append(VersionOrigin(at: position, isFirst: true))
                continue
            }
            if old[next].document == row.document {
                from.append(oldFrom[next])
            } else {
                sink.row(old[next], from: oldFrom[next], to: position)
                from.append(VersionOrigin(at: position, isFirst: false))
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

    func visitCurrent(
        _ id: Int, row: (ProjectedRow, VersionOrigin) -> Void, facts: ([UInt8], VersionOrigin) -> Void
    ) {
        guard id < entities.count, let entity = entities[id], let known = entity.facts else { return }
        let origin = origins[id]
        let rows = entity.rendered?.rows ?? projection.rows(of: known)
        for (index, current) in rows.enumerated() { row(current, origin[index]) }
        if !P.rowsAreFacts { facts(entity.rendered?.facts ?? projection.encode(known), origin.facts) }
    }
}
