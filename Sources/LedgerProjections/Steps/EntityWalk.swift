public import LedgerEvents
public import LedgerJSON
public import LedgerValues

/// A row as a reader at a moment sees it.
public struct ShownRow: Sendable {
    public let key: RowKey
    /// The row in event encoding.
    public let document: JSONDocument
}

/// What one event made of an entity's rows: the rows before it and after it, each list in key order. A reader at the
/// event's own moment looks at both, so that a difference is the event's work and not that of time.
public struct EntityStep: Sendable {
    public let before: [ShownRow]
    public let after: [ShownRow]
}

/// A fold of one entity's events alone, independent of the type of its facts.
struct EntityFold {
    let apply: (DecodedEvent) throws(PoisonEvent) -> Void
    /// The rows after the events folded so far, as far as they hold by an instant and a selection asks for them.
    let rows: (_ instant: Instant?, _ selection: RowSelection?) -> [ProjectedRow]
}

/// A walk along the events of one entity under one version of a projection.
///
/// The rows after an event are the rows that the view has as of the event's position, because an entity's rows follow from its own
/// events. Each event costs one fold of the event; each event whose rows are asked for, one writing of the entity's rows in
/// addition.
public final class EntityWalk {
    private let definition: ProjectionDefinition
    private let fold: EntityFold
    private let row: RowKey?
    private let selection: RowSelection?
    private let effectiveBy: Instant?
    /// The rows after the last event, as they are stored; nil until they are asked for.
    private var stored: [ProjectedRow]?

    /// Begins before the entity's first event.
    ///
    /// - Parameters:
    ///   - definition: the version.
    ///   - entity: the key of the entity.
    ///   - row: the key of the only row that is shown; nil for all rows of the entity.
    ///   - selection: selects the rows; without it, the stored rows are shown.
    ///   - instant: if given, only facts that hold in the world by then count.
    public init(
        _ definition: ProjectionDefinition, of entity: RowKey, showing row: RowKey? = nil, selecting selection: RowSelection? = nil,
        effectiveBy instant: Instant? = nil
    ) {
        self.definition = definition
        self.row = row
        self.selection = selection
        effectiveBy = instant
        fold = definition.startEntity(entity)
    }

    /// Folds the next event that touches the entity. Throws `PoisonEvent` if the event can't be folded; the walk is
    /// unusable afterwards.
    public func apply(_ event: DecodedEvent) throws(PoisonEvent) {
        stored = nil
        try fold.apply(event)
    }

    /// Folds the next event, and gives the rows before and after it.
    public func step(over event: DecodedEvent) throws -> EntityStep {
        let before = try rows(now: event.record.recordedAt)
        try apply(event)
        return EntityStep(before: before, after: try rows(now: event.record.recordedAt))
    }

    /// The rows after the last event, in key order, as a reader at a moment sees them.
    public func rows(now: Instant) throws -> [ShownRow] {
        let rows = stored ?? fold.rows(effectiveBy, selection)
        stored = rows
        let now = effectiveBy.map { min($0, now) } ?? now
        return try rows.filter { row == nil || $0.key == row }.map { row in
            let document = try JSONDocument(parsing: row.document)
            let shown = definition.present(document, now: now)
            return ShownRow(key: row.key, document: shown == row.document ? document : try JSONDocument(parsing: shown))
        }
    }
}
