import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
import OptionTrades

/// The rows of a series: the latest, or points in time.
extension ViewRows {
    /// The column of the rows' time.
    var time: String { view.timeColumn ?? "" }

    /// The columns whose values the latest rows have one newest time for.
    var latestGroup: [String] {
        switch view.latest {
        case .ofMarket: Array(view.key.prefix(1))
        case .ofIdentity: view.key.filter { !$0.isBytewiseEqual(to: time) }
        case nil: []
        }
    }

    /// The request's filters, and the condition that a row's time is not after an instant.
    private func filters(through instant: Instant?) -> [RowFilter] {
        let end = instant.flatMap { $0.advanced(byMicroseconds: 1) }
        return request.filters + (end.map { [.before(column: time, $0)] } ?? [])
    }

    /// The latest rows after a key, one more than the limit.
    func latest(after key: RowKey?, _ session: PostgresSession) throws -> [(key: RowKey, row: [UInt8])] {
        let filters = filters(through: standing.now)
        let newest = try model.newest(in: latestGroup, by: time, at: standing.position, filters: filters, session)
        var rows: [(key: RowKey, document: [UInt8])] = []
        if latestGroup.count + 1 == columns.key.count {
            // Group and time are a key.
            let keys = newest.map { group, moment in
                var parts = group
                parts.insert(moment.description, at: columns.key.firstIndex { $0.isBytewiseEqual(to: time) } ?? parts.count)
                return RowKey(parts)
            }.sorted()
            let next = keys.drop { found in key.map { found <= $0 } ?? false }.prefix(request.limit + 1)
            rows = try model.rows(of: Array(next), at: standing.position, session)
        } else {
            for (group, moment) in newest where rows.count <= request.limit {
                let own = zip(latestGroup, group).map { RowFilter.equals(column: $0, value: $1) } + [.from(column: time, moment)]
                let end = moment.advanced(byMicroseconds: 1).map { [RowFilter.before(column: time, $0)] } ?? []
                rows += try model.rows(
                    at: standing.position, filters: filters + own + end, after: key, limit: request.limit + 1 - rows.count, session)
            }
        }
        return try rows.map { ($0.key, publish(try presented($0.document))) }
    }

    /// The points after a key.
    func points(
        _ bucket: SeriesReading.Bucket, _ aggregate: SeriesReading.Aggregate, after key: RowKey?, _ deadline: FoldDeadline,
        _ session: PostgresSession
    ) throws -> [(key: RowKey, row: [UInt8])] {
        var points = SeriesPoints(bucket, aggregate, columns, time: time)
        try forEachStored(filters(through: request.effectiveAt), after: nil, deadline, session) { key, row in
            points.add(key, row.root)
        }
        return try points.rows().filter { point in key.map { point.key > $0 } ?? true }
    }
}
