public import OptionTrades
import Projections

extension ColumnSet {
    /// A row's key in full: the source of synced trades may be left out.
    func completed(_ key: [String]) -> [String] {
        key.count + 1 == self.key.count && self.key.first == "source" ? [TradeLedger.standardSource] + key : key
    }
}

extension Ledger {
    /// The key of a view's row in full, where somebody left the source out.
    public func completed(_ key: [String], of view: View) -> [String] {
        registry.firstDefinition(view.projection)?.columns.completed(key) ?? key
    }
}
