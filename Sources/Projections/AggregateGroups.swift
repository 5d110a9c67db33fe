public import JSON
public import Values

/// An entry of an aggregate: what is summed over the rows of one key.
public protocol AggregateEntry {
    associatedtype Row
    mutating func add(_ row: Row)
    func members() -> [(String, JSONNode)]
}

/// A view's rows grouped in several ways at once, each row once in each.
public struct AggregateGroups<Entry: AggregateEntry> {
    /// The names of the groupings, in the order in which they are shown.
    private let names: [String]
    /// By grouping, then by key; the key of rows without one is nil.
    private var groups: [[ByteKey?: Entry]]
    private let empty: Entry

    /// - Parameter empty: what the entry of a new key starts with.
    public init(_ names: [String], _ empty: Entry) {
        self.names = names
        self.empty = empty
        groups = Array(repeating: [:], count: names.count)
    }

    /// - Parameter keys: the row's key in each grouping, in the order of their names.
    public mutating func add(_ row: Entry.Row, keys: [String?]) {
        let empty = empty
        for (index, key) in keys.enumerated() {
            groups[index][key.map { ByteKey($0) }, default: empty].add(row)
        }
    }

    /// Each grouping's entries, `{key, …}`, sorted by key bytewise with null last.
    public func members() -> [(String, JSONNode)] {
        zip(names, groups).map { name, entries in
            let sorted = entries.sorted { left, right in
                guard let key = left.key else { return false }
                return right.key.map { key < $0 } ?? true
            }
            return (
                name,
                .array(
                    sorted.map { key, entry in
                        .object([("key", key.map { .string($0.text) } ?? .null)] + entry.members())
                    })
            )
        }
    }
}

extension JSONNode {
    /// A sum, null where nothing was summed.
    public static func sum(_ sum: ExactNumber, of count: Int64) -> JSONNode {
        count == 0 ? .null : sum.rounded().map { .decimal($0) } ?? .exact(sum)
    }

    /// A quotient rounded once, null where nothing is divided by.
    public static func quotient(_ sum: ExactNumber, by divisor: ExactNumber, fractionDigits: Int = 10) -> JSONNode {
        sum.divided(by: divisor)?.rounded(fractionDigits: fractionDigits).map { .decimal($0) } ?? .null
    }
}

/// The UTC month of a row's instant, `2026-01`; nil where it has none.
public func month(of instant: JSONValue?) -> String? {
    instant?.string.map { String(decoding: $0.utf8.prefix(7), as: UTF8.self) }
}
