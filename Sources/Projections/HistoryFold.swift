import Events
import Glibc
import JSON
import Values

/// Takes the versions of documents that a fold of the whole log hands out.
public protocol VersionSink: AnyObject {
    /// A version of a row, without an end where it is current.
    func row(_ row: RowWriter.Row, _ document: Span<UInt8>, from origin: VersionOrigin, to validTo: Int64?)
    /// A version of an entity's facts, without an end where it is current.
    func facts(_ document: Span<UInt8>, of entity: RowKey, from origin: VersionOrigin, to validTo: Int64?)
}

/// A fold from position 0 that hands out each version of a row or of facts when it ends, and what is current of an entity
/// when nothing more comes for it.
///
/// Entities are named by numbers that the caller gives them, from 0 on, and may be spread over any number of folds. A fold
/// keeps typed facts of the entities that it was not told to forget, and documents of the ones touched last: a
/// version's document is written again from the facts when the version ends.
public final class HistoryFold {
    private let applyEvent: (DecodedEvent, RowKey, Int, any VersionSink) throws(PoisonEvent) -> Void
    private let forgetEntity: (Int) -> Void
    private let recallEvent: (DecodedEvent, RowKey, Int) throws(PoisonEvent) -> Void
    private let finishEntity: (Int, RowKey, (any VersionSink)?) -> Void

    init(
        apply: @escaping (DecodedEvent, RowKey, Int, any VersionSink) throws(PoisonEvent) -> Void,
        forget: @escaping (Int) -> Void, recall: @escaping (DecodedEvent, RowKey, Int) throws(PoisonEvent) -> Void,
        finish: @escaping (Int, RowKey, (any VersionSink)?) -> Void
    ) {
        applyEvent = apply
        forgetEntity = forget
        recallEvent = recall
        finishEntity = finish
    }

    /// Folds one event into one of the entities that it touches; throws `PoisonEvent` where it can't be, after
    /// which the fold is of no more use.
    public func apply(
        _ event: DecodedEvent, to key: RowKey, entity: Int, into sink: any VersionSink
    ) throws(PoisonEvent) {
        try applyEvent(event, key, entity, sink)
    }

    /// Forgets an entity's facts and documents. Before it is touched or finished again, each event that was folded into it
    /// must be recalled in order.
    public func forget(_ entity: Int) { forgetEntity(entity) }

    /// Folds an event again into an entity that was forgotten; nothing is handed out.
    public func recall(_ event: DecodedEvent, to key: RowKey, entity: Int) throws(PoisonEvent) {
        try recallEvent(event, key, entity)
    }

    /// Hands out an entity's current rows and its facts, where somebody takes them, and forgets it for good.
    public func finish(_ entity: Int, _ key: RowKey, into sink: (any VersionSink)?) { finishEntity(entity, key, sink) }
}

/// The state of a ``HistoryFold``, called from closures that are made where the projection's type is known, as that of a
/// ``WholeFold`` is.
final class HistoryFoldState<P: Projection> {
    private final class Entity {
        var facts: P.Facts?
        var documents: Documents?
        /// The touch that made the documents.
        var touch = 0
        var origins = Origins()
    }

    /// What made an entity's current facts and its current rows, in key order; kept until the entity is finished.
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

    /// What follows from facts: the rows' documents, and behind them the facts' own where these are stored apart.
    private struct Documents {
        static var none: Documents { Documents(rows: [], bytes: [], facts: 0..<0) }

        let rows: [RowWriter.Row]
        let bytes: [UInt8]
        let facts: Range<Int>
    }

    private let projection: P
    private var writer = RowWriter()
    private var entities: [Entity?] = []
    /// Those whose documents may be kept, in the order in which they were touched, with the number of the touch.
    private var recent: [(entity: Entity, touch: Int)] = []
    private var oldest = 0
    private var touches = 0
    private var recentByteCount = 0
    private let recentByteLimit: Int

    init(_ projection: P, recentByteLimit: Int) {
        self.projection = projection
        self.recentByteLimit = recentByteLimit
    }

