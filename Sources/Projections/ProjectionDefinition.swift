public import Events
public import JSON
import Rules
public import Values

/// One version of a projection, ready to fold: its identity, its table and columns, and how to start a fold.
public struct ProjectionDefinition: Sendable {
    public let identity: ProjectionIdentity
    public let columns: ColumnSet
    /// DDL with `{table}` where the version's table name goes.
    public let tableSQL: String
    public let consumes: [EventType: Set<Int>]
    /// Whether an entity is one row whose document is also its facts: the version has no table of facts then.
    public let rowsAreFacts: Bool
    private let start: @Sendable (_ isComplete: Bool) -> any Fold
    private let derive: @Sendable (_ facts: [UInt8], _ instant: Instant?) throws -> [ProjectedRow]
    private let show: @Sendable (_ document: JSONDocument, _ now: Instant) -> [UInt8]

    init<P: Projection>(_ projection: P, columns: ColumnSet, tableSQL: String) {
        identity = projection.identity
        self.columns = columns
        self.tableSQL = tableSQL
        consumes = P.consumes
        rowsAreFacts = P.rowsAreFacts
        start = { ProjectionFold(projection, isComplete: $0) }
        derive = { document, instant in
            let facts = try projection.facts(from: document)
            guard let instant else { return projection.rows(of: facts) }
            return projection.facts(facts, effectiveBy: instant).map(projection.rows) ?? []
        }
        show = projection.present
    }

    /// A fold over rows that are loaded as they are needed.
    public func partialFold() -> any Fold { start(false) }

    /// A fold from position 0 that keeps every row in memory.
    public func completeFold() -> any Fold { start(true) }

    /// The rows that follow from stored facts, in ascending key order.
    ///
    /// - Parameter instant: where given, only what holds in the world by then counts.
    public func rows(fromFacts document: [UInt8], effectiveBy instant: Instant? = nil) throws -> [ProjectedRow] {
        try derive(document, instant)
    }

    /// A row's document as a reader sees it at a moment.
    public func present(_ document: JSONDocument, now: Instant) -> [UInt8] { show(document, now) }

    /// Decodes an event of a consumed type; nil for a type that is not consumed.
    ///
    /// Throws `PoisonEvent` for a schema version that this projection does not know and for a payload that does
    /// not decode.
    public func decode(_ record: RecordedEvent) throws(PoisonEvent) -> DecodedEvent? {
        guard let type = EventType(rawValue: record.type), let versions = consumes[type] else { return nil }
        guard versions.contains(record.schemaVersion) else {
            throw PoisonEvent(
                position: record.position, problem: "\(record.type) has the unknown schema version \(record.schemaVersion)")
        }
        do {
            let payload = try Upcaster.payload(
                type: record.type, schemaVersion: record.schemaVersion, bytes: record.payload)
            return DecodedEvent(record: record, payload: payload)
        } catch {
            throw PoisonEvent(position: record.position, problem: "\(error)")
        }
    }
}
