public import Values

/// A read model's primary key: its key columns in order, compared by their UTF-8 bytes.
public struct RowKey: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let parts: [ByteKey]

    public init(_ parts: [String]) { self.parts = parts.map { ByteKey($0) } }

    public static func < (left: RowKey, right: RowKey) -> Bool {
        for (a, b) in zip(left.parts, right.parts) where a != b { return a < b }
        return left.parts.count < right.parts.count
    }

    public var description: String { parts.map(\.text).joined(separator: "|") }
}
