import JSON
import Postgres
public import PostgresStore
import Projections
public import Values

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
                throw .badParameter(
                    name: name, expected: "one of the view's filters: \(view.filterParameters.joined(separator: ", "))")
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
        let cursor = try request.cursor.map { try ViewCursor(parsing: $0, selection: request.selection(view)) }
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
        var now = try cursor?.asOf ?? request.asOf ?? asOf(position, isPinned: isPinned, present: present, head: head, session)
        if let effectiveAt = request.effectiveAt { now = min(now, effectiveAt) }

        let rows = try ViewRows(
            view, request, version, definition: isFrozen ? nil : definition,
            anyDefinition: definition ?? ledger.registry.firstDefinition(version.name), position: position, now: now)
        var published: [[UInt8]] = []
        var last: RowKey?
        var hasMore = false
        try rows.forEach(after: cursor.map { RowKey($0.key) }, session) { key, document in
            if published.count == request.limit {
                hasMore = true
                return false
            }
            published.append(rows.publish(document))
            last = key
            return true
        }
        let selection = request.selection(view)
        let next = (hasMore ? last : nil).map { key in
            ViewCursor(
                position: position, asOf: now, version: "\(version.version)/\(version.codeVersion)",
                key: key.parts.map(\.text)
            ).text(selection: selection)
        }
        return ViewPage(
            rows: published, nextCursor: next, aggregates: try aggregates(rows, selection, session),
            remark: view.remark, position: position, asOf: now,
            headPosition: request.asOfPosition != nil || request.asOf != nil ? position : head.position,
            version: version, isFrozen: isFrozen)
    }

    /// The sums over all selected rows; worked out once for a position, a selection and a moment.
    private func aggregates(_ rows: ViewRows, _ selection: String, _ session: PostgresSession) throws -> JSONNode? {
        guard let start = rows.view.aggregates else { return nil }
        let version = rows.version
        let key = "\(version.name)/\(version.version)/\(version.codeVersion)|\(rows.position)|\(rows.now)|\(selection)"
        if let known = ledger.aggregates[key] { return known }
        var sums = start()
        try rows.forEach(after: nil, session) { _, document in
            sums.add(document.root)
            return true
        }
        let node = sums.node()
        ledger.aggregates[key] = node
        return node
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
