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
        let start = try key.map { key in
            guard let row = try row(of: key, session) else { throw ViewError.badCursor }
            return RowOrder.Place(value: try order.value(of: row.root), key: key)
        }
        let wanted = request.limit + 1
        let found: [(key: RowKey, document: JSONDocument)]
        if isDerived {
            var first = FirstRows(in: order, limit: wanted)
            try forEach(after: nil, deadline, session) { key, document in
                let place = RowOrder.Place(value: try order.value(of: document.root), key: key)
                if start.map({ order.precedes($0, place) }) ?? true { first.add((place, document)) }
                return true
            }
            found = first.rows().map { ($0.place.key, $0.document) }
        } else {
            found = try model.rows(
                at: standing.position, filters: request.filters, in: order, after: start, limit: wanted, session
            ).map { ($0.key, try presented($0.document)) }
        }
        return (found.prefix(request.limit).map { ($0.key, publish($0.document)) }, hasMore: found.count == wanted)
    }

    /// The row of a key, whether the filters select it or not. Nil if there is none.
    private func row(of key: RowKey, _ session: PostgresSession) throws -> JSONDocument? {
        guard isDerived, let definition else {
            return try model.row(of: key, at: standing.position, session).map(presented)
        }
        guard let facts = try model.facts(of: [RowKey(entityOf: key, parts: definition.entityKey.count)], at: standing.position, session)[0]
        else { return nil }
        return try definition.rows(fromFacts: facts, effectiveBy: request.effectiveAt, selecting: selection, session)
            .first { $0.key == key }.map { try presented($0.document) }
    }
}
