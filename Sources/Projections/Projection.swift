public import Events
public import Rules
public import Values

/// What makes a projection the projection that it is: its name, its code, and every rule file that it reads.
public struct ProjectionIdentity: Sendable, Hashable {
    public let name: String
    /// Raised whenever the fold's code changes what it yields.
    public let codeVersion: Int
    /// In path order; the projection's own file first gives the version's name.
    public let rules: [RuleFile]
    /// The rules version, for example `v1`: the name of a version among those that live side by side.
    public let version: String

    public init(name: String, codeVersion: Int, ownRules: RuleFile, rules: [RuleFile]) {
        self.name = name
        self.codeVersion = codeVersion
        self.rules = rules
        version = "v\(ownRules.version)"
    }
}

/// An event with its payload in the current schema's terms.
public struct DecodedEvent: Sendable {
    public let record: RecordedEvent
    public let payload: EventPayload

    public init(record: RecordedEvent, payload: EventPayload) {
        self.record = record
        self.payload = payload
    }
}

/// A pure, deterministic fold of the log into rows.
///
/// It sees the events of the types that it consumes, in position order, and nothing else: no clock, no random
/// numbers, no locale, no other projection's rows.
public protocol Projection: Sendable {
    associatedtype Row: Sendable

    var identity: ProjectionIdentity { get }

    /// The event types folded, with the schema versions understood; another version of a declared type is poison.
    static var consumes: [EventType: Set<Int>] { get }

    /// The rows that an event can read or write: they are loaded before `apply` sees it.
    func keys(touchedBy event: DecodedEvent) -> [RowKey]

    /// Folds one event. Setting a row equal to the one that is there yields no version.
    func apply(_ event: DecodedEvent, to rows: inout RowSet<Row>) throws

    /// The row as a canonical JSON object of exactly the columns of `columns.json`, in event encoding.
    func document(of row: Row) -> [UInt8]

    /// Reads a row back from its document: `row(from: document(of: r))` equals r in all that `apply` reads.
    func row(from document: [UInt8]) throws -> Row

    /// The values of the `stored` columns, in their order.
    func storedValues(of row: Row) -> [StoredValue]
}

/// A filter column's value beside the document.
public enum StoredValue: Sendable, Hashable {
    case text(String?)
    case instant(Instant?)
}

/// Why a projection stopped at an event.
public struct PoisonEvent: Error, CustomStringConvertible {
    public let position: Int64
    public let problem: String

    public init(position: Int64, problem: String) {
        self.position = position
        self.problem = problem
    }

    public var description: String { "event \(position): \(problem)" }
}
