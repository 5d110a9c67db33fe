import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues

extension ViewRows {
    /// The rows of a page in an order, after the row of a key, and whether there are more.
    ///
    /// Stored rows are put in order by the database, by the values that are stored; rows that are computed, by the values that
    /// are shown. Both are the same: a projection whose readers see other values than are stored computes its rows.
    ///
    /// Throws `ViewError.badCursor` if there is no row of this key.
    func page(
        in order: RowOrder, after key: RowKey?, _ deadline: FoldDeadline, _ session: PostgresSession
    ) throws -> (rows: [(key: RowKey, row: [UInt8])], hasMore: Bool) {
        let start = try place(of: key, in: order, session)
        let wanted = request.limit + 1
        if isDerived {
            var leading = LeadingRows(in: order, limit: wanted)
            try forEach(after: nil, deadline, session) { key, document in
                let place = RowOrder.Place(value: try order.value(of: document.root), key: key)
                if start.map({ order.precedes($0, place) }) ?? true { leading.add(place) }
                return true
            }
            return try page(at: leading.first(wanted, after: nil) ?? [], session)
        }
        let found = try model.rows(
            at: standing.position, filters: request.filters, in: order, after: start, limit: wanted, session)
        let rows = try found.prefix(request.limit).map { ($0.key, publish(try presented($0.document))) }
        return (rows, hasMore: found.count == wanted)
    }

    /// The rows of a page from the first rows of its order, after the row of a key. Nil if the page lies beyond them.
    ///
    /// Throws `ViewError.badCursor` if there is no row of this key.
    func page(
        from leading: LeadingRows, in order: RowOrder, after key: RowKey?, _ session: PostgresSession
    ) throws -> (rows: [(key: RowKey, row: [UInt8])], hasMore: Bool)? {
        var leading = leading
        return try leading.first(request.limit + 1, after: try place(of: key, in: order, session)).map { try page(at: $0, session) }
    }

    /// The rows at some places, one more than a page has if there are more.
    private func page(
        at places: [RowOrder.Place], _ session: PostgresSession
    ) throws -> (rows: [(key: RowKey, row: [UInt8])], hasMore: Bool) {
        let keys = places.prefix(request.limit).map(\.key)
        let rows = zip(keys, try documents(of: keys, session)).compactMap { key, document in document.map { (key, publish($0)) } }
        return (rows, hasMore: places.count > request.limit)
    }

    /// The place of the row of a key, whether the filters select it or not; nil without a key.
    private func place(of key: RowKey?, in order: RowOrder, _ session: PostgresSession) throws -> RowOrder.Place? {
        guard let key else { return nil }
        guard let row = try documents(of: [key], session)[0] else { throw ViewError.badCursor }
        return RowOrder.Place(value: try order.value(of: row.root), key: key)
    }

    /// The rows of some keys, whether the filters select them or not; nil for a key without a row.
    func documents(of keys: [RowKey], _ session: PostgresSession) throws -> [JSONDocument?] {
        guard isDerived, let definition else {
            let found = try model.rows(of: keys, at: standing.position, session)
            var rows: [RowKey: JSONDocument] = [:]
            for row in found { rows[row.key] = try presented(row.document) }
            return keys.map { rows[$0] }
        }
        let facts = try model.facts(of: keys.map(entity), at: standing.position, session)
        let referred = try LogReader().referred(by: facts, definition, session)
        return try zip(keys, zip(facts, referred)).map { key, entity in
            guard let facts = entity.0 else { return nil }
            return try definition.rows(
                fromFacts: facts, effectiveBy: request.effectiveAt, selecting: selection, referring: entity.1
            ).first { $0.key == key }.map { try presented($0.document) }
        }
    }
}
