import Crypto
import JSON
import Postgres
public import PostgresStore
import Projections
import Rules
public import Values

/// A view that users read by name, over the rows of one projection.
public struct View: Sendable {
    /// Its name on the command line, for example `sync-state`.
    public let name: String
    public let projection: String
    /// Filter parameter → stored column.
    public let filters: [(parameter: String, column: String)]
    /// The column that `from` and `to` compare; nil where they do not apply.
    public let timeColumn: String?

    public static let trades = View(
        name: "trades", projection: "trades",
        filters: [
            ("source", "source"), ("portfolio", "source_portfolio"), ("underlying", "underlying_symbol"),
            ("state", "trade_status"), ("quality", "mapping_quality"),
        ], timeColumn: "trade_date")
    public static let syncState = View(
        name: "sync-state", projection: "sync_state", filters: [], timeColumn: nil)
    public static let all = [trades, syncState]
}

/// What a reader asks of a view.
public struct ViewRequest: Sendable {
    public var filters: [RowFilter] = []
    /// What the ledger knew after this event; nil for the projection's checkpoint.
    public var asOfPosition: Int64?
    /// What it knew at this instant.
    public var asOf: Instant?
    public var limit = 100
    public var cursor: String?

    public init() {}
}

/// A page of a view with what it stands on.
public struct ViewPage: Sendable {
    /// Rows as HTTP and the command line show them, a JSON object each.
    public let rows: [[UInt8]]
    public let nextCursor: String?
    public let position: Int64
    public let asOf: Instant
    public let headPosition: Int64
    public let version: ProjectionVersion
    /// True where this program lacks the version's code and the rows are those of its last checkpoint.
    public let isFrozen: Bool

    /// `{"rows":[…],"next_cursor":…,"aggregates":null,"ledger":{…}}`
    public func json() -> [UInt8] {
        var out: [UInt8] = Array("{\"rows\":[".utf8)
        for (index, row) in rows.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            out.append(contentsOf: row)
        }
        out.append(contentsOf: "],\"next_cursor\":".utf8)
        out.append(contentsOf: (nextCursor.map(JSONNode.string) ?? .null).httpBytes())
        out.append(contentsOf: ",\"aggregates\":null,\"ledger\":".utf8)
        out.append(contentsOf: ledger.httpBytes())
        out.append(UInt8(ascii: "}"))
        return out
    }

    /// A strong entity tag over all that the answer depends on: position, now, version and the query.
    public func entityTag(query: String) -> String {
        let text = "\(version.name)|\(version.version)|\(version.codeVersion)|\(position)|\(asOf)|\(headPosition)|\(query)"
        return "\"" + SHA256.hash(data: Array(text.utf8)).prefix(12).map { byte in
            byte < 16 ? "0" + String(byte, radix: 16) : String(byte, radix: 16)
        }.joined() + "\""
    }

    private var ledger: JSONNode {
        var rules: [(String, JSONNode)] = []
        if let document = try? JSONDocument(parsing: Array(version.rules.utf8)) {
            for (file, value) in document.root.members {
                rules.append((file, value["version"]?.integer.map(JSONNode.integer) ?? .null))
            }
        }
        var members: [(String, JSONNode)] = [
            ("position", .integer(position)),
            ("as_of", .string(asOf.description)),
            ("head_position", .integer(headPosition)),
            ("projection", .string(version.name)),
            ("code_version", .integer(Int64(version.codeVersion))),
            ("rules", .object(rules)),
        ]
        if isFrozen { members.append(("frozen", .bool(true))) }
        return .object(members)
    }
}

/// A request that can't be answered, with a stable code.
public enum ViewError: Error, Equatable, CustomStringConvertible {
    case badParameter(name: String, expected: String)
    case badCursor
    case notActivated(projection: String)

    public var description: String {
        switch self {
        case .badParameter(let name, let expected): "\(name): expected \(expected)"
        case .badCursor: "cursor: expected a next_cursor of the same list with the same filters"
        case .notActivated(let projection): "projection \(projection) has never been activated"
        }
    }
}

/// Reads views from their projections' rows.
public struct ViewReader: Sendable {
    private let ledger: Ledger
    public static let maximumLimit = 1000

    public init(_ ledger: Ledger) { self.ledger = ledger }

    /// Builds the filters of a view from parameters, and refuses those that it does not have.
    public static func filters(_ view: View, _ parameters: [(name: String, value: String)]) throws(ViewError) -> [RowFilter] {
        var filters: [RowFilter] = []
        for (name, value) in parameters {
            if let filter = view.filters.first(where: { $0.parameter == name }) {
                filters.append(.equals(column: filter.column, value: value))
            } else if let column = view.timeColumn, name == "from" || name == "to" {
                guard let instant = Instant(value) ?? CalendarDate(value)?.start else {
                    throw .badParameter(name: name, expected: "an instant such as 2026-01-31T00:00:00Z, or a date")
                }
                filters.append(name == "from" ? .from(column: column, instant) : .before(column: column, instant))
            } else {
                let known = view.filters.map(\.parameter) + (view.timeColumn == nil ? [] : ["from", "to"])
                throw .badParameter(name: name, expected: "one of the view's filters: \(known.joined(separator: ", "))")
            }
        }
        return filters
    }

