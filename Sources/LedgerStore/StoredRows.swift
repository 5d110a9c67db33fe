public import LedgerEvents
public import LedgerPostgres
public import LedgerProjections

/// The stored rows of a projection version.
public struct StoredRows: Sendable {
    private let version: ProjectionVersion
    private let columns: ColumnSet

    public init(_ version: ProjectionVersion, _ columns: ColumnSet) {
        self.version = version
        self.columns = columns
    }

    /// Streams the rows as of a position in key order, without holding them. The position must not exceed the version's
    /// checkpoint.
    public func forEach(
        at position: Int64, _ session: PostgresSession, _ body: (_ key: RowKey, _ document: [UInt8]) throws -> Void
    ) throws {
        let key = columns.key.map(quoteIdentifier).joined(separator: ", ")
        try session.copyOut(
            """
            COPY (SELECT \(key), document FROM \(version.table)
                  WHERE \(VersionTable.isValid(at: position)) ORDER BY \(key))
            TO STDOUT (FORMAT binary)
            """
        ) { row in
            let parts = try columns.key.indices.map { try row.text($0) }
            try body(RowKey(parts), try row.utf8(columns.key.count))
        }
    }
}
