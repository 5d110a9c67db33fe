import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
import OptionTrades

/// The rows of a view at a position, as a reader sees them at a moment.
///
/// The version's stored rows are read if they suffice. Rows are recomputed from facts if the reader asks for horizons,
/// for another valid time, or for rules whose rows are not stored.
struct ViewRows: Sendable {
    let view: View
    let standing: ViewStanding
    let request: ViewRequest
    let definition: ProjectionDefinition?
    let columns: ColumnSet
    let model: ReadModel
    let selection: RowSelection?
    /// The order of the pages' rows. Nil for key order.
    let order: RowOrder?
    /// Filters on columns of an entity's key, which can select facts.
    private let entityFilters: [RowFilter]
    /// Whether rows are computed from facts.
    let isDerived: Bool
    /// Starts the sums over the rows. The version's code defines them; for frozen rows this program's code does. Nil if
    /// the view has no sums.
    let startAggregates: (@Sendable () -> any RowAggregates)?
    private let entityParts: Int
    /// The number of documents in a query.
    private static let chunk = 1000

    /// Throws if the rows need the version's code and this program lacks it.
    init(_ view: View, _ request: ViewRequest, _ standing: ViewStanding, _ registry: ProjectionRegistry) throws {
        let source = standing.source
        guard let any = source.definition ?? registry.firstDefinition(view.projection) else {
            throw ViewError.notActivated(projection: view.projection)
        }
        if source.definition == nil, request.effectiveAt != nil || request.horizons != nil {
            throw ViewError.rulesUnavailable(
                "this program lacks the code of \(view.projection) \(source.version.label), which effective_at and horizons need")
        }
        do {
            selection = request.isAtMarkedHorizons ? nil : try source.definition?.selection(parsing: request.horizons)
        } catch {
            throw ViewError.badParameter(name: "horizons", expected: "days or `expiry`, comma-separated: \(error)")
        }
        do {
            order = try request.sort.map { text throws(RowOrderError) in try RowOrder(parsing: text, any.columns) }
        } catch {
            throw ViewError.badParameter(name: "sort", expected: "\(error)")
        }
        if order != nil, let series = request.series {
            throw ViewError.badParameter(name: "sort", expected: "a list of rows, without \(series.parameters[0].name)")
        }
        self.view = view
        self.standing = standing
        self.request = request
        definition = source.definition
        columns = any.columns
        startAggregates = any.aggregates
        model = ReadModel(source.tables, any)
        isDerived = source.definition != nil && (!source.hasRows || request.effectiveAt != nil || view.hasHorizons)
        let key = any.entityKey
        entityParts = key.count
        entityFilters = request.filters.filter { filter in key.contains { $0.isBytewiseEqual(to: filter.column) } }
    }

    /// The sums that the view's lists have beside them; nil if it has none.
    func aggregates(_ selection: String) -> KeptFolds.Question? { startAggregates.map { .sums($0(), selection) } }

    /// The first rows in the request's order, at most so many; nil if its rows are in key order, or if nothing of them is kept.
    func leading(_ limit: Int, _ selection: String) -> KeptFolds.Question? {
        canBeKept ? order.map { .leading(LeadingRows(in: $0, limit: limit), selection) } : nil
    }

    /// Whether folds of the rows can be brought up to date: their code is known, and no reader asks for another valid time.
    var canBeKept: Bool { definition != nil && request.effectiveAt == nil }

    /// Totals without rows, in groups. Throws `ViewError.badParameter` for columns that the rows can't be grouped by.
    func startTotals(by groupings: [RowTotals.Grouping]) throws(ViewError) -> RowTotals {
        do {
            return try RowTotals(columns, by: groupings)
        } catch {
            throw ViewError.badParameter(name: "by", expected: error.expected)
        }
    }

    /// The number of parts of a row's key.
    var keyCount: Int { columns.key.count }

