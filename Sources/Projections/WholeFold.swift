import Events

/// A projection folded from position 0 for its rows alone: it holds every entity and tracks no history.
///
/// Entities that are trades are found by their numbers, which the folds of one pass share. Not safe for several threads
/// at once, but it may go from thread to thread; rows may be written by several at once when all events have been folded.
///
/// Unchecked: the pass that owns it gives its workers turns under its lock, one at a time, which the compiler can't see; writing
/// rows only reads.
public final class WholeFold: @unchecked Sendable {
    /// Why it stopped; what was folded before is of no use then.
    public private(set) var poison: PoisonEvent?
    private let last: Int64
    private let foldBatch: (NumberedEvents, _ last: Int64) throws(PoisonEvent) -> Void
    private let ownOrder: () -> [Int32]?
    private let writeEntity: (Int, inout RowWriter) -> Void

    /// - Parameter last: the position up to which it folds.
    init(
        upTo last: Int64, fold: @escaping (NumberedEvents, Int64) throws(PoisonEvent) -> Void,
        order: @escaping () -> [Int32]?, write: @escaping (Int, inout RowWriter) -> Void
    ) {
        self.last = last
        foldBatch = fold
        ownOrder = order
        writeEntity = write
    }

    /// Folds a batch; call it with the batches of a log in order.
    public func fold(_ batch: NumberedEvents) {
        if poison != nil { return }
        do throws(PoisonEvent) {
            try foldBatch(batch, last)
        } catch {
            poison = error
        }
    }

    /// The entities in key order: the trades', as given, where these are the entities.
    public func order(trades: [Int32]) -> [Int32] { ownOrder() ?? trades }

    /// Writes the rows of some entities, in their order.
    public func writeRows(of entities: ArraySlice<Int32>, to rows: inout RowWriter) {
        for entity in entities { writeEntity(Int(entity), &rows) }
    }
}

/// The state of a ``WholeFold``.
///
/// Its methods are called from closures that are made where the projection's type is known, so that all of this is
/// compiled for that type: called through a protocol, it would be generic at run time, and several times as slow.
final class WholeFoldState<P: Projection> {
    private let projection: P
    private let consumed = ConsumedTypes(P.consumes)
    private var facts = EntityFacts<P.Facts>()
    /// Where entities are no trades.
    private var numbers = KeyNumbers()

    init(_ projection: P) { self.projection = projection }

    @inline(__always)
    func fold(_ batch: NumberedEvents, upTo last: Int64) throws(PoisonEvent) {
        if P.entitiesAreTrades { facts.makeRoom(for: batch.tradeCount) }
        let (events, trades) = (batch.events.span, batch.trades.span)
        for index in events.indices {
            if !consumed.contains(events[index].type) { continue }
            if events[index].position > last { return }
            let event = try consumed.event(events[index])
            do {
                if P.entitiesAreTrades {
                    guard let key = events[index].trade else { continue }
                    try projection.apply(event, to: &facts[Int(trades[index])], of: key)
                } else {
                    for key in try projection.entities(touchedBy: event) {
                        try projection.apply(event, to: &facts[number(of: key)], of: key)
                    }
                }
            } catch let poison as PoisonEvent {
                throw poison
            } catch {
                throw PoisonEvent(position: event.record.position, problem: "\(error)")
            }
        }
    }

    private func number(of key: RowKey) -> Int {
        let number = Int(numbers.number(key, key.hashValue))
        facts.makeRoom(for: number + 1)
        return number
    }

    @inline(__always)
    func order() -> [Int32]? { P.entitiesAreTrades ? nil : numbers.sorted() }

    @inline(__always)
    func write(_ entity: Int, to rows: inout RowWriter) {
        // A trade that only other projections know may come after the last one here.
        guard entity < facts.room, let facts = facts[entity] else { return }
        projection.writeRows(of: facts, to: &rows)
    }
}

/// Facts by the numbers of their entities, in blocks: growing moves nothing.
private struct EntityFacts<Facts> {
    private static var blockSize: Int { 1024 }

    private var blocks: ContiguousArray<ContiguousArray<Facts?>> = []

    /// How many entities there is room for.
    var room: Int { blocks.count * Self.blockSize }

    mutating func makeRoom(for count: Int) {
        while room < count { blocks.append(ContiguousArray(repeating: nil, count: Self.blockSize)) }
    }

    subscript(entity: Int) -> Facts? {
        @inline(__always) get { blocks[entity / Self.blockSize][entity % Self.blockSize] }
        @inline(__always) _modify { yield &blocks[entity / Self.blockSize][entity % Self.blockSize] }
    }
}
