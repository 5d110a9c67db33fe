import LedgerEvents
import LedgerJSON
package import LedgerPostgres
package import LedgerProjections
import LedgerStore
import LedgerValues
package import OptionTrades

/// Reads views from their projections' rows.
package struct ViewReader: Sendable {
    let ledger: Ledger
    let database: ReadDatabase
    private let isBounded: Bool
    private let folds: FoldGate
    let kept: KeptFolds
    package static let maximumLimit = 1000
    /// The most rows of a page whose rows are joined with those of chains.
    package static let maximumJoinedLimit = 100

    /// The rows of a page whose request has no limit: 100, or all points.
    package static func standardLimit(_ series: SeriesReading?) -> Int {
        if case .points = series { SeriesPoints.maximum } else { 100 }
    }

    /// - Parameters:
    ///   - pool: the database to read, if it is not the ledger's; if omitted, the ledger's primary or replica,
    ///     depending on the data to see
    ///   - isBounded: whether work over a whole view has a service's limits; a command has no limits
    package init(_ ledger: Ledger, pool: PostgresPool? = nil, isBounded: Bool = true) {
        self.init(ledger, pool: pool, isBounded: isBounded, folds: ledger.folds)
    }

    /// - Parameter kept: what is kept between answers; if omitted, the ledger's
    init(
        _ ledger: Ledger, pool: PostgresPool? = nil, isBounded: Bool = true, folds: FoldGate, kept: KeptFolds? = nil
    ) {
        self.ledger = ledger
        database = ReadDatabase(ledger, pool: pool)
        self.isBounded = isBounded
        self.folds = folds
        self.kept = kept ?? ledger.kept
    }

    /// A page at the request's position, or at the projection's checkpoint.
    ///
    /// Throws `LedgerError.positionUnknown` above the head. Throws `.projectionBehind` if the checkpoint does not reach
    /// the position within two seconds; an older answer is never given. Throws `ViewError.foldTooLarge` if the limits
    /// do not permit the computation of the rows or the sums.
    package func page(_ view: View, _ request: ViewRequest) async throws -> ViewPage {
        // Points without a limit come all at once.
        guard 1...Self.maximumLimit ~= request.limit || request.limit == Self.standardLimit(request.series) else {
            throw ViewError.badParameter(name: "limit", expected: "1 to \(Self.maximumLimit)")
        }
        let cursor = try request.cursor.map { try ViewCursor(parsing: $0, list: request.list(view)) }
        if let cursor, !cursor.stands(on: request) { throw ViewError.badCursor }
        guard request.hasJoinedRows else { return try await fresh(view) { try await page(view, request, cursor) } }
        guard view.hasJoinedRows else { throw ViewError.badParameter(name: "rows", expected: "a view of chains") }
        guard request.limit <= Self.maximumJoinedLimit else {
            throw ViewError.badParameter(name: "limit", expected: "1 to \(Self.maximumJoinedLimit) with the rows of chains")
        }
        var answer = try await fresh(view) { try await page(view, request, cursor) }
        let documents = try answer.rows.map { try JSONDocument(parsing: $0) }
        // Events never change, so they can be read after the page.
        let joined = try await database.run(.rows(projection: view.projection, position: answer.position)) { session in
            try ChainParts(ledger: ledger, session: session).joined(documents)
        }
        answer.rows = joined.map(\.bytes)
        return answer
    }

    /// The counts of the rows that a request selects and the sums of their money, in groups.
    ///
    /// The request's limit and cursor do not apply. Throws as ``page(_:_:)`` does, and `ViewError.badParameter` for
    /// groups that the view's rows cannot have, or too many of them.
    ///
    /// - Parameters:
    ///   - view: the view.
    ///   - request: what selects the rows, and their moment.
    ///   - groupings: the columns to group by; without any, all rows are one group.
    package func totals(
        _ view: View, _ request: ViewRequest, by groupings: [RowTotals.Grouping]
    ) async throws -> ViewTotals {
        try await fresh(view) {
            let rows = try await settle(view, request, nil, readsPage: false).rows
            do {
                return ViewTotals(
                    page: ViewPage(
                        rows: [], nextCursor: nil,
                        aggregates: try await sums(
                            .totals(try rows.startTotals(by: groupings), request.selection(view)), rows),
                        view, request, rows.standing, receipt: try await receipt(rows, request)))
            } catch is FoldDeadline.Passed {
                throw ViewError.foldTooLarge(command: request.command(view, rows.standing, totalsBy: groupings))
            }
        }
    }

    /// Runs a read of a request's rows, whatever its limit and cursor, in the snapshot in which its position, moment and version are
    /// settled. A read that finds its version dropped is run again.
    ///
    /// Throws as ``page(_:_:)`` does, and what the read throws.
    func reading<T: Sendable>(
        _ view: View, _ request: ViewRequest, _ read: @Sendable (ViewRows, PostgresSession) throws -> T
    ) async throws -> T {
        try await fresh(view) {
            try await ledger.settled(asOf: request.asOf) { settledHead in
                try await database.run(Self.point(view, request, nil)) { session in
                    try session.transaction(.snapshot) {
                        let standing = try standing(view, request, nil, settledHead: settledHead, session)
                        return try read(try ViewRows(view, request, standing, ledger.registry), session)
                    }
                }
            }
        }
    }

    /// The rows of some keys at a request's position and moment, in the order of the keys; nil for a key without a row. The request's
    /// filters do not apply.
    ///
    /// Throws as ``page(_:_:)`` does.
    package func rows(of keys: [[String]], _ view: View, _ request: ViewRequest) async throws -> [[UInt8]?] {
        try await reading(view, request) { rows, session in
            try rows.documents(of: keys.map { RowKey($0) }, session).map { row in row.map { rows.publish($0) } }
        }
    }

    /// Reads with the catalog as it is; a version that was dropped meanwhile is unavailable.
    func fresh<T: Sendable>(_ view: View, _ read: @Sendable () async throws -> T) async throws -> T {
        do {
            return try await withFreshCatalog { try await read() }
        } catch let error as PostgresError where error.sqlState == .undefinedTable {
            throw ViewError.rulesUnavailable("the version of \(view.projection) was dropped while it was read")
        }
    }

    private func page(_ view: View, _ request: ViewRequest, _ cursor: ViewCursor?) async throws -> ViewPage {
        let (rows, read) = try await settle(view, request, cursor)
        let standing = rows.standing
        let after = cursor.map { RowKey($0.key) }
        let selection = request.selection(view)
        let found: Page
        let aggregates: JSONNode?
        let receipt: ViewReceipt?
        do {
            // Both may go through the whole view, so that neither waits for the other.
            async let sums = self.aggregates(rows, request, selection)
            if let read {
                found = read
            } else {
                found = try await search(rows, request, after: after, selection)
            }
            aggregates = try await sums
            receipt = try await self.receipt(rows, request)
        } catch is FoldDeadline.Passed {
            throw ViewError.foldTooLarge(command: request.command(view, standing))
        }
        let next = (found.hasMore ? found.rows.last : nil).map { last in
            ViewCursor(
                position: standing.position, asOf: standing.now, version: standing.source.version.label,
                key: last.key.parts.map(\.text)
            ).text(list: request.list(view))
        }
        return ViewPage(
            rows: found.rows.map(\.row), nextCursor: next, aggregates: aggregates, view, request, standing, receipt: receipt)
    }

    /// The receipt, if the request asks for it.
    private func receipt(_ rows: ViewRows, _ request: ViewRequest) async throws -> ViewReceipt? {
        request.hasReceipt ? try await rows.receipt(isFull: request.isReceiptFull, isBounded: isBounded, folds, database) : nil
    }

    // MARK: - The basis of an answer

    typealias Page = (rows: [(key: RowKey, row: [UInt8])], hasMore: Bool)

    /// Settles position, moment and version. If the rows are found in key order, the page is read in the same snapshot.
    ///
    /// Waits up to two seconds for a projection that is behind.
    func settle(
        _ view: View, _ request: ViewRequest, _ cursor: ViewCursor?, readsPage: Bool = true
    ) async throws -> (rows: ViewRows, page: Page?) {
        do {
            return try await ledger.settled(asOf: request.asOf) { settledHead in
                let answer = try await database.run(Self.point(view, request, cursor)) { session -> (rows: ViewRows, page: Page?) in
                    try session.transaction(.snapshot) {
                        let standing = try standing(view, request, cursor, settledHead: settledHead, session)
                        let rows = try ViewRows(view, request, standing, ledger.registry)
                        if let cursor, cursor.key.count != rows.keyCount { throw ViewError.badCursor }
                        if rows.isSearch || !readsPage { return (rows, nil) }
                        let page = try rows.page(
                            after: cursor.map { RowKey($0.key) }, FoldDeadline(instant: nil), session)
                        return (rows, page)
                    }
                }
                let shown = answer.rows.standing
                ledger.noteShown(head: shown.headPosition, projection: view.projection, position: shown.position)
                return answer
            }
        } catch LedgerError.projectionBehind where cursor != nil {
            // The page before was read from rows that reached the cursor's position.
            throw ViewError.badCursor
        }
    }

    /// The data that a page has to see, which decides the database to read.
    private static func point(_ view: View, _ request: ViewRequest, _ cursor: ViewCursor?) -> ReadPoint {
        if let position = cursor?.position ?? request.asOfPosition {
            return .rows(projection: view.projection, position: position)
        }
        return request.asOf.map { .instant($0) } ?? .latestOf(projection: view.projection)
    }

    private func standing(
        _ view: View, _ request: ViewRequest, _ cursor: ViewCursor?, settledHead: Int64?, _ session: PostgresSession
    ) throws -> ViewStanding {
        let sources = try ViewSources(view.projection, ledger, session)
        let served = try sources.served()
        let moment = try ReadMoment(
            position: cursor?.position ?? request.asOfPosition, asOf: cursor?.asOf ?? request.asOf,
            checkpoint: (view.projection, served.tables.position), settledHead: settledHead, session)
        let position = moment.position
        let source = try source(sources, served: served, request, cursor, at: position, session)
        if position > source.tables.position {
            throw LedgerError.projectionBehind(
                projection: view.projection, position: position, checkpoint: source.tables.position)
        }
        // No page can have been read at a future moment, except if the clocks of databases differ a little.
        let latest = max(moment.present.advanced(byMicroseconds: 60_000_000) ?? moment.present, moment.head.recordedAt ?? .minimum)
        if let cursor, cursor.asOf > latest { throw ViewError.badCursor }
        return ViewStanding(
            position: position, now: request.effectiveAt.map { min(moment.now, $0) } ?? moment.now,
            headPosition: request.asOfPosition != nil || request.asOf != nil ? position : moment.head.position, source: source)
    }

    /// The requested version. A cursor stays at the version of its first page.
    private func source(
        _ sources: ViewSources, served: ViewSource, _ request: ViewRequest, _ cursor: ViewCursor?, at position: Int64,
        _ session: PostgresSession
    ) throws -> ViewSource {
        if let cursor {
            if cursor.version.isBytewiseEqual(to: served.version.label) { return served }
            guard let version = try? VersionReference(parsing: cursor.version) else { throw ViewError.badCursor }
            // A version dropped in the meantime cannot be distinguished from one that never existed, so the list has to
            // start again.
            do {
                return try sources.source(version, at: position)
            } catch ViewError.rulesUnavailable {
                throw ViewError.badCursor
            }
        }
        return try sources.source(request.rules, served: served, at: position, session)
    }

    // MARK: - What goes through a whole view

    /// A page whose rows have to be searched for among all.
    private func search(
        _ rows: ViewRows, _ request: ViewRequest, after key: RowKey?, _ selection: String
    ) async throws -> Page {
        let name = "rows|\(rows.standing.key)|\(selection)|\(request.sort ?? "")|\(request.limit)|\(request.cursor ?? "")"
        let result = try await fold(name) { deadline in
            try await deadline.read(database, rows.standing.point) { session in
                let page = try leading(rows, after: key, selection, deadline, session) ?? rows.page(after: key, deadline, session)
                return .rows(page.rows, hasMore: page.hasMore)
            }
        }
        guard case .rows(let found, let hasMore) = result else { preconditionFailure("a fold of rows gives rows") }
        return (found, hasMore)
    }

    func fold(
        _ key: String, _ work: @escaping @Sendable (FoldDeadline) async throws -> FoldResult
    ) async throws -> FoldResult {
        try await folds.result(key, isBounded: isBounded, work)
    }
}
