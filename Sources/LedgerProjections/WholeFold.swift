import LedgerEvents
import LedgerJSON

/// A fold of a projection from position 0 that writes nothing. It holds every entity, and gives the rows at the end. On
/// request it also keeps a tally of every version of rows and facts made on the way. A fold with a tally may begin at a
/// later position; it then holds only the entities that later events touch, and serves only for its tally.
///
/// Entities that are subjects are found by their numbers, which the folds of one pass share. Not safe for concurrent use,
/// but it may move between threads. After all events have been folded, several threads may write rows at once.
///
/// Unchecked: the pass that owns it gives its workers turns under its lock, one at a time, which the compiler can't see;
/// writing rows only reads.
public final class WholeFold: @unchecked Sendable {
    /// Why the fold stopped. A stopped fold is unusable.
    public private(set) var poison: PoisonEvent?
    /// The position after which it folds.
    public let start: Int64
    /// Whether it keeps a tally of every version.
    public let keepsTally: Bool
    private let last: Int64
    private let foldBatch: (NumberedEvents, _ last: Int64) throws(PoisonEvent) -> Void
    private let ownOrder: () -> [Int32]?
    private let writeEntity: (Int, inout RowWriter) -> Void
    private let closeTally: () -> VersionTally?

    /// Makes a fold of closures.
    ///
    /// - Parameter last: the position up to which it folds.
    init(
        after start: FoldStart?, upTo last: Int64, fold: @escaping (NumberedEvents, Int64) throws(PoisonEvent) -> Void,
        order: @escaping () -> [Int32]?, write: @escaping (Int, inout RowWriter) -> Void,
        closeTally: @escaping () -> VersionTally?
    ) {
        self.start = start?.position ?? 0
        keepsTally = start != nil
        self.last = last
        foldBatch = fold
        ownOrder = order
        writeEntity = write
        self.closeTally = closeTally
    }

    /// Whether it holds every entity after the fold, and not only those that events after its start touched.
    public var holdsEverything: Bool { start == 0 }

    /// Folds a batch. Call it with the batches of a log in order.
    public func fold(_ batch: NumberedEvents) {
        if poison != nil { return }
        do throws(PoisonEvent) {
            try foldBatch(batch, last)
        } catch {
            poison = error
        }
    }

    /// The entities in key order. If entities are subjects, these are the subjects as given.
    public func order(subjects: [Int32]) -> [Int32] { ownOrder() ?? subjects }

    /// Writes the rows of some entities, in the order of the entities.
    public func writeRows(of entities: ArraySlice<Int32>, to rows: inout RowWriter) {
        for entity in entities { writeEntity(Int(entity), &rows) }
    }
}

extension WholeFold {
    /// The tally of every version that the fold has made, ended or current; nil if it keeps no tally. Call it once,
    /// after all events have been folded.
    public func tally() -> VersionTally? { closeTally() }
}

/// The state of a ``WholeFold``.
///
/// Its methods are called from closures that are made where the projection's type is known, so that all of this code is
/// specialized for that type. Calls through a protocol would be generic at run time, and several times slower.
final class WholeFoldState<P: Projection> {
    private let projection: P
    private let consumed: ConsumedTypes
    private var facts = EntityBlocks<P.Facts>()
    /// The numbers of the entities, used if entities are not subjects.
    private var numbers = KeyNumbers()
    private var history: History?

    /// The position after which it folds.
    private let start: Int64
    /// The entities as they were at the start, until an event touches them.
    private var standing: [RowKey: StandingEntity]

    /// The state that a tally of versions needs.
    private struct History {
        var tallied: TalliedVersions
        var versions = EntityBlocks<EntityVersions>()
        var documents = EntityDocuments()

        /// Counts the versions that an event ended, and records the versions that it made.
        mutating func note(_ facts: P.Facts?, of entity: Int, _ key: RowKey, at position: Int64, _ projection: P) {
            documents.write(facts, of: key, projection)
            versions.makeRoom(for: entity + 1)
            tallied.replace(&versions[entity][orNew: EntityVersions(of: key)], by: documents, at: position)
        }

