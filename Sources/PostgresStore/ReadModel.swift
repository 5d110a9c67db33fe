public import Postgres
public import Projections
import Values

/// Reads of a projection version's documents as of a position, in key order: an index range each.
public struct ReadModel: Sendable {
    private let rows: VersionTable
    private let facts: VersionTable

    public init(_ version: ProjectionVersion, columns: ColumnSet, rowsAreFacts: Bool) {
        rows = VersionTable(name: version.table, key: columns.key, stored: columns.stored)
        facts = rowsAreFacts ? rows : VersionTable(name: version.factsTable, key: columns.entityKey, stored: [])
    }

    /// Rows valid at a position that pass every filter, after a key.
    public func rows(
        at position: Int64, filters: [RowFilter], after key: RowKey?, limit: Int, _ session: PostgresSession
    ) throws -> [(key: RowKey, document: [UInt8])] {
        try rows.page(at: position, filters, key.map { ($0, ">") }, limit: limit, session)
    }

    /// Facts valid at a position, from the entity of a row's key on, or after an entity.
    public func facts(
        at position: Int64, from key: RowKey?, isIncluded: Bool, limit: Int, _ session: PostgresSession
    ) throws -> [(key: RowKey, document: [UInt8])] {
        try facts.page(
            at: position, [], key.map { (RowKey(entityOf: $0), isIncluded ? ">=" : ">") }, limit: limit, session)
    }
}

extension VersionTable {
    /// Documents valid at a position, in key order.
    fileprivate func page(
        at position: Int64, _ filters: [RowFilter], _ start: (key: RowKey, comparison: String)?, limit: Int,
        _ session: PostgresSession
    ) throws -> [(key: RowKey, document: [UInt8])] {
        var parameters: [PostgresValue] = [.int8(position), .int8(Int64(limit))]
        func bind(_ value: PostgresValue) -> String {
            parameters.append(value)
            return "$\(parameters.count)"
        }
        var conditions = ["valid_from <= $1", "(valid_to IS NULL OR valid_to > $1)"]
        conditions += filters.map { $0.sql(bind: bind) }
        let names = key.map(quoteIdentifier).joined(separator: ", ")
        if let start {
            let values = start.key.parts.map { bind(.text($0.text)) }.joined(separator: ", ")
            conditions.append("(\(names)) \(start.comparison) (\(values))")
        }
        let result = try session.execute(
            """
            SELECT document, \(names) FROM \(name) WHERE \(conditions.joined(separator: " AND "))
            ORDER BY \(names) LIMIT $2
            """, parameters)
        return try result.map { row in
            (RowKey(try key.indices.map { try row.text($0 + 1) }), try row.utf8(0))
        }
    }
}
