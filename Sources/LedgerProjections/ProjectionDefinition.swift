public import LedgerEvents
public import LedgerJSON
import LedgerRules
public import LedgerValues

/// A code version as readers know it, on top of a projection's fold.
public struct PublishedCode: Sendable {
    let version: Int
    /// Starts the sums over a list's rows; nil if its answers have no sums.
    let aggregates: (@Sendable () -> any RowAggregates)?

    public init(version: Int, aggregates: (@Sendable () -> any RowAggregates)? = nil) {
        self.version = version
        self.aggregates = aggregates
    }
}

/// One version of a projection, ready to fold: its identity, its table and columns, and the ways to start a fold.
public struct ProjectionDefinition: Sendable {
    public let identity: ProjectionIdentity
    /// The oldest code version whose fold gives the same facts and rows. Code versions with the same fold version
    /// differ only in the sums over the rows.
    public let foldVersion: Int
    /// Starts this code version's sums over a list's rows; nil if its answers have no sums.
    public let aggregates: (@Sendable () -> any RowAggregates)?
    public let columns: ColumnSet
    public let consumes: [EventType: Set<Int>]
    /// The event types that the program knows.
    public let events: EventRegistry
    let consumedTypes: ConsumedTypes
    /// Whether each entity is one row whose document is also its facts. If so, the version has no table of facts.
    public let rowsAreFacts: Bool
    /// The columns of an entity's key: those that `columns.json` says, or all columns of the row's key if rows are facts.
    public var entityKey: [String] { rowsAreFacts ? columns.key : columns.entity }
    /// Whether stored facts refer to events, which have to be read with them.
    public let refersToEvents: Bool
    /// Whether the one entity that an event touches is always the event's subject.
    let entitiesAreSubjects: Bool
    /// The columns that depend on the reader's moment, as data; see ``Projection/momentRules``.
    package let momentRules: [MomentRule]
    /// Further views in SQL over the rows; see ``Projection/secondViews``.
    package let secondViews: [SecondView]
    private let startLive: @Sendable () -> any Fold
    private let startHistory: @Sendable (_ sink: any VersionSink, _ recent: RecentDocuments) -> HistoryFold
    let startEntity: @Sendable (RowKey) -> EntityFold
    private let touched: @Sendable (DecodedEvent) throws(PoisonEvent) -> [RowKey]
    private let startWhole: @Sendable (_ last: Int64, _ start: FoldStart?) -> WholeFold
    private let derive:
        @Sendable (_ facts: [UInt8], _ events: ReferredEvents, _ instant: Instant?, _ asked: RowSelection?) throws -> [ProjectedRow]
    private let refer: @Sendable (_ facts: [UInt8]) throws -> [Int64]
    private let select: (@Sendable (String?) throws -> RowSelection)?
    private let show: @Sendable (_ document: JSONDocument, _ now: Instant) -> [UInt8]
    private let change: @Sendable (_ document: JSONDocument, _ now: Instant) -> Instant?

    init<P: Projection>(
        _ projection: P, _ code: PublishedCode, _ installed: InstalledProjection
    ) {
        let consumed = ConsumedTypes(P.consumes, installed.events)
        events = installed.events
        identity = projection.identity.published(as: code.version)
        foldVersion = projection.identity.codeVersion
        aggregates = code.aggregates
        columns = installed.columns
        consumes = P.consumes
        consumedTypes = consumed
        rowsAreFacts = P.rowsAreFacts
        refersToEvents = P.refersToEvents
        entitiesAreSubjects = P.entitiesAreSubjects
        momentRules = P.momentRules
        secondViews = P.secondViews
        let entityParts = P.rowsAreFacts ? columns.key.count : columns.entity.count
        startLive = { ProjectionFold(projection, entityParts: entityParts) }
        startHistory = { sink, recent in HistoryFold(HistoryFoldState(projection, into: sink, recent: recent)) }
        startEntity = { entity in
            var facts: P.Facts?
            return EntityFold(
                apply: { (event) throws(PoisonEvent) in try projection.fold(event, into: &facts, of: entity) },
                rows: { instant, asked in Self.rows(of: facts, effectiveBy: instant, asked, projection) })
        }
        touched = { (event) throws(PoisonEvent) in try projection.touched(by: event) }
        startWhole = { last, start in
            let state = WholeFoldState(projection, consumed, tally: start)
            return WholeFold(
                after: start, upTo: last,
                fold: { (batch, last) throws(PoisonEvent) in try state.fold(batch, upTo: last) },
                order: { state.order() }, write: { entity, rows in state.write(entity, to: &rows) },
                closeTally: { state.closeTally() })
        }
        derive = { document, events, instant, asked in
            Self.rows(of: try projection.facts(from: document, referring: events), effectiveBy: instant, asked, projection)
        }
        refer = projection.referredPositions
        if let selective = projection as? any SelectiveProjection {
            select = { text in try Self.selection(text, selective) }
        } else {
            select = nil
        }
        show = projection.present
        change = projection.nextChange
    }

