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
        guard let place = events.place(of: EventType(event.record.type)) else { return }
        fold.fold(subjects.number([ReadEvent(event.record, place, .success(event.payload))]))
        if let poison = fold.poison { throw poison }
    }

    /// Visits the current rows in key order, one at a time.
    public func forEachRow(_ visit: (RowKey, [UInt8]) throws -> Void) rethrows {
        // A row's key starts with its entity's key, so the order of the entities is that of the rows.
        var rows = RowWriter()
        for entity in fold.order(subjects: subjects.sorted()) {
            rows.removeAll()
            fold.writeRows(of: [entity], to: &rows)
            for row in rows.projectedRows { try visit(row.key, row.document) }
        }
    }
}
