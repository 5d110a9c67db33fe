public import LedgerJSON
public import LedgerValues

/// An entry of an aggregate: the sums over the rows of one key.
public protocol AggregateEntry: Sendable {
    associatedtype Row

    /// The number of rows. An entry without rows equals a new one.
    var count: Int64 { get }

    /// Adds a row, or takes away a row that was added.
    ///
    /// - Parameters:
    ///   - row: the row.
    ///   - times: 1 to add the row, -1 to take it away.
    mutating func add(_ row: Row, times: Int64)

    func members() -> [(String, JSONNode)]
}

/// A view's rows grouped in several ways at once; each row counts once in each grouping.
public struct AggregateGroups<Entry: AggregateEntry>: Sendable {
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

    /// The number of groups, those of all groupings together.
    public var count: Int { groups.reduce(0) { $0 + $1.count } }

    /// Adds a row to each grouping, or takes away a row that was added.
    ///
    /// - Parameters:
    ///   - row: the row.
    ///   - times: 1 to add the row, -1 to take it away.
    ///   - keys: the row's key in each grouping, in the order of the groupings' names.
    public mutating func add(_ row: Entry.Row, times: Int64, keys: [String?]) {
        let empty = empty
        for (index, key) in keys.enumerated() {
            groups[index].update(key.map { ByteKey($0) }, orNew: empty) { entry in
                entry.add(row, times: times)
                return entry.count != 0
            }
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

extension Dictionary {
    /// Changes a key's value in place, or a new one; the key is dropped unless the change says that its value stays.
    package mutating func update(_ key: Key, orNew new: @autoclosure () -> Value, _ change: (inout Value) -> Bool) {
        if !change(&self[key, default: new()]) { removeValue(forKey: key) }
    }
}

extension ExactNumber {
    /// Adds a number, or takes it away.
    ///
    /// - Parameters:
    ///   - number: the number.
    ///   - times: 1 to add the number, -1 to take it away.
    public mutating func add(_ number: ExactNumber, times: Int64) {
        if times < 0 { self -= number } else { self += number }
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
