/// Why bytes are not a Parquet file of the kind that ``ParquetWriter`` writes.
package struct ParquetError: Error, Equatable, CustomStringConvertible {
    /// What was found, and where.
    package let description: String

    package init(_ description: String) { self.description = description }
}
