import LedgerProjections
package import OptionTrades

extension ColumnSet {
    /// A row's full key. The source of synced trades may be omitted from the given key.
    func completed(_ key: [String]) -> [String] {
        key.count + 1 == self.key.count && self.key.first == "source" ? [TradeLedger.standardSource] + key : key
    }
}

extension Ledger {
    /// The full key of a view's row. The source may be omitted from the given key.
    package func completed(_ key: [String], of view: View) -> [String] {
        registry.firstDefinition(view.projection)?.columns.completed(key) ?? key
    }
}
