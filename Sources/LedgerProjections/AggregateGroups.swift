public import LedgerJSON
public import LedgerValues

/// An entry of an aggregate: the sums over the rows of one key.
public protocol AggregateEntry {
    associatedtype Row
    mutating func add(_ row: Row)
    func members() -> [(String, JSONNode)]
}

/// A view's rows grouped in several ways at once; each row counts once in each grouping.
public struct AggregateGroups<Entry: AggregateEntry> {
    /// The names of the groupings, in the order of display.
    private let names: [String]
    /// The entries by grouping, then by key; rows without a key have the key nil.
    private var groups: [[ByteKey?: Entry]]
    private let empty: Entry

    /// Makes empty groups.
    ///
    /// - Parameters:
    ///   - names: the names of the groupings.
    ///   - empty: the initial entry of a new key.
    public init(_ names: [String], _ empty: Entry) {
        self.names = names
        self.empty = empty
        groups = Array(repeating: [:], count: names.count)
    }

    /// Adds a row to each grouping.
    ///
    /// - Parameters:
    ///   - row: the row.
    ///   - keys: the row's key in each grouping, in the order of the groupings' names.
    public mutating func add(_ row: Entry.Row, keys: [String?]) {
        let empty = empty
        for (index, key) in keys.enumerated() {
            groups[index][key.map { ByteKey($0) }, default: empty].add(row)
        }
    }

    /// The entries of each grouping, `{key, …}`, sorted bytewise by key with null last.
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
    /// A sum, or null if it has no summands.
    public static func sum(_ sum: ExactNumber, of count: Int64) -> JSONNode {
        count == 0 ? .null : sum.rounded().map { .decimal($0) } ?? .exact(sum)
    }

    /// A quotient rounded once, half to even, or null if the divisor is zero.
    public static func quotient(_ sum: ExactNumber, by divisor: ExactNumber, fractionDigits: Int = 10) -> JSONNode {
        sum.divided(by: divisor)?.rounded(fractionDigits: fractionDigits).map { .decimal($0) } ?? .null
    }
}

/// The UTC month of a row's instant, `2026-01`, or nil if the row has no instant.
public func month(of instant: JSONValue?) -> String? {
    instant?.string.map { String(decoding: $0.utf8.prefix(7), as: UTF8.self) }
}
