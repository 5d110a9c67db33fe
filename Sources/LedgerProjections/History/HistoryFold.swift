public import LedgerEvents
import LedgerJSON
import LedgerValues

/// Receives the versions of documents that a fold of the whole log emits.
public protocol VersionSink: AnyObject {
    /// Receives a version.
    ///
    /// - Parameters:
    ///   - kind: whether it is a version of a row or of an entity's facts.
    ///   - row: its key, which for facts is that of the entity, and the values beside the document.
    ///   - document: the bytes of its document.
    ///   - origin: where it comes from.
    ///   - validTo: the position that ended it; nil for a current version.
    func version(
        _ kind: DocumentKind, _ row: RowWriter.Place, _ document: Span<UInt8>, from origin: VersionOrigin, to validTo: Int64?)
}

/// A fold from position 0 that emits each version of a row or of facts when the version ends. It emits an entity's
/// current versions when the caller finishes the entity.
///
/// The caller numbers the entities from 0, and may spread them over any number of folds. A fold keeps the typed facts of
/// every entity that it was not told to forget, and the documents of the most recently touched entities. It writes all
/// other documents again from the facts when their versions end.
public final class HistoryFold {
    private let applyEvent: (DecodedEvent, RowKey, Int) throws(PoisonEvent) -> Void
    private let forgetEntity: (Int) -> Void
    private let recallEvent: (DecodedEvent, RowKey, Int) throws(PoisonEvent) -> Void
    private let finishEntity: (Int, RowKey, Bool) -> Void

    init<P: Projection>(_ state: HistoryFoldState<P>) {
        applyEvent = { (event, key, entity) throws(PoisonEvent) in try state.apply(event, to: key, entity: entity) }
        forgetEntity = { state.forget($0) }
        recallEvent = { (event, key, entity) throws(PoisonEvent) in try state.recall(event, to: key, entity: entity) }
        finishEntity = { state.finish($0, $1, emitting: $2) }
    }

    /// Folds one event into one of the entities that it touches. Throws `PoisonEvent` if the event can't be folded; the
    /// fold is unusable afterwards.
    public func apply(_ event: DecodedEvent, to key: RowKey, entity: Int) throws(PoisonEvent) {
        try applyEvent(event, key, entity)
    }

    /// Forgets an entity's facts and documents. Before the entity is touched or finished again, the caller must recall
    /// every event that was folded into it, in order.
    public func forget(_ entity: Int) { forgetEntity(entity) }

    /// Folds an event again into a forgotten entity, without emitting versions.
    public func recall(_ event: DecodedEvent, to key: RowKey, entity: Int) throws(PoisonEvent) {
        try recallEvent(event, key, entity)
    }

    /// Forgets an entity for good.
    ///
    /// - Parameters:
    ///   - entity: the entity's number.
    ///   - key: its key.
    ///   - isEmitted: whether its current rows and facts are emitted.
    public func finish(_ entity: Int, _ key: RowKey, emitting isEmitted: Bool = true) { finishEntity(entity, key, isEmitted) }
}

/// Keeps the origins of the current versions, and emits each version when it ends.
private struct EmittedVersions: VersionStrategy {
    /// An entity's versions of one kind, with the bytes of their documents.
    struct Versions {
        let documents: ArraySlice<RowWriter.Place>
        let bytes: UnsafeBufferPointer<UInt8>
        let origins: Origins

        func document(_ index: Int) -> RowWriter.Place { documents[documents.startIndex + index] }
    }

    /// The origins of an entity's versions of one kind, in key order; kept until the entity is finished.
    struct Origins {
        private let first: VersionOrigin
        private let others: [VersionOrigin]

        init(_ origins: [VersionOrigin] = []) {
            first = origins.first ?? VersionOrigin(at: 0, isFirst: true)
            others = origins.count > 1 ? Array(origins[1...]) : []
        }

        subscript(index: Int) -> VersionOrigin { index == 0 ? first : others[index - 1] }
    }

    private let sink: any VersionSink
    /// The origins of the entity in hand, after the event.
    private var next: [VersionOrigin] = []

    init(_ sink: any VersionSink) { self.sink = sink }

    /// The origins after the event.
    mutating func take() -> Origins {
        defer { next.removeAll(keepingCapacity: true) }
        return Origins(next)
    }

    /// Emits all versions as they are, current or ended.
    func emit(_ kind: DocumentKind, _ versions: Versions, to position: Int64?) {
        for index in 0..<count(of: versions) { emit(kind, index, of: versions, to: position) }
    }

    private func emit(_ kind: DocumentKind, _ index: Int, of versions: Versions, to position: Int64?) {
        let row = versions.document(index)
        sink.version(kind, row, versions.bytes.span.extracting(row.document), from: versions.origins[index], to: position)
    }

