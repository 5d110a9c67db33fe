public import LedgerValues

/// The key of a row or of an entity: its parts in order, compared by their UTF-8 bytes.
public struct RowKey: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let parts: [ByteKey]

    public init(_ parts: [String]) { self.parts = parts.map { ByteKey($0) } }

    /// The number of parts in an entity's key; a row's key starts with the parts of its entity.
    public static let entityParts = 2

    /// The key of the entity to which a row belongs.
    public init(entityOf row: RowKey) { parts = Array(row.parts.prefix(Self.entityParts)) }

    public static func < (left: RowKey, right: RowKey) -> Bool {
        for (a, b) in zip(left.parts, right.parts) where a != b { return a < b }
        return left.parts.count < right.parts.count
    }

    public var description: String { parts.map(\.text).joined(separator: "|") }
}
