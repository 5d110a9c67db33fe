public import LedgerEvents
public import LedgerJSON
public import LedgerRules
public import LedgerValues

/// The identity of a projection version: its name, its code version, and every rule file that it reads.
public struct ProjectionIdentity: Sendable, Hashable {
    public let name: String
    /// The code version. It is raised whenever the code changes the facts, the rows or the sums that readers get from
    /// the same events and rules.
    public let codeVersion: Int
    /// Every rule file that the projection reads, including its own, in path order.
    public let rules: [RuleFile]
    /// The number in the name of the projection's own rule file, `rules.v<N>.yaml`.
    public let rulesVersion: Int
    /// The rules version, for example `v1`. It names one of the versions that exist side by side.
    public var version: String { "v\(rulesVersion)" }

    public init(name: String, codeVersion: Int, ownRules: RuleFile, rules: [RuleFile]) {
        self.name = name
        self.codeVersion = codeVersion
        self.rules = rules
        rulesVersion = ownRules.version
    }

    private init(_ other: ProjectionIdentity, codeVersion: Int) {
        name = other.name
        self.codeVersion = codeVersion
        rules = other.rules
        rulesVersion = other.rulesVersion
    }

    /// The same identity under the code version that readers know.
    func published(as codeVersion: Int) -> ProjectionIdentity { ProjectionIdentity(self, codeVersion: codeVersion) }
}

/// An event with its payload in the terms of the current schema, shared by all projections that fold it.
public final class DecodedEvent: Sendable {
    public let record: EventHeader
    public let payload: any EventPayload

    public convenience init(record: RecordedEvent, payload: any EventPayload) {
        self.init(record: record.header, payload: payload)
    }

    public init(record: EventHeader, payload: any EventPayload) {
        self.record = record
        self.payload = payload
    }

    /// The payload as a concrete type, or nil if it has another type.
    @inlinable
    public func payload<Payload: EventPayload>(as type: Payload.Type = Payload.self) -> Payload? { payload.payload(as: type) }
}

/// A pure, deterministic fold of the log into rows.
///
/// It sees the events of the types that it consumes, in position order, and nothing else: no clock, no random
/// numbers, no locale, no rows of other projections.
///
/// The log is partitioned into entities (an account, an order, a group of contracts). The key of an entity has a part for each
/// column of ``ColumnSet/entity``, and the keys of its rows begin with it. An event changes the facts of each entity that it
/// touches independently, and an entity's rows follow from its facts alone. Entities can therefore be folded apart, on any
/// number of workers, and a row can be recomputed from facts under other rules or at another valid time.
public protocol Projection: Sendable {
    /// All that events say about one entity, and all that its rows depend on. Facts never hold the result of a rule, so
    /// they are the same under any rules version.
    associatedtype Facts: Sendable

    /// The identity of the fold. Its code version is the oldest one with the same facts and rows.
    var identity: ProjectionIdentity { get }

    /// The event types folded, with the schema versions understood. Another version of a declared type is poison.
    static var consumes: [EventType: Set<Int>] { get }

    /// Whether each entity is exactly one row whose document is also its facts. If so, the facts are not stored apart.
    static var rowsAreFacts: Bool { get }

    /// Whether the one entity that an event touches is always the event's subject.
    static var entitiesAreSubjects: Bool { get }

    /// Whether stored facts refer to events by position; see ``facts(from:referring:)``.
    static var refersToEvents: Bool { get }

    /// The entities that an event changes, determined by the event alone; each at most once.
    func entities(touchedBy event: DecodedEvent) throws -> [RowKey]

    /// Folds one event into the facts of one of its entities. The facts are nil before the entity's first event and
    /// whenever there is nothing left to know.
    func apply(_ event: DecodedEvent, to facts: inout Facts?, of entity: RowKey) throws

    /// Writes the rows that follow from the facts, in ascending key order.
    func writeRows(of facts: Facts, to rows: inout RowWriter)

    /// Writes the facts as canonical JSON, in event encoding.
    func encode(_ facts: Facts, to out: inout JSONWriter)

    /// Reads facts back. `facts(from: encode(f))` must give the same rows and the same later folds as `f`.
    func facts(from document: [UInt8]) throws -> Facts

    /// The positions of the events that a stored document of facts refers to. Only they are read for
    /// ``facts(from:referring:)``.
    func referredPositions(in document: [UInt8]) throws -> [Int64]

    /// Reads facts back that say by position what events say, so that a large payload is not stored a second time.
    ///
    /// In memory such facts hold what they need of the payloads, so that an event is folded, and rows follow, without reading
    /// anything. Who reads them back gives the events of ``referredPositions(in:)``.
    func facts(from document: [UInt8], referring events: ReferredEvents) throws -> Facts

    /// The bytes that facts hold in memory beside their document: those of the payloads that they refer to.
    func heldBytes(of facts: Facts) -> Int

    /// The facts that hold in the world by an instant, or nil if the entity itself does not hold by then.
    func facts(_ facts: Facts, effectiveBy instant: Instant) -> Facts?