    /// A page as of the request's position, or of the projection's checkpoint.
    ///
    /// Throws `LedgerError.positionUnknown` above the head and `.projectionBehind` where the checkpoint does not
    /// reach the position within two seconds: never an older answer.
    public func page(_ view: View, _ request: ViewRequest) async throws -> ViewPage {
        guard 1...Self.maximumLimit ~= request.limit else {
            throw ViewError.badParameter(name: "limit", expected: "1 to \(Self.maximumLimit)")
        }
        let cursor = try request.cursor.map { try ViewCursor(parsing: $0, view: view, filters: request.filters) }
        let deadline = ContinuousClock.now + .seconds(2)
        while true {
            do {
                return try await ledger.pool.run { session in
                    try session.transaction(.snapshot) { try page(view, request, cursor, session) }
                }
            } catch LedgerError.projectionBehind where ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    private func page(_ view: View, _ request: ViewRequest, _ cursor: ViewCursor?, _ session: PostgresSession) throws -> ViewPage {
        let log = LogReader()
        let head = try log.head(session)
        guard let version = try ledger.catalog.served(view.projection, session) else {
            throw ViewError.notActivated(projection: view.projection)
        }
        if let cursor, cursor.version != "\(version.version)/\(version.codeVersion)" { throw ViewError.badCursor }
        let clock = try session.execute("SELECT clock_timestamp()")[0].timestamptz(0)
        guard let present = Instant(microseconds: clock) else { throw ViewError.notActivated(projection: view.projection) }

        var position = version.position
        var isPinned = true
        if let pinned = cursor?.position ?? request.asOfPosition {
            if pinned < 0 { throw ViewError.badParameter(name: "as_of_position", expected: "a position, 0 or more") }
            position = pinned
        } else if let asOf = request.asOf {
            // A future instant could still see appends land before it.
            if asOf > present { throw ViewError.badParameter(name: "as_of", expected: "an instant that is not in the future") }
            position = try log.position(asOf: asOf, head: head.position, session)
        } else {
            isPinned = false
        }
        if position > head.position {
            throw LedgerError.positionUnknown(position: position, head: head.position)
        }
        let definition = ledger.registry.definition(version.name, version: version.version)
        let isFrozen = definition?.identity.codeVersion != version.codeVersion
        if position > version.position {
            throw LedgerError.projectionBehind(
                projection: version.name, position: position, checkpoint: version.position)
        }
        let now = try cursor?.asOf ?? request.asOf ?? asOf(position, isPinned: isPinned, present: present, head: head, session)

        // Without its code, a version's columns are those that any installed version of the projection has.
        guard let columns = (definition ?? ledger.registry.firstDefinition(version.name))?.columns else {
            throw ViewError.notActivated(projection: view.projection)
        }
        let rows = try ReadModel(version, columns: columns).page(
            at: position, filters: request.filters, after: cursor?.key, limit: request.limit, session)
        let next = rows.nextKey.map { key in
            ViewCursor(
                position: position, asOf: now, version: "\(version.version)/\(version.codeVersion)", key: key
            ).text(view: view, filters: request.filters)
        }
        return ViewPage(
            rows: try rows.documents.map { document in
                var out: [UInt8] = []
                out.reserveCapacity(document.count)
                columns.appendPublished(try JSONDocument(parsing: document), to: &out)
                return out
            }, nextCursor: next, position: position, asOf: now,
            headPosition: request.asOfPosition != nil || request.asOf != nil ? position : head.position,
            version: version, isFrozen: isFrozen)
    }

    /// "Now": a pinned position's `recorded_at`; else the database clock floored to the minute, not below the head's.
    private func asOf(
        _ position: Int64, isPinned: Bool, present: Instant, head: LogHead, _ session: PostgresSession
    ) throws -> Instant {
        if isPinned {
            if position == 0 { return .minimum }
            let row = try session.execute(
                "SELECT recorded_at FROM ledger.events WHERE position = $1", [.int8(position)])
            guard let recorded = try row.first?.timestamptz(0), let instant = Instant(microseconds: recorded) else {
                throw LedgerError.corrupt(position: position, problem: "the event is missing")
            }
            return instant
        }
        return max(present.flooredToMinute, head.recordedAt ?? .minimum)
    }
}

extension CalendarDate {
    /// UTC midnight; nil outside the years 1970…2199.
    public var start: Instant? { Instant(microseconds: Int64(daysSinceEpoch) * 86_400_000_000) }
}
