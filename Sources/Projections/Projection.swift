public import Events
public import JSON
public import Rules
public import Values

/// What makes a projection the projection that it is: its name, its code, and every rule file that it reads.
public struct ProjectionIdentity: Sendable, Hashable {
    public let name: String
    /// Raised whenever the code changes what a reader gets of the same events and rules: facts, rows or sums over them.
    public let codeVersion: Int
    /// In path order; the projection's own file first gives the version's name.
    public let rules: [RuleFile]
    /// The number of its rules version, `rules.v<N>.yaml`.
    public let rulesVersion: Int
    /// The rules version, for example `v1`: the name of a version among those that live side by side.
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

    /// The same fold under the code version that readers know.
    func published(as codeVersion: Int) -> ProjectionIdentity { ProjectionIdentity(self, codeVersion: codeVersion) }
}

/// An event with its payload in the current schema's terms, in one place for all who fold it.
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

    /// The payload as a type of its own; nil if it is of another one.
    @inlinable
    public func payload<Payload: EventPayload>(as type: Payload.Type = Payload.self) -> Payload? { payload.payload(as: type) }
}

/// A pure, deterministic fold of the log into rows.
///
/// It sees the events of the types that it consumes, in position order, and nothing else: no clock, no random
/// numbers, no locale, no other projection's rows.
///
/// The log is cut into entities (an account, an order, a group of contracts), each with a key of exactly two parts. An
/// event changes the facts of the entities that it touches, each on its own; an entity's rows follow from its facts
/// alone. So entities can be folded apart, on any number of workers, and a row can be worked out again from facts
/// under other rules or at another moment of the world.
public protocol Projection: Sendable {
    /// What events say about one entity, and all that its rows follow from. No rule's result: facts are the same
    /// under any rules version.
    associatedtype Facts: Sendable

    /// The fold's: its code version is the oldest one that gives the same facts and rows.
    var identity: ProjectionIdentity { get }

    /// The event types folded, with the schema versions understood; another version of a declared type is poison.
    static var consumes: [EventType: Set<Int>] { get }

    /// Whether an entity is exactly one row whose document is also its facts: nothing else is stored then.
    static var rowsAreFacts: Bool { get }

    /// Whether the one entity that an event touches is the event's subject.
    static var entitiesAreSubjects: Bool { get }

    /// The entities that an event changes, by the event alone; each at most once.
    func entities(touchedBy event: DecodedEvent) throws -> [RowKey]

    /// Folds one event into one of its entities' facts, which are nil before its first event and where nothing is
    /// left to know.
    func apply(_ event: DecodedEvent, to facts: inout Facts?, of entity: RowKey) throws

    /// Writes the rows that follow from the facts, in ascending key order.
    func writeRows(of facts: Facts, to rows: inout RowWriter)

    /// Writes the facts as canonical JSON, in event encoding.
    func encode(_ facts: Facts, to out: inout JSONWriter)

    /// Reads facts back: the same rows and the same later folds come out of `facts(from: encode(f))` as of f.
    func facts(from document: [UInt8]) throws -> Facts

    /// The facts without what holds in the world only after an instant; nil where the entity itself does.
    func facts(_ facts: Facts, effectiveBy instant: Instant) -> Facts?

    /// A row as a reader sees it at a moment: maturity and expiry depend on it, and are never stored.
    func present(_ document: JSONDocument, now: Instant) -> [UInt8]
}

extension Projection {
    public static var rowsAreFacts: Bool { false }
    public static var entitiesAreSubjects: Bool { false }

    /// The rows that follow from the facts, in ascending key order.
    public func rows(of facts: Facts) -> [ProjectedRow] {
        var rows = RowWriter()
        writeRows(of: facts, to: &rows)
        return rows.projectedRows
    }

    /// The facts as canonical JSON, in event encoding.
    public func encode(_ facts: Facts) -> [UInt8] {
        JSONWriter.bytes(reservingCapacity: 2048) { encode(facts, to: &$0) }
    }

    /// As it is stored.
    public func present(_ document: JSONDocument, now: Instant) -> [UInt8] { document.bytes }
}

/// A projection whose readers select rows by a parameter: those that are not stored follow from the facts when they are asked
/// for.
public protocol SelectiveProjection: Projection {
    associatedtype Selection: Sendable

    /// What a reader gets who selects nothing.
    var standardSelection: Selection { get }

    /// What a reader's text selects; throws a sentence's worth of what is wrong with it.
    func selection(parsing text: String) throws -> Selection

    /// Writes the selected rows, in ascending key order.
    func writeRows(of facts: Facts, selecting selection: Selection, to rows: inout RowWriter)
}

extension SelectiveProjection {
    /// The selected rows, in ascending key order.
    public func rows(of facts: Facts, selecting selection: Selection) -> [ProjectedRow] {
        var rows = RowWriter()
        writeRows(of: facts, selecting: selection, to: &rows)
        return rows.projectedRows
    }
}

/// What a reader selects of a ``SelectiveProjection``, as its definition read it.
public struct RowSelection: Sendable {
    package let selection: any Sendable
}

/// A row that follows from an entity's facts.
public struct ProjectedRow: Sendable {
    public let key: RowKey
    /// A canonical JSON object of exactly the columns of `columns.json`, in event encoding.
    public let document: [UInt8]
    /// The values of the `stored` columns, in their order.
    public let stored: [StoredValue]

    public init(key: RowKey, document: [UInt8], stored: [StoredValue]) {
        self.key = key
        self.document = document
        self.stored = stored
    }
}

/// A filter column's value beside the document.
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

/// Stored facts or rows that do not read back: their table was altered, or a code version was not raised.
public struct RowProblem: Error, CustomStringConvertible {
    public let description: String

    public init(description: String) { self.description = description }
}

extension Optional {
    /// The value in its place, which is a new one where there is none.
    package subscript(orNew new: @autoclosure () -> Wrapped) -> Wrapped {
        get { self ?? new() }
        _modify {
            if self == nil { self = new() }
            yield &self!
        }
    }
}
