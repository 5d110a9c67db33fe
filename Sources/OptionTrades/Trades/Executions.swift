import LedgerEvents
import LedgerRules
import LedgerValues

extension ExecutionRow {
    /// Whether the row is an execution: a status that the rules count, and a quantity that is null or above zero
    /// (docs/contract/trades.md, "Executions"). Only executions show anywhere but in the trade book.
    package func isExecution(_ rules: TradesRules) -> Bool {
        guard rules.executionStatuses.contains(self.tradeStatus.rawValue) else { return false }
        return self.quantity.map { $0 > .zero } ?? true
    }
}

/// The order of executions in all views: `trade_date`, then `source_created_at` with null last, then `source_trade_id`
/// by its bytes.
package enum ExecutionOrder {
    package static func precedes(_ left: ExecutionRow, _ right: ExecutionRow) -> Bool {
        if left.tradeDate != right.tradeDate { return left.tradeDate < right.tradeDate }
        switch (left.sourceCreatedAt, right.sourceCreatedAt) {
        case (let a?, let b?) where a != b: return a < b
        case (_?, nil): return true
        case (nil, _?): return false
        default: return left.sourceTradeID.isBytewiseLess(than: right.sourceTradeID)
        }
    }
}