        /// Continues with an entity as it was at the start.
        mutating func load(_ standing: StandingEntity, as entity: Int, _ key: RowKey) {
            versions.makeRoom(for: entity + 1)
            versions[entity] = tallied.entity(key, standing)
        }

        /// The tally of all versions, after the last event.
        mutating func close() -> VersionTally {
            for entity in 0..<versions.room {
                if let versions = versions[entity] { tallied.finish(versions) }
            }
            return tallied.tally
        }
    }

    /// Makes the state of a fold.
    ///
    /// - Parameter start: the position to fold from and the tally up to it. Without it, the fold keeps no tally and
    ///   begins at position 0.
    init(_ projection: P, _ consumed: ConsumedTypes, tally start: FoldStart?) {
        self.consumed = consumed
        self.projection = projection
        self.start = start?.position ?? 0
        standing = start?.entities ?? [:]
        history = start.map { History(tallied: TalliedVersions($0.tally)) }
    }

    @inline(__always)
    func fold(_ batch: NumberedEvents, upTo last: Int64) throws(PoisonEvent) {
        if P.entitiesAreSubjects { facts.makeRoom(for: batch.subjectCount) }
        let (events, subjects) = (batch.events.span, batch.subjects.span)
        for index in events.indices {
            if !consumed.contains(events[index].place) { continue }
            if events[index].position <= start { continue }
            if events[index].position > last { return }
            let event = try consumed.event(events[index])
            if P.entitiesAreSubjects {
                guard let key = events[index].subject else { continue }
                try apply(event, to: Int(subjects[index]), key)
            } else {
                for key in try projection.touched(by: event) { try apply(event, to: number(of: key), key) }
            }
        }
    }

    @inline(__always)
    private func apply(_ event: DecodedEvent, to entity: Int, _ key: RowKey) throws(PoisonEvent) {
        if !standing.isEmpty { try load(key, as: entity, for: event) }
        try projection.fold(event, into: &facts[entity], of: key)
        history?.note(facts[entity], of: entity, key, at: event.record.position, projection)
    }

    private func load(_ key: RowKey, as entity: Int, for event: DecodedEvent) throws(PoisonEvent) {
        guard let known = standing.removeValue(forKey: key) else { return }
        do {
            facts[entity] = try known.factsDocument.map { try projection.facts(from: $0, referring: known.referred) }
        } catch {
            throw PoisonEvent(event, error)
        }
        history?.load(known, as: entity, key)
    }

    @inline(__always)
    func closeTally() -> VersionTally? { history?.close() }

    private func number(of key: RowKey) -> Int {
        let number = Int(numbers.number(key, key.hashValue))
        facts.makeRoom(for: number + 1)
        return number
    }

    @inline(__always)
    func order() -> [Int32]? { P.entitiesAreSubjects ? nil : numbers.sorted() }

    @inline(__always)
    func write(_ entity: Int, to rows: inout RowWriter) {
        // A subject that only other projections know may be numbered after the last subject here.
        guard entity < facts.room, let facts = facts[entity] else { return }
        projection.writeRows(of: facts, to: &rows)
    }
}

/// Values of entities by number, in blocks, so that growing moves no values.
private struct EntityBlocks<Value> {
    private static var blockSize: Int { 1024 }

    private var blocks: ContiguousArray<ContiguousArray<Value?>> = []

    /// The number of entities that fit.
    var room: Int { blocks.count * Self.blockSize }

    mutating func makeRoom(for count: Int) {
        while room < count { blocks.append(ContiguousArray(repeating: nil, count: Self.blockSize)) }
    }

    subscript(entity: Int) -> Value? {
        @inline(__always) get { blocks[entity / Self.blockSize][entity % Self.blockSize] }
        @inline(__always) _modify { yield &blocks[entity / Self.blockSize][entity % Self.blockSize] }
    }
}