    /// A row as a reader sees it at a moment. Maturity and expiry depend on the moment, and are never stored.
    ///
    /// The database orders stored rows by their stored values. So if a column of ``ColumnSet/sortable`` changes here, its rows
    /// must be computed for every reader.
    func present(_ document: JSONDocument, now: Instant) -> [UInt8]

    /// The first instant after a moment at which readers see a row otherwise; nil if they never do.
    ///
    /// - Parameters:
    ///   - document: the row as ``present(_:now:)`` shows it at the moment.
    ///   - now: the moment.
    func nextChange(of document: JSONDocument, after now: Instant) -> Instant?

    /// The columns that ``present(_:now:)`` changes with the moment, for readers of the tables; empty if there are none.
    static var momentRules: [MomentRule] { get }

    /// Further views in SQL over the rows; empty if there are none.
    static var secondViews: [SecondView] { get }
}

extension Projection {
    public static var rowsAreFacts: Bool { false }
    public static var entitiesAreSubjects: Bool { false }
    public static var momentRules: [MomentRule] { [] }
    public static var secondViews: [SecondView] { [] }
    public static var refersToEvents: Bool { false }

    /// None.
    public func referredPositions(in document: [UInt8]) throws -> [Int64] { [] }

    /// The facts of the document alone.
    public func facts(from document: [UInt8], referring events: ReferredEvents) throws -> Facts { try facts(from: document) }

    /// None.
    public func heldBytes(of facts: Facts) -> Int { 0 }

    /// The rows that follow from the facts, in ascending key order.
    public func rows(of facts: Facts) -> [ProjectedRow] {
        ProjectedRow.all { writeRows(of: facts, to: &$0) }
    }

    /// The facts as canonical JSON, in event encoding.
    public func encode(_ facts: Facts) -> [UInt8] {
        JSONWriter.bytes(reservingCapacity: 2048) { encode(facts, to: &$0) }
    }

    /// The stored document, unchanged.
    public func present(_ document: JSONDocument, now: Instant) -> [UInt8] { document.bytes }

    /// Never.
    public func nextChange(of document: JSONDocument, after now: Instant) -> Instant? { nil }
}

/// A projection whose readers select rows by a parameter. Rows that are not stored are computed from the facts on
/// request.
public protocol SelectiveProjection: Projection {
    associatedtype Selection: Sendable

    /// The selection of a reader who names none.
    var standardSelection: Selection { get }

    /// Parses a reader's selection. The error is a sentence that says what is wrong with the text.
    func selection(parsing text: String) throws -> Selection

    /// Writes the selected rows, in ascending key order.
    func writeRows(of facts: Facts, selecting selection: Selection, to rows: inout RowWriter)
}

extension SelectiveProjection {
    /// The selected rows, in ascending key order.
    public func rows(of facts: Facts, selecting selection: Selection) -> [ProjectedRow] {
        ProjectedRow.all { writeRows(of: facts, selecting: selection, to: &$0) }
    }
}

/// A reader's selection of the rows of a ``SelectiveProjection``, parsed by its definition.
public struct RowSelection: Sendable {
    package let selection: any Sendable
}

/// A row that follows from an entity's facts, as a read gets it: it owns its document, whatever is written next.
///
/// Folds that store rows never make one. They take the documents where a ``RowWriter`` has put them, by their
/// ``RowWriter/Place``.
public struct ProjectedRow: Sendable {
    public let key: RowKey
    /// A canonical JSON object of exactly the columns of `columns.json`, in event encoding.
    public let document: [UInt8]
    /// The values of the `stored` columns, in the order of the columns.
    public let stored: [StoredValue]

    public init(key: RowKey, document: [UInt8], stored: [StoredValue]) {
        self.key = key
        self.document = document
        self.stored = stored
    }

    /// The rows that `write` writes, in the order of writing.
    static func all(_ write: (inout RowWriter) -> Void) -> [ProjectedRow] {
        var rows = RowWriter()
        write(&rows)
        return rows.places.indices.map { rows.row(at: $0) }
    }
}

/// The value of a filter column beside the document.
public enum StoredValue: Sendable, Hashable {
    case text(String?)
    case instant(Instant?)
}

/// Why a projection stopped at an event.
public struct PoisonEvent: Error, Equatable, CustomStringConvertible {
    public let position: Int64
    public let problem: String

    public init(position: Int64, problem: String) {
        self.position = position
        self.problem = problem
    }

    public var description: String { "event \(position): \(problem)" }
}

/// Stored facts or rows that can't be read back: their table was altered, or a code version was not raised.
public struct RowProblem: Error, CustomStringConvertible {
    public let description: String

    public init(description: String) { self.description = description }
}

extension Optional {
    /// The value in place; if it is absent, a new value takes its place.
    package subscript(orNew new: @autoclosure () -> Wrapped) -> Wrapped {
        get { self ?? new() }
        _modify {
            if self == nil { self = new() }
            yield &self!
        }
    }
}
