public import LedgerValues

/// A short list of names, compared by their UTF-8 bytes.
///
/// The list is so short that a linear search costs less than hashing one name.
public struct NameList: Sendable, Sequence {
    /// The names, in the order of the rules.
    public let names: [String]

    public init(_ names: [String]) { self.names = names }

    public func makeIterator() -> IndexingIterator<[String]> { names.makeIterator() }

    /// Whether the list holds a name with the same bytes.
    public func contains(_ name: String) -> Bool { names.contains { $0.isBytewiseEqual(to: name) } }
}

/// Values for a short list of names; see ``NameList``.
public struct NamedValues<Value: Sendable>: Sendable {
    private let entries: [(name: ByteKey, value: Value)]

    package init(_ values: [ByteKey: Value]) {
        entries = values.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// The value for a name, or nil if the name is absent.
    public subscript(_ name: ByteKey) -> Value? {
        for entry in entries where entry.name == name { return entry.value }
        return nil
    }
}
