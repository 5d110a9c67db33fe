public import Postgres
public import Projections
public import Values

/// A condition on a stored column.
public enum RowFilter: Sendable, Equatable {
    case equals(column: String, value: String)
    /// Inclusive.
    case from(column: String, Instant)
    /// Exclusive.
    case before(column: String, Instant)
}

/// A page of a read model's rows as of a position, in primary-key order.
public struct RowPage: Sendable {
    /// Documents in event encoding.
    public let documents: [[UInt8]]
    /// The last row's key, where more rows follow.
    public let nextKey: [String]?
}

/// Reads of a projection version's rows as of a position.
public struct ReadModel: Sendable {
    public let version: ProjectionVersion
    public let columns: ColumnSet

    public init(_ version: ProjectionVersion, columns: ColumnSet) {
        self.version = version
        self.columns = columns
    }

    /// Rows valid at `position` that pass every filter, after a key.
    ///
    /// Columns come from compiled lists and are quoted; values are bound. One index range over the key.
    public func page(
        at position: Int64, filters: [RowFilter], after key: [String]?, limit: Int, _ session: PostgresSession
    ) throws -> RowPage {
        var parameters: [PostgresValue] = [.int8(position), .int8(Int64(limit) + 1)]
        var conditions = ["valid_from <= $1", "(valid_to IS NULL OR valid_to > $1)"]
        func bind(_ value: PostgresValue) -> String {
            parameters.append(value)
            return "$\(parameters.count)"
        }
        for filter in filters {
            switch filter {
            case .equals(let column, let value):
                conditions.append("\(quoteIdentifier(column)) = \(bind(.text(value)))")
            case .from(let column, let instant):
                conditions.append(
                    "\(quoteIdentifier(column)) >= \(bind(.timestamptz(microsecondsSince1970: instant.microseconds)))")
            case .before(let column, let instant):
                conditions.append(
                    "\(quoteIdentifier(column)) < \(bind(.timestamptz(microsecondsSince1970: instant.microseconds)))")
            }
        }
        let names = columns.key.map(quoteIdentifier)
        if let key {
            conditions.append("(\(names.joined(separator: ", "))) > (\(key.map { bind(.text($0)) }.joined(separator: ", ")))")
        }
        let result = try session.execute(
            """
            SELECT document, \(names.joined(separator: ", ")) FROM \(version.table)
            WHERE \(conditions.joined(separator: " AND "))
            ORDER BY \(names.joined(separator: ", ")) LIMIT $2
            """, parameters)
        var documents: [[UInt8]] = []
        var last: [String] = []
        for row in result.prefix(limit) {
            documents.append(try row.utf8(0))
            last = try names.indices.map { try row.text($0 + 1) }
        }
        return RowPage(documents: documents, nextKey: result.rowCount > limit ? last : nil)
    }
}
