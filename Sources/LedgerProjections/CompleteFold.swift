public import LedgerEvents

/// A fold of a log that is given event by event from position 0. It holds every entity, and gives the rows at any time.
public final class CompleteFold {
    private let fold: WholeFold
    private let events: EventRegistry
    private let subjects = SubjectNumbers()

    init(_ definition: ProjectionDefinition) {
        fold = definition.wholeFold(upTo: .max)
        events = definition.events
    }

    /// Folds the next event. Throws `PoisonEvent` if the event can't be folded; the fold is unusable afterwards.
    public func apply(_ event: DecodedEvent) throws(PoisonEvent) {
        if let place = events.place(of: EventType(event.record.type)) { try apply(ReadEvent(event, place)) }
    }

    /// Folds the next event, which was read once for several folds; an event of a type that is not consumed changes nothing.
    public func apply(_ event: ReadEvent) throws(PoisonEvent) {
        fold.fold(subjects.number([event]))
        if let poison = fold.poison { throw poison }
    }

    /// The current rows in key order. The fold must not go on while they are read.
    package func rows() -> FoldedRows { FoldedRows(fold, fold.order(subjects: subjects.sorted())) }

    /// Visits the current rows in key order, one at a time.
    public func forEachRow(_ visit: (RowKey, [UInt8]) throws -> Void) rethrows {
        var rows = rows()
        while let row = rows.next() { try visit(row.key, row.document) }
    }
}

/// The rows of a fold in key order, written as they are asked for.
package struct FoldedRows: IteratorProtocol {
    private let fold: WholeFold
    // A row's key starts with its entity's key, so the order of the entities is that of the rows.
    private var entities: ArraySlice<Int32>
    /// The rows of the last entity, and the index of the next of them.
    private var written = RowWriter()
    private var nextRow = 0

    fileprivate init(_ fold: WholeFold, _ entities: [Int32]) {
        self.fold = fold
        self.entities = entities[...]
    }

    package mutating func next() -> ProjectedRow? {
        while nextRow == written.places.count {
            if entities.isEmpty { return nil }
            written.removeAll()
            nextRow = 0
            fold.writeRows(of: entities.prefix(1), to: &written)
            entities.removeFirst()
        }
        defer { nextRow += 1 }
        return written.row(at: nextRow)
    }
}
