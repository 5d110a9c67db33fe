public import Values

/// A few names, compared by their UTF-8 bytes.
///
/// So few that going through them costs less than hashing one.
public struct NameList: Sendable, Sequence {
    /// In the order of the rules.
    public let names: [String]

    public init(_ names: [String]) { self.names = names }

    public func makeIterator() -> IndexingIterator<[String]> { names.makeIterator() }

    /// Bytewise.
    public func contains(_ name: String) -> Bool { names.contains { $0.isBytewiseEqual(to: name) } }
}

/// Values by a few names; see ``NameList``.
public struct NamedValues<Value: Sendable>: Sendable {
    private let entries: [(name: ByteKey, value: Value)]

    package init(_ values: [ByteKey: Value]) {
        entries = values.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    public subscript(_ name: ByteKey) -> Value? {
        for entry in entries where entry.name == name { return entry.value }
        return nil
    }
}
