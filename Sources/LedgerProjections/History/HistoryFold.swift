import Glibc
public import LedgerEvents
import LedgerJSON
import LedgerValues

/// Receives the versions of documents that a fold of the whole log emits.
public protocol VersionSink: AnyObject {
    /// Receives a version of a row; a current version has no end.
    func row(_ row: RowWriter.Row, _ document: Span<UInt8>, from origin: VersionOrigin, to validTo: Int64?)
    /// Receives a version of an entity's facts; a current version has no end.
    func facts(_ document: Span<UInt8>, of entity: RowKey, from origin: VersionOrigin, to validTo: Int64?)
}

/// A fold from position 0 that emits each version of a row or of facts when the version ends. It emits an entity's
/// current versions when the caller finishes the entity.
///
/// The caller numbers the entities from 0, and may spread them over any number of folds. A fold keeps the typed facts of
/// every entity that it was not told to forget, and the documents of the most recently touched entities. It writes all
/// other documents again from the facts when their versions end.
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

    /// Folds one event into one of the entities that it touches. Throws `PoisonEvent` if the event can't be folded; the
    /// fold is unusable afterwards.
    public func apply(
        _ event: DecodedEvent, to key: RowKey, entity: Int, into sink: any VersionSink
    ) throws(PoisonEvent) {
        try applyEvent(event, key, entity, sink)
    }

    /// Forgets an entity's facts and documents. Before the entity is touched or finished again, the caller must recall
    /// every event that was folded into it, in order.
    public func forget(_ entity: Int) { forgetEntity(entity) }

    /// Folds an event again into a forgotten entity, without emitting versions.
    public func recall(_ event: DecodedEvent, to key: RowKey, entity: Int) throws(PoisonEvent) {
        try recallEvent(event, key, entity)
    }

    /// Emits an entity's current rows and facts, if there is a sink, and forgets the entity for good.
    public func finish(_ entity: Int, _ key: RowKey, into sink: (any VersionSink)?) { finishEntity(entity, key, sink) }
}

/// The state of a ``HistoryFold``. Its closures are made where the projection's type is known, as those of a
/// ``WholeFold`` are.
final class HistoryFoldState<P: Projection> {
    private final class Entity {
        var facts: P.Facts?
        var documents: Documents?
        var origins = Origins()
    }

    /// The origins of an entity's current facts and current rows, in key order; kept until the entity is finished.
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

    /// The layout of the documents that follow from facts, without their bytes: the rows' documents, followed by the
    /// facts' own document if the facts are stored apart.
    private struct Documents {
        let rows: [RowWriter.Row]
        let facts: Range<Int>
        let byteCount: Int
        /// The address of the kept bytes; nil if the documents have just been written.
        var address: Int?
    }

    private let projection: P
    private var entities: [Entity?] = []
    /// The documents from before an event, written again if they were not kept, and the documents that the event makes.
    private var before = RowWriter()
    private var after = RowWriter()
    private let recent: RecentDocuments
    /// The entities whose documents were kept, in the order of their addresses.
    private var kept: [(entity: Entity, address: Int)] = []
    private var oldest = 0

    init(_ projection: P, recent: RecentDocuments) {
        self.projection = projection
        self.recent = recent
    }

    func apply(_ event: DecodedEvent, to key: RowKey, entity id: Int, into sink: any VersionSink) throws(PoisonEvent) {
        let position = event.record.position
        let entity = entity(id)
        let old = current(of: entity)
        try projection.fold(event, into: &entity.facts, of: key)
        let new = write(entity.facts, to: &after)
        withBytes(of: old) { oldBytes in
            after.out.withBytes { newBytes in
                if !P.rowsAreFacts {
                    let (before, after) = (oldBytes.span.extracting(old.facts), newBytes.span.extracting(new.facts))
                    if !before.isBytewiseEqual(to: after) {
                        if !old.facts.isEmpty { sink.facts(before, of: key, from: entity.origins.facts, to: position) }
                        entity.origins.facts = VersionOrigin(at: position, isFirst: old.facts.isEmpty)
                    }
                }
                replace(old.rows, oldBytes, by: new.rows, newBytes, of: entity, at: position, into: sink)
            }
        }
        keep(new, of: entity)
    }

