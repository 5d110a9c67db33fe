public import LedgerJSON

/// Sums over a view's rows as readers see them, added in any order.
///
/// A row can be taken away again, so that sums can be kept and brought up to date by the rows that changed.
public protocol RowAggregates: Sendable {
    /// Adds a row, or takes away a row that was added. Rows that were taken away leave no trace.
    ///
    /// - Parameters:
    ///   - row: the row's document, as presented to readers.
    ///   - times: 1 to add the row, -1 to take it away.
    mutating func add(_ row: JSONValue, times: Int64)

    /// The number of groups with sums of their own, which decides the size in memory.
    var groupCount: Int { get }

    /// Whether the rows have more groups than an answer may have; false if there is no such limit.
    var hasTooManyGroups: Bool { get }

    /// The sums as JSON.
    func node() -> JSONNode
}

extension RowAggregates {
    public var hasTooManyGroups: Bool { false }

    /// Adds a row's document, as presented to readers.
    public mutating func add(_ row: JSONValue) { add(row, times: 1) }
}
