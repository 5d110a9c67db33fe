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
    ///
    /// - Parameter filters: on columns of the entity's key only.
    public func facts(
        at position: Int64, filters: [RowFilter] = [], from key: RowKey?, isIncluded: Bool, limit: Int,
        _ session: PostgresSession
    ) throws -> [(key: RowKey, document: [UInt8])] {
        try facts.page(
            at: position, filters, key.map { (RowKey(entityOf: $0), isIncluded ? ">=" : ">") }, limit: limit, session)
    }

    /// The facts of some entities valid at a position; nil where an entity has none.
    public func facts(of entities: [RowKey], at position: Int64, _ session: PostgresSession) throws -> [[UInt8]?] {
        try facts.documents(of: entities, at: position, session)
    }
}

extension VersionTable {
    /// Documents valid at a position, in key order.
    ///
    /// A page without conditions on other columns walks the keys, two index descents each, so that it costs the same
    /// however long the keys' histories are. More rows, or rows that must be looked for, come from one scan of the range.
    fileprivate func page(
        at position: Int64, _ filters: [RowFilter], _ start: (key: RowKey, comparison: String)?, limit: Int,
        _ session: PostgresSession
    ) throws -> [(key: RowKey, document: [UInt8])] {
        var parameters: [PostgresValue] = [.int8(position), .int8(Int64(limit))]
        func bind(_ value: PostgresValue) -> String {
            parameters.append(value)
            return "$\(parameters.count)"
        }
        let isOnKey = filters.allSatisfy { filter in key.contains { $0.isBytewiseEqual(to: filter.column) } }
        let conditions = filters.map { $0.sql(bind: bind) }
        let from = start.map { start in
            "(\(names)) \(start.comparison) (\(start.key.parts.map { bind(.text($0.text)) }.joined(separator: ", ")))"
        }
        let sql = isOnKey && limit < Self.scanThreshold ? walk(conditions, from) : scan(conditions, from)
        return try session.execute(sql, parameters).map { row in
            (RowKey(try key.indices.map { try row.text($0 + 1) }), try row.utf8(0))
        }
    }

    /// From how many rows on one scan of the range is the cheaper way.
    private static var scanThreshold: Int { 1000 }

    private var names: String { key.map(quoteIdentifier).joined(separator: ", ") }

    private func scan(_ conditions: [String], _ from: String?) -> String {
        let all = ["valid_from <= $1", "(valid_to IS NULL OR valid_to > $1)"] + conditions + [from].compactMap { $0 }
        return """
            SELECT document, \(names) FROM \(name) WHERE \(all.joined(separator: " AND "))
            ORDER BY \(names) LIMIT $2
            """
    }

    /// From one key to the next that has a version by then, and of each key its last version by then. Rows come in the
    /// order of the walk.
    private func walk(_ conditions: [String], _ from: String?) -> String {
        let last = key.map { "w.\(quoteIdentifier($0))" }.joined(separator: ", ")
        let isSame = key.map { "t.\(quoteIdentifier($0)) = w.\(quoteIdentifier($0))" }.joined(separator: " AND ")
        func step(_ from: String?) -> String {
            let all = ["valid_from <= $1"] + conditions + [from].compactMap { $0 }
            return "SELECT \(names) FROM \(name) WHERE \(all.joined(separator: " AND ")) ORDER BY \(names), valid_from LIMIT 1"
        }
        return """
            WITH RECURSIVE walk AS (
                (\(step(from)))
                UNION ALL
                SELECT n.* FROM walk w
                CROSS JOIN LATERAL (\(step("(\(names), valid_from) > (\(last), \(Int64.max))"))) n)
            SELECT v.document, \(last) FROM walk w
            CROSS JOIN LATERAL (
                SELECT document, valid_to FROM \(name) t WHERE \(isSame) AND t.valid_from <= $1
                ORDER BY t.valid_from DESC LIMIT 1) v
            WHERE v.valid_to IS NULL OR v.valid_to > $1
            LIMIT $2
            """
    }
}
