import LedgerPostgres

/// Reads the tables of projection versions.
///
/// Between the read of the catalog and the read of a table, a version may be dropped or a rebuild may replace its
/// tables. In this case everything is read once more, starting with the catalog. A second failure in succession is
/// thrown.
package func withFreshCatalog<T>(_ read: () async throws -> T) async throws -> T {
    do {
        return try await read()
    } catch let error as PostgresError where error.sqlState == .undefinedTable {
        return try await read()
    }
}
