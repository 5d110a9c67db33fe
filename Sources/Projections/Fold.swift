import Events

/// A projection at work on a batch, whatever its row type.
public protocol Fold: AnyObject {
    /// The keys that the event touches and that are not loaded yet.
    func missingKeys(for event: DecodedEvent) -> [RowKey]
    /// Gives a key's current document, nil where there is no such row.
    func load(_ key: RowKey, document: [UInt8]?) throws
    /// Folds one event; throws `PoisonEvent` where it can't be.
    func apply(_ event: DecodedEvent) throws(PoisonEvent)
    /// What changed since the last call.
    func takeChanges() -> RowChanges
    /// The current rows in key order.
    func currentRows() -> [(key: RowKey, document: [UInt8])]
}

/// The fold of one projection over a row set.
final class ProjectionFold<P: Projection>: Fold {
    private let projection: P
    private var rows: RowSet<P.Row>

    init(_ projection: P, isComplete: Bool) {
        self.projection = projection
        rows = RowSet(isComplete: isComplete) { row in
            (projection.document(of: row), projection.storedValues(of: row))
        }
    }

    func missingKeys(for event: DecodedEvent) -> [RowKey] {
        projection.keys(touchedBy: event).filter { !rows.isLoaded($0) }
    }

    func load(_ key: RowKey, document: [UInt8]?) throws {
        rows.load(key, row: try document.map(projection.row(from:)), document: document)
    }

    func apply(_ event: DecodedEvent) throws(PoisonEvent) {
        rows.position = event.record.position
        do {
            try projection.apply(event, to: &rows)
        } catch let poison as PoisonEvent {
            throw poison
        } catch {
            throw PoisonEvent(position: event.record.position, problem: "\(error)")
        }
    }

    func takeChanges() -> RowChanges { rows.takeChanges() }

    func currentRows() -> [(key: RowKey, document: [UInt8])] {
        rows.entries.compactMap { key, entry in entry.document.map { (key: key, document: $0) } }
            .sorted { $0.key < $1.key }
    }
}