    func forget(_ id: Int) {
        guard id < entities.count, let entity = entities[id] else { return }
        entity.documents = nil
        entity.facts = nil
    }

    func recall(_ event: DecodedEvent, to key: RowKey, entity id: Int) throws(PoisonEvent) {
        try projection.fold(event, into: &entity(id).facts, of: key)
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

    // MARK: Documents

    /// An entity's current documents, written again if they are no longer kept.
    private func current(of entity: Entity) -> Documents {
        if let known = entity.documents, let address = known.address, recent.holds(address) { return known }
        return write(entity.facts, to: &before)
    }

    private func write(_ facts: P.Facts?, to writer: inout RowWriter) -> Documents {
        writer.removeAll()
        if let facts { projection.writeRows(of: facts, to: &writer) }
        let start = writer.out.count
        if let facts, !P.rowsAreFacts { projection.encode(facts, to: &writer.out) }
        return Documents(rows: writer.rows, facts: start..<writer.out.count, byteCount: writer.out.count)
    }

    /// Calls `body` with the bytes of an entity's ``current(of:)`` documents.
    private func withBytes(of documents: Documents, _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        if let address = documents.address {
            recent.withBytes(at: address, count: documents.byteCount, body)
        } else {
            before.out.withBytes(body)
        }
    }

    /// Keeps the documents that an event made until more recent documents need the room.
    private func keep(_ made: Documents, of entity: Entity) {
        entity.documents = nil
        if let address = after.out.withBytes({ recent.keep($0) }) {
            entity.documents = made
            entity.documents?.address = address
            kept.append((entity, address))
        }
        while oldest < kept.count, !recent.holds(kept[oldest].address) {
            let (entity, address) = kept[oldest]
            if entity.documents?.address == address { entity.documents = nil }
            oldest += 1
        }
        if oldest > 1024, oldest * 2 > kept.count {
            kept.removeFirst(oldest)
            oldest = 0
        }
    }

    // MARK: Versions

    /// Emits the rows that ended, and records the origins of the new ones. Both lists are in key order.
    private func replace(
        _ old: [RowWriter.Row], _ oldBytes: UnsafeBufferPointer<UInt8>, by new: [RowWriter.Row],
        _ newBytes: UnsafeBufferPointer<UInt8>, of entity: Entity, at position: Int64, into sink: any VersionSink
    ) {
        var from: [VersionOrigin] = []
        from.reserveCapacity(new.count)
        var next = 0
        func end() {
            sink.row(old[next], oldBytes.span.extracting(old[next].document), from: entity.origins[next], to: position)
            next += 1
        }
        for row in new {
            while next < old.count, old[next].key < row.key { end() }
            guard next < old.count, old[next].key == row.key else {
                from.append(VersionOrigin(at: position, isFirst: true))
                continue
            }
            if oldBytes.span.extracting(old[next].document).isBytewiseEqual(to: newBytes.span.extracting(row.document)) {
                from.append(entity.origins[next])
                next += 1
            } else {
                end()
                from.append(VersionOrigin(at: position, isFirst: false))
            }
        }
        while next < old.count { end() }
        entity.origins.setRows(from)
    }

    func finish(_ id: Int, _ key: RowKey, into sink: (any VersionSink)?) {
        guard id < entities.count, let entity = entities[id] else { return }
        if let sink { handOut(entity, key, into: sink) }
        forget(id)
        entities[id] = nil
    }

    private func handOut(_ entity: Entity, _ key: RowKey, into sink: any VersionSink) {
        let current = current(of: entity)
        withBytes(of: current) { bytes in
            for (index, row) in current.rows.enumerated() {
                sink.row(row, bytes.span.extracting(row.document), from: entity.origins[index], to: nil)
            }
            if !current.facts.isEmpty { sink.facts(bytes.span.extracting(current.facts), of: key, from: entity.origins.facts, to: nil) }
        }
    }
}