    func document(_ bytes: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> { bytes }

    func count(of versions: Versions) -> Int { versions.documents.count }

    func find(_ kind: DocumentKind, _ key: RowKey, in versions: Versions, from index: Int) -> (index: Int, isThere: Bool) {
        key.place(from: index, to: versions.documents.count) { versions.document($0).key }
    }

    func isCurrent(_ document: UnsafeBufferPointer<UInt8>, _ index: Int, of versions: Versions) -> Bool {
        document.span.isBytewiseEqual(to: versions.bytes.span.extracting(versions.document(index).document))
    }

    mutating func keep(_ index: Int, of versions: Versions) { next.append(versions.origins[index]) }

    mutating func end(_ kind: DocumentKind, _ index: Int, of versions: Versions, at position: Int64) {
        emit(kind, index, of: versions, to: position)
    }

    mutating func begin(
        _ kind: DocumentKind, _ row: RowWriter.Place, _ document: UnsafeBufferPointer<UInt8>, from origin: VersionOrigin
    ) { next.append(origin) }
}

/// The state of a ``HistoryFold``. Its closures are made where the projection's type is known, as those of a
/// ``WholeFold`` are.
final class HistoryFoldState<P: Projection> {
    private final class Entity {
        var facts: P.Facts?
        var documents: Documents?
        var rowOrigins = EmittedVersions.Origins()
        var factsOrigin = EmittedVersions.Origins()
    }

    /// The places of an entity's documents without their bytes.
    private struct Documents {
        let places: DocumentPlaces
        let byteCount: Int
        /// The address of the kept bytes; nil if the documents have just been written.
        var address: Int?

        init(_ written: EntityDocuments) {
            places = written.places
            byteCount = written.byteCount
        }
    }

    private let projection: P
    private var entities: [Entity?] = []
    private var versions: EmittedVersions
    /// The documents from before an event, written again if they were not kept, and the documents that the event makes.
    private var before = EntityDocuments()
    private var after = EntityDocuments()
    private let recent: RecentDocuments
    /// The entities whose documents were kept, in the order of their addresses.
    private var kept: [(entity: Entity, address: Int)] = []
    private var oldest = 0

    init(_ projection: P, into sink: any VersionSink, recent: RecentDocuments) {
        self.projection = projection
        self.recent = recent
        versions = EmittedVersions(sink)
    }

    func apply(_ event: DecodedEvent, to key: RowKey, entity id: Int) throws(PoisonEvent) {
        let position = event.record.position
        let entity = entity(id)
        let old = current(of: entity, key)
        try projection.fold(event, into: &entity.facts, of: key)
        after.write(entity.facts, of: key, projection)
        let new = Documents(after)
        withBytes(of: old) { oldBytes in
            after.withBytes { newBytes in
                func replace(_ kind: DocumentKind, _ origins: inout EmittedVersions.Origins) {
                    let current = EmittedVersions.Versions(documents: old.places[kind], bytes: oldBytes, origins: origins)
                    versions.replace(kind, current, by: new.places[kind], in: newBytes, at: position)
                    origins = versions.take()
                }
                replace(.row, &entity.rowOrigins)
                if !P.rowsAreFacts { replace(.facts, &entity.factsOrigin) }
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

    func finish(_ id: Int, _ key: RowKey, emitting isEmitted: Bool) {
        guard id < entities.count, let entity = entities[id] else { return }
        if isEmitted { emit(entity, key) }
        forget(id)
        entities[id] = nil
    }

    private func emit(_ entity: Entity, _ key: RowKey) {
        let current = current(of: entity, key)
        withBytes(of: current) { bytes in
            let (rows, facts) = (current.places[.row], current.places[.facts])
            versions.emit(.row, .init(documents: rows, bytes: bytes, origins: entity.rowOrigins), to: nil)
            versions.emit(.facts, .init(documents: facts, bytes: bytes, origins: entity.factsOrigin), to: nil)
        }
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
    private func current(of entity: Entity, _ key: RowKey) -> Documents {
        if let known = entity.documents, let address = known.address, recent.holds(address) { return known }
        before.write(entity.facts, of: key, projection)
        return Documents(before)
    }

    /// Calls `body` with the bytes of an entity's ``current(of:_:)`` documents.
    private func withBytes(of documents: Documents, _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        if let address = documents.address {
            recent.withBytes(at: address, count: documents.byteCount, body)
        } else {
            before.withBytes(body)
        }
    }

    /// Keeps the documents that an event made until more recent documents need the room.
    private func keep(_ made: Documents, of entity: Entity) {
        entity.documents = nil
        if let address = after.withBytes({ recent.keep($0) }) {
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
}
