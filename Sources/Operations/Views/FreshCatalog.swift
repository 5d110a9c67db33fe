import Postgres

/// Reads what tables of projection versions hold.
///
/// A version may be dropped, or its tables replaced by a rebuild, between the look at the catalog and the look at a table. Then
/// all is read once more, from the catalog on; a second time in a row it fails.
func withFreshCatalog<T>(_ read: () async throws -> T) async throws -> T {
    do {
        return try await read()
    } catch let error as PostgresError where error.sqlState == .undefinedTable {
        return try await read()
    }
}
