package import LedgerJSON
import LedgerPostgres
package import LedgerStore

extension Ledger {
    /// Partitions the log's table as the URI's own user, and returns the partitions. Throws `PartitionError`.
    package static func partition(
        _ uri: String, _ migrator: Migrator, size: Int64, progress: @Sendable (Int64, Int64) -> Void
    ) async throws -> [LogPartition] {
        try await requireCurrent(migrator, uri)
        let configuration = PostgresConfiguration(uri: uri, applicationName: "alpha-ledger partition")
        return try await LogPartitioning(configuration, migrator.names, size: size).run(progress: progress)
    }
}

extension LogPartition {
    package var node: JSONNode {
        .object([
            ("table", .string(table)), ("first_position", .integer(first)), ("last_position", .integer(last)),
            ("detached", .bool(isDetached)),
        ])
    }
}
