import LedgerEvents
public import LedgerValues

/// A fold of one entity's events alone, one event after the other.
///
/// It gives the rows after any of them. These are the rows that every fold of the log has at that position, because an
/// entity's rows follow from its own events.
public final class EntityFold {
    private let foldEvent: (DecodedEvent) throws(PoisonEvent) -> Void
    private let deriveRows: (Instant?, RowSelection?) -> [ProjectedRow]

    init(
        fold: @escaping (DecodedEvent) throws(PoisonEvent) -> Void, rows: @escaping (Instant?, RowSelection?) -> [ProjectedRow]
    ) {
        foldEvent = fold
        deriveRows = rows
    }

    /// Folds the next event that touches the entity. Throws `PoisonEvent` if the event can't be folded; the fold is
    /// unusable afterwards.
    public func apply(_ event: DecodedEvent) throws(PoisonEvent) { try foldEvent(event) }

    /// The entity's rows after the events folded so far, in ascending key order.
    ///
    /// - Parameters:
    ///   - instant: if given, only facts that hold in the world by then count.
    ///   - selection: selects the rows; without it, the result is the stored rows.
    public func rows(effectiveBy instant: Instant? = nil, selecting selection: RowSelection? = nil) -> [ProjectedRow] {
        deriveRows(instant, selection)
    }
}
