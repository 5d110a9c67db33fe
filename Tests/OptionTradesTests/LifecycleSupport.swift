import LedgerEvents
import LedgerRules
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// Executions of one contract, and the lifecycle that follows from them.
struct LifecycleBook {
    let rules: LifecyclesRules

    init() throws { rules = try LifecyclesRules(version: 1, read: projectRuleFile) }

    /// A buy or sell at so many minutes after 14:30 that has every field, a fee of 1 USD, and multiplier 100.
    func row(
        _ id: String, _ side: Direction?, _ quantity: String?, _ price: String?, at minutes: Int,
        _ change: (inout ExecutionRow) throws -> Void = { _ in }
    ) throws -> ExecutionRow {
        var row = try sampleRow(id)
        row.tradeDate = try instant("2026-01-10T14:30:00Z", plusSeconds: minutes * 60)
        row.direction = side
        row.quantity = try quantity.map { try FixedDecimal($0) }
        row.price = try price.map { try FixedDecimal($0) }
        row.feesUSD = FixedDecimal(1)
        try change(&row)
        return row
    }

    func lifecycle(_ rows: [ExecutionRow]) throws -> Lifecycle {
        let members = rows.enumerated().map { LifecycleMember(of: $0.element, position: Int64($0.offset + 1)) }
        let key = LifecycleKey(of: try #require(rows.first))
        return try #require(Lifecycle(of: LifecycleGroup(key: key, members: members), rules: rules))
    }
}

extension Lifecycle {
    var flagNames: [String] { flags.map(\.rawValue).sorted { $0.isBytewiseLess(than: $1) } }
}
