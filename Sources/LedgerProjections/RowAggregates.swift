public import LedgerJSON

/// Sums over a view's rows as readers see them, added in any order.
public protocol RowAggregates {
    /// Adds a row's document, as presented to readers.
    mutating func add(_ row: JSONValue)

    /// The sums as JSON.
    func node() -> JSONNode
}
