public import Events
public import JSON
import Rules
public import Trading
public import Values

/// A code version as readers know it, over a projection's fold.
struct PublishedCode: Sendable {
    let version: Int
    /// Starts the sums over a list's rows; nil where its answers have none.
    let aggregates: (@Sendable () -> any RowAggregates)?

    init(version: Int, aggregates: (@Sendable () -> any RowAggregates)? = nil) {
        self.version = version
        self.aggregates = aggregates
    }
}

/// One version of a projection, ready to fold: its identity, its table and columns, and how to start a fold.
public struct ProjectionDefinition: Sendable {
    public let identity: ProjectionIdentity
    /// The oldest code version whose fold gives the same facts and rows: code versions that have it in common differ in what
    /// is summed over the rows alone.
    public let foldVersion: Int
    /// Starts the sums over a list's rows, as this code version gives them; nil where its answers have none.
    public let aggregates: (@Sendable () -> any RowAggregates)?
    public let columns: ColumnSet
    /// DDL of the table, with `{table}` where its name goes.
    public let tableSQL: String
    /// DDL of its primary key and indexes, with the same.
    public let indexSQL: String
    public let consumes: [EventType: Set<Int>]
    let consumedTypes: ConsumedTypes
    /// Whether an entity is one row whose document is also its facts: the version has no table of facts then.
    public let rowsAreFacts: Bool
    /// Whether an entity is a trade, and the one that an event touches is the trade that it is about.
    let entitiesAreTrades: Bool
    private let start: @Sendable (_ isComplete: Bool) -> any Fold
    private let startHistory: @Sendable (_ recent: RecentDocuments) -> HistoryFold
    private let touched: @Sendable (DecodedEvent) throws -> [RowKey]
    private let startWhole: @Sendable (_ last: Int64, _ key: TallyKey?) -> WholeFold
    private let derive: @Sendable (_ facts: [UInt8], _ instant: Instant?, _ asked: [Horizon]) throws -> [ProjectedRow]
    /// The horizons of a reader who asks for none; empty where the projection knows none.
    public let defaultHorizons: [Horizon]
    private let parseHorizons: (@Sendable (String) throws(HorizonListError) -> [Horizon])?
    private let show: @Sendable (_ document: JSONDocument, _ now: Instant) -> [UInt8]

    init<P: Projection>(
        _ projection: P, _ code: PublishedCode, columns: ColumnSet, tableSQL: String, indexSQL: String
    ) {
        identity = projection.identity.published(as: code.version)
        foldVersion = projection.identity.codeVersion
        aggregates = code.aggregates
        self.columns = columns
        self.tableSQL = tableSQL
        self.indexSQL = indexSQL
        consumes = P.consumes
        consumedTypes = ConsumedTypes(P.consumes)
        rowsAreFacts = P.rowsAreFacts
        entitiesAreTrades = P.entitiesAreTrades
        start = { ProjectionFold(projection, isComplete: $0) }
        startHistory = { recent in
            let state = HistoryFoldState(projection, recent: recent)
            return HistoryFold(
                apply: { (event, key, entity, sink) throws(PoisonEvent) in
                    try state.apply(event, to: key, entity: entity, into: sink)
                },
                forget: { state.forget($0) },
                recall: { (event, key, entity) throws(PoisonEvent) in try state.recall(event, to: key, entity: entity) },
                finish: { state.finish($0, $1, into: $2) })
        }
        touched = projection.entities(touchedBy:)
        startWhole = { last, key in
            let state = WholeFoldState(projection, tally: key)
            return WholeFold(
                upTo: last,
                fold: { (batch, last) throws(PoisonEvent) in try state.fold(batch, upTo: last) },
                order: { state.order() }, write: { entity, rows in state.write(entity, to: &rows) },
                closeTally: { state.closeTally() })
        }
        derive = { document, instant, asked in
            var facts: P.Facts? = try projection.facts(from: document)
            if let instant { facts = facts.flatMap { projection.facts($0, effectiveBy: instant) } }
            guard let facts else { return [] }
            if asked.isEmpty { return projection.rows(of: facts) }
            return Self.rows(of: facts, projection, asked)
        }
        if let asked = projection as? any HorizonProjection {
            defaultHorizons = asked.defaultHorizons
            parseHorizons = { text throws(HorizonListError) in try asked.horizons(parsing: text) }
        } else {
            defaultHorizons = []
            parseHorizons = nil
        }
        show = projection.present
    }

    /// Whether a version of the same projection has the same facts, and under the same rules the same rows.
    public func foldsAlike(_ other: ProjectionDefinition) -> Bool {
        identity.name.isBytewiseEqual(to: other.identity.name) && foldVersion == other.foldVersion
    }

    /// A fold over rows that are loaded as they are needed.
    public func partialFold() -> any Fold { start(false) }

    /// A fold from position 0 that keeps every row in memory.
    public func completeFold() -> any Fold { start(true) }

    /// A fold from position 0 that hands out every version when it ends.
    ///
    /// - Parameter recent: keeps the documents that were made last; folds of one task may share it.
    public func historyFold(recent: RecentDocuments) -> HistoryFold { startHistory(recent) }

    /// The entities that an event changes, by the event alone; each at most once.
    public func entities(touchedBy event: DecodedEvent) throws(PoisonEvent) -> [RowKey] {
        do {
            return try touched(event)
        } catch {
            throw PoisonEvent(position: event.record.position, problem: "\(error)")
        }
    }

    /// A fold from position 0 up to another one that writes nothing.
    ///
    /// - Parameter key: of the tally of all versions that it is to keep.
    public func wholeFold(upTo last: Int64, tally key: TallyKey? = nil) -> WholeFold { startWhole(last, key) }

    /// The rows that follow from stored facts, in ascending key order.
    ///
    /// - Parameters:
    ///   - instant: where given, only what holds in the world by then counts.
    ///   - horizons: where the reader asks for some.
    public func rows(
        fromFacts document: [UInt8], effectiveBy instant: Instant? = nil, horizons: [Horizon] = []
    ) throws -> [ProjectedRow] {
        try derive(document, instant, horizons)
    }

    /// The horizons that a reader's text names; nil where the projection knows none.
    public func horizons(parsing text: String) throws(HorizonListError) -> [Horizon]? {
        guard let parseHorizons else { return nil }
        return try parseHorizons(text)
    }

    private static func rows<P: Projection>(of facts: P.Facts, _ projection: P, _ asked: [Horizon]) -> [ProjectedRow] {
        func open<H: HorizonProjection>(_ horizons: H) -> [ProjectedRow] {
            (facts as? H.Facts).map { horizons.rows(of: $0, horizons: asked) } ?? []
        }
        return (projection as? any HorizonProjection).map { open($0) } ?? projection.rows(of: facts)
    }

    /// A row's document as a reader sees it at a moment.
    public func present(_ document: JSONDocument, now: Instant) -> [UInt8] { show(document, now) }

    /// Decodes an event of a consumed type; nil for a type that is not consumed.
    ///
    /// Throws `PoisonEvent` for a schema version that this projection does not know and for a payload that does
    /// not decode.
    public func decode(_ record: RecordedEvent) throws(PoisonEvent) -> DecodedEvent? {
        guard let type = EventType(rawValue: record.type), consumes[type] != nil else { return nil }
        return try event(ReadEvent(record, type))
    }
}
