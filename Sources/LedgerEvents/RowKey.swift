public import LedgerValues

/// The key of a row or of an entity: its parts in order, compared by their UTF-8 bytes.
public struct RowKey: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let parts: [ByteKey]

    public init(_ parts: [String]) { self.parts = parts.map { ByteKey($0) } }

    /// The key of the entity to which a row belongs: the first parts of the row's key.
    ///
    /// - Parameters:
    ///   - row: the row's key
    ///   - count: the number of parts in the entity's key
    public init(entityOf row: RowKey, parts count: Int) { parts = Array(row.parts.prefix(count)) }

    public static func < (left: RowKey, right: RowKey) -> Bool {
        for (a, b) in zip(left.parts, right.parts) where a != b { return a < b }
        return left.parts.count < right.parts.count
    }

    public var description: String { parts.map(\.text).joined(separator: "|") }
}
