public import JSON

/// Sums over a view's rows as its readers see them, in any order.
public protocol RowAggregates {
    /// Adds a row's document, as presented.
    mutating func add(_ row: JSONValue)

    func node() -> JSONNode
}