    /// Whether another version of the same projection has the same facts and, under the same rules, the same rows.
    public func foldsAlike(_ other: ProjectionDefinition) -> Bool {
        identity.name.isBytewiseEqual(to: other.identity.name) && foldVersion == other.foldVersion
    }

    /// A fold over entities that are loaded as they are needed.
    public func liveFold() -> any Fold { startLive() }

    /// A fold from position 0 that is given one event after the other, and holds every entity.
    public func completeFold() -> CompleteFold { CompleteFold(self) }

    /// A fold from position 0 that emits every version when the version ends.
    ///
    /// - Parameters:
    ///   - sink: receives the versions.
    ///   - recent: keeps the most recently made documents; the folds of one task may share it.
    public func historyFold(into sink: any VersionSink, recent: RecentDocuments) -> HistoryFold { startHistory(sink, recent) }

    /// The entities that an event changes, determined by the event alone; each at most once.
    public func entities(touchedBy event: DecodedEvent) throws(PoisonEvent) -> [RowKey] { try touched(event) }

    /// A fold from position 0 to a last position that writes nothing.
    ///
    /// - Parameters:
    ///   - last: the last position to fold.
    ///   - start: the position to fold from and the tally of all versions up to it. Without it, the fold keeps no
    ///     tally.
    public func wholeFold(upTo last: Int64, tally start: FoldStart? = nil) -> WholeFold { startWhole(last, start) }

    /// The rows that follow from stored facts, in ascending key order.
    ///
    /// - Parameters:
    ///   - document: the stored facts.
    ///   - instant: if given, only facts that hold in the world by then count.
    ///   - selection: selects the rows; without it, the result is the stored rows.
    ///   - events: those that the facts refer to.
    public func rows(
        fromFacts document: [UInt8], effectiveBy instant: Instant? = nil, selecting selection: RowSelection? = nil,
        referring events: ReferredEvents = .none
    ) throws -> [ProjectedRow] {
        try derive(document, events, instant, selection)
    }

    /// The positions of the events that stored facts refer to.
    public func referredPositions(in document: [UInt8]) throws -> [Int64] { refersToEvents ? try refer(document) : [] }

    /// A reader's parsed selection, or the standard selection without a text; nil if the projection has no selections.
    public func selection(parsing text: String?) throws -> RowSelection? { try select?(text) }

    private static func selection<P: SelectiveProjection>(_ text: String?, _ projection: P) throws -> RowSelection {
        RowSelection(selection: try text.map(projection.selection(parsing:)) ?? projection.standardSelection)
    }

    private static func rows<P: Projection>(
        of facts: P.Facts?, effectiveBy instant: Instant?, _ asked: RowSelection?, _ projection: P
    ) -> [ProjectedRow] {
        var facts = facts
        if let instant { facts = facts.flatMap { projection.facts($0, effectiveBy: instant) } }
        guard let facts else { return [] }
        return ProjectedRow.all { rows in
            if let asked, let selective = projection as? any SelectiveProjection {
                write(facts, asked, selective, to: &rows)
            } else {
                projection.writeRows(of: facts, to: &rows)
            }
        }
    }

    private static func write<P: SelectiveProjection>(
        _ facts: any Sendable, _ asked: RowSelection, _ projection: P, to rows: inout RowWriter
    ) {
        guard let facts = facts as? P.Facts, let selection = asked.selection as? P.Selection else {
            preconditionFailure("a selection is read and applied by the same definition")
        }
        projection.writeRows(of: facts, selecting: selection, to: &rows)
    }

    /// A row's document as a reader sees it at a moment.
    public func present(_ document: JSONDocument, now: Instant) -> [UInt8] { show(document, now) }

    /// The first instant after a moment at which readers see a row otherwise; nil if they never do.
    ///
    /// - Parameters:
    ///   - document: the row as readers see it at the moment.
    ///   - now: the moment.
    public func nextChange(of document: JSONDocument, after now: Instant) -> Instant? { change(document, now) }

    /// Decodes an event; nil for an event of a type that is not consumed.
    ///
    /// Throws `PoisonEvent` for a schema version that this projection does not know, and for a payload that does not
    /// decode.
    public func decode(_ record: RecordedEvent) throws(PoisonEvent) -> DecodedEvent? {
        guard let place = events.place(of: EventType(record.type)), consumedTypes.contains(place) else { return nil }
        return try event(ReadEvent(record.header, place, payload: record.payload, events))
    }
}