    func apply(_ event: DecodedEvent, to key: RowKey, entity id: Int, into sink: any VersionSink) throws(PoisonEvent) {
        let position = event.record.position
        let entity = entity(id)
        let old = entity.documents ?? documents(of: entity.facts)
        try fold(event, into: entity, key)
        let new = documents(of: entity.facts)
        if !P.rowsAreFacts {
            let (before, after) = (old.bytes.span.extracting(old.facts), new.bytes.span.extracting(new.facts))
            if !before.isBytewiseEqual(to: after) {
                if !old.facts.isEmpty { sink.facts(before, of: key, from: entity.origins.facts, to: position) }
                entity.origins.facts = VersionOrigin(at: position, isFirst: old.facts.isEmpty)
            }
        }
        replace(old, by: new, of: entity, at: position, into: sink)
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
        guard id < entities.count, let entity = entities[id] else { return }
        drop(entity)
        entity.facts = nil
    }

    func recall(_ event: DecodedEvent, to key: RowKey, entity id: Int) throws(PoisonEvent) {
        try fold(event, into: entity(id), key)
    }

    private func entity(_ id: Int) -> Entity {
        while entities.count <= id {
            entities.append(nil)
        }
        if let known = entities[id] { return known }
        let entity = Entity()
        entities[id] = entity
        return entity
    }

    private func documents(of facts: P.Facts?) -> Documents {
        guard let facts else { return .none }
        writer.removeAll()
        projection.writeRows(of: facts, to: &writer)
        let start = writer.out.count
        if !P.rowsAreFacts { projection.encode(facts, to: &writer.out) }
        return Documents(rows: writer.rows, bytes: writer.out.bytes, facts: start..<writer.out.count)
    }

    /// Hands out the rows that ended and notes what made the new ones. Both lists are in key order.
    private func replace(
        _ old: Documents, by new: Documents, of entity: Entity, at position: Int64, into sink: any VersionSink
    ) {
        var from: [VersionOrigin] = []
        from.reserveCapacity(new.rows.count)
        var next = 0
        func end() {
            sink.row(old.rows[next], old.bytes.span.extracting(old.rows[next].document), from: entity.origins[next], to: position)
            next += 1
        }
        for index in new.rows.indices {
            let key = new.rows[index].key
            while next < old.rows.count, old.rows[next].key < key { end() }
            guard next < old.rows.count, old.rows[next].key == key else {
                from.append(VersionOrigin(at: position, isFirst: true))
                continue
            }
            let (before, after) = (old.rows[next].document, new.rows[index].document)
            if old.bytes.span.extracting(before).isBytewiseEqual(to: new.bytes.span.extracting(after)) {
                from.append(entity.origins[next])
                next += 1
            } else {
                end()
                from.append(VersionOrigin(at: position, isFirst: false))
            }
        }
        while next < old.rows.count { end() }
        entity.origins.setRows(from)
    }

    /// Keeps an entity's documents until more recent ones need the room.
    private func keep(_ documents: Documents, of entity: Entity) {
        drop(entity)
        touches += 1
        entity.documents = documents
        entity.touch = touches
        recent.append((entity, touches))
        recentByteCount += documents.bytes.count
        while oldest < recent.count {
            let (entity, touch) = recent[oldest]
            if entity.touch == touch {
                if recentByteCount <= recentByteLimit { break }
                drop(entity)
            }
            oldest += 1
        }
        if oldest > 1024, oldest * 2 > recent.count {
            recent.removeFirst(oldest)
            oldest = 0
        }
    }

    private func drop(_ entity: Entity) {
        recentByteCount -= entity.documents?.bytes.count ?? 0
        entity.documents = nil
        entity.touch = 0
    }

    func finish(_ id: Int, _ key: RowKey, into sink: (any VersionSink)?) {
        guard id < entities.count, let entity = entities[id] else { return }
        if let sink { handOut(entity, key, into: sink) }
        forget(id)
        entities[id] = nil
    }

    private func handOut(_ entity: Entity, _ key: RowKey, into sink: any VersionSink) {
        let current = entity.documents ?? documents(of: entity.facts)
        for index in current.rows.indices {
            let document = current.rows[index].document
            sink.row(current.rows[index], current.bytes.span.extracting(document), from: entity.origins[index], to: nil)
        }
        if !current.facts.isEmpty {
            sink.facts(current.bytes.span.extracting(current.facts), of: key, from: entity.origins.facts, to: nil)
        }
    }
}
