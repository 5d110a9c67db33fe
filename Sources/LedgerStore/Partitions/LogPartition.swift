package import LedgerPostgres

/// A partition of the log: the events of a range of positions.
package struct LogPartition: Sendable, Equatable {
    /// The table's name in the schema `ledger`.
    package let table: String
    package let first: Int64
    package let last: Int64

    /// The sizes of partitions are multiples of this, so that a partition is whole tiles of the tree.
    package static let unit: Int64 = 1 << 16
    /// The size unless another is asked for: one hash of a tile at level 3.
    package static let standardSize: Int64 = 1 << 24

    /// The log's partitions in the order of their positions; empty if the log is not partitioned.
    ///
    /// Throws `LedgerError.unsafePartitions` for a partition that is no range of positions.
    package static func all(_ session: PostgresSession) throws -> [LogPartition] {
        try session.execute("SELECT table_name, first_position, last_position FROM ledger.log_partitions ORDER BY first_position").map {
            row in
            let table = try row.text(0)
            guard let first = try row.optionalInt8(1), let last = try row.optionalInt8(2) else {
                throw LedgerError.unsafePartitions(problem: "ledger.\(table) is a partition of the log, but not of a range of positions")
            }
            return LogPartition(table: table, first: first, last: last)
        }
    }

    /// The position from which an append asks for the next partition, if this is the last one: a tenth is left.
    var nextPartitionAt: Int64 { last - (last - first + 1) / 10 }
}