    /// Whether the search for a page's rows can go through the whole view: no index has their order, or nothing stored
    /// tells which facts give the requested rows.
    ///
    /// Rows of a series are their own facts, so none are computed. The latest ones are found by the key if it allows.
    var isSearch: Bool {
        if order != nil { return true }
        return switch request.series {
        case .latest: !columns.key.starts(with: latestGroup + [time]) { $0.isBytewiseEqual(to: $1) }
        case .points: true
        case nil: isDerived && (request.effectiveAt != nil || entityFilters.count < request.filters.count)
        }
    }

    /// The row in the form of HTTP and the command line, with decimals as numbers.
    func publish(_ document: JSONDocument) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(document.bytes.count)
        columns.appendPublished(document, to: &out)
        return out
    }

    /// The rows of a page after the row of a key, and whether there are more.
    func page(
        after key: RowKey?, _ deadline: FoldDeadline, _ session: PostgresSession
    ) throws -> (rows: [(key: RowKey, row: [UInt8])], hasMore: Bool) {
        if let order { return try page(in: order, after: key, deadline, session) }
        let rows =
            switch request.series {
            case .latest: try latest(after: key, session)
            case .points(let bucket, let aggregate): try points(bucket, aggregate, after: key, deadline, session)
            case nil: try list(after: key, deadline, session)
            }
        return (Array(rows.prefix(request.limit)), rows.count > request.limit)
    }

    /// The rows after a key, one more than the limit.
    private func list(
        after key: RowKey?, _ deadline: FoldDeadline, _ session: PostgresSession
    ) throws -> [(key: RowKey, row: [UInt8])] {
        var rows: [(key: RowKey, row: [UInt8])] = []
        try forEach(after: key, deadline, session) { key, document in
            rows.append((key, publish(document)))
            return rows.count <= request.limit
        }
        return rows
    }

    /// Visits the selected rows after a key, in key order, until the visitor returns false.
    func forEach(
        after key: RowKey?, _ deadline: FoldDeadline, _ session: PostgresSession,
        _ visit: (RowKey, JSONDocument) throws -> Bool
    ) throws {
        if isDerived, let definition {
            try forEachDerived(definition, after: key, deadline, session, visit)
        } else {
            try forEachStored(request.filters, after: key, deadline, session, visit)
        }
    }

    /// Streams all selected rows in key order, whatever the request's limit. Rows that are stored come as one COPY.
    func forEachRow(
        _ session: PostgresSession, by deadline: FoldDeadline = FoldDeadline(instant: nil), _ visit: (JSONDocument) throws -> Void
    ) throws {
        if isDerived {
            return try forEach(after: nil, deadline, session) { _, document in
                try visit(document)
                return true
            }
        }
        var count = 0
        try model.forEachRow(at: standing.position, filters: request.filters, session) { bytes in
            count += 1
            if count % Self.chunk == 0 { try deadline.check() }
            try visit(presented(Array(bytes)))
        }
    }

    /// The last of the selected rows by key; the filters are on the entity's key.
    func last(_ session: PostgresSession) throws -> JSONDocument? {
        guard let found = try model.last(at: standing.position, filters: request.filters, isFacts: isDerived, session) else { return nil }
        guard isDerived, let definition else { return try presented(found) }
        return try definition.rows(fromFacts: found, effectiveBy: request.effectiveAt, selecting: selection, session).last
            .map { try presented($0.document) }
    }

    /// The numbers of the selected rows by the texts of some columns.
    ///
    /// The database counts stored rows by what is stored. It is also what is shown: a projection whose readers see other texts in
    /// its columns than are stored computes its rows.
    func counts(by columns: [String], _ deadline: FoldDeadline, _ session: PostgresSession) throws -> RowCounts {
        if !isDerived { return try model.counts(by: columns, at: standing.position, filters: request.filters, session) }
        var counts = RowCounts(by: columns)
        try forEach(after: nil, deadline, session) { _, row in
            counts.add(row.root)
            return true
        }
        return counts
    }

    func forEachStored(
        _ filters: [RowFilter], after key: RowKey?, _ deadline: FoldDeadline, _ session: PostgresSession,
        _ visit: (RowKey, JSONDocument) throws -> Bool
    ) throws {
        var key = key
        // A page is small, but sums go through everything.
        var limit = min(request.limit + 1, Self.chunk)
        while true {
            try deadline.check()
            let rows = try model.rows(at: standing.position, filters: filters, after: key, limit: limit, session)
            for row in rows {
                guard try visit(row.key, presented(row.document)) else { return }
            }
            guard rows.count == limit, let last = rows.last else { return }
            key = last.key
            limit = Self.chunk
        }
    }

    private func forEachDerived(
        _ definition: ProjectionDefinition, after key: RowKey?, _ deadline: FoldDeadline, _ session: PostgresSession,
        _ visit: (RowKey, JSONDocument) throws -> Bool
    ) throws {
        var start = key
        var isIncluded = true
        // An entity gives no row, one row, or a few.
        var limit = isSearch ? Self.chunk : min(request.limit + 1, Self.chunk)
        while true {
            try deadline.check()
            let entities = try model.facts(
                at: standing.position, filters: entityFilters, from: start, isIncluded: isIncluded, limit: limit, session)
            for entity in entities {
                let referred = try LogReader().referred(by: [entity.document], definition, session)[0]
                let rows = try selected(
                    fromFacts: entity.document, definition, referring: referred, after: key, now: standing.now)
                for row in rows { guard try visit(row.key, row.document) else { return } }
            }
            guard entities.count == limit, let last = entities.last else { return }
            start = last.key
            isIncluded = false
            limit = Self.chunk
        }
    }

    /// The selected rows after a key that follow from an entity's facts, as readers see them at a moment.
    func selected(
        fromFacts facts: [UInt8], _ definition: ProjectionDefinition, referring events: ReferredEvents, after key: RowKey?, now: Instant
    ) throws -> [(key: RowKey, document: JSONDocument)] {
        let rows = try definition.rows(
            fromFacts: facts, effectiveBy: request.effectiveAt, selecting: selection, referring: events)
        return try rows.compactMap { row in
            if let key, row.key <= key { return nil }
            let document = try presented(row.document, now: now)
            return request.filters.allSatisfy { $0.passes(document.root) } ? (row.key, document) : nil
        }
    }

    /// The digest of all the version's rows at the position, independent of selection and page.
    func digest(_ deadline: FoldDeadline, _ session: PostgresSession) throws -> String {
        let source = standing.source
        guard !source.hasRows, let definition else {
            return try ProjectionVerifier.digest(of: source.tables, columns, at: standing.position, session).digest
        }
        var digest = RowDigest(columns)
        var start: RowKey?
        while true {
            try deadline.check()
            let entities = try model.facts(
                at: standing.position, from: start, isIncluded: false, limit: Self.chunk, session)
            for entity in entities {
                for row in try definition.rows(fromFacts: entity.document, session) { try digest.add(row.document) }
            }
            guard entities.count == Self.chunk, let last = entities.last else { return digest.finish() }
            start = last.key
        }
    }

    /// The digest of everything up to the position in the tables that the rows come from. Throws if this program lacks
    /// their code.
    func fullDigest(_ session: PostgresSession) throws -> ViewReceipt.Full {
        let tables = standing.source.tables
        guard let definition else {
            throw ViewError.rulesUnavailable(
                "this program lacks the code of \(view.projection) \(tables.reference), which receipt=full needs")
        }
        return ViewReceipt.Full(
            digest: try ProjectionVerifier.fullDigest(of: tables, definition, at: standing.position, session),
            tables: tables.reference.description)
    }

    /// A document as the reader sees it.
    func presented(_ bytes: [UInt8]) throws -> JSONDocument { try presented(bytes, now: standing.now) }

    private func presented(_ bytes: [UInt8], now: Instant) throws -> JSONDocument {
        let stored = try JSONDocument(parsing: bytes)
        guard let shown = definition?.present(stored, now: now), shown != bytes else { return stored }
        return try JSONDocument(parsing: shown)
    }

    /// The first instant after a moment at which readers see a row otherwise, which they see like this at the moment.
    func nextChange(of row: JSONDocument, after now: Instant) -> Instant? { definition?.nextChange(of: row, after: now) }

    /// The entity of a row's key.
    func entity(of key: RowKey) -> RowKey { RowKey(entityOf: key, parts: entityParts) }
}
