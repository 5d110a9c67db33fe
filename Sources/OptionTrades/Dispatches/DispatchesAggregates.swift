package import LedgerJSON
import LedgerProjections
import LedgerValues

/// Sums over dispatches (docs/contract/broker.md, "Aggregates"): by ticker, by strategy and by UTC day.
///
/// The sums use the rows' published figures. A mean is null, never zero, if no row has a figure for it.
package struct DispatchesAggregates: RowAggregates {
    private var groups = AggregateGroups(["by_ticker", "by_strategy", "by_day"], Entry())

    package init() {}

    package mutating func add(_ row: JSONValue) {
        let day = row["created_at"]?.string.map { String(decoding: $0.utf8.prefix(10), as: UTF8.self) }
        groups.add(Entry.Row(row), keys: [row["ticker"]?.string, row["strategy"]?.string, day])
    }

    package func node() -> JSONNode { .object(groups.members()) }
}

/// The dispatches of one key.
private struct Entry: AggregateEntry {
    struct Row {
        let mode: ExecutionMode?
        let isSubmitted: Bool
        let isFilled: Bool
        let spread: FixedDecimal?
        let slippage: FixedDecimal?

        init(_ row: JSONValue) {
            mode = row["execution_mode"]?.string.flatMap { ExecutionMode(rawValue: $0) }
            isSubmitted = row["client_order_id"]?.string != nil
            isFilled = row["filled_quantity"]?.publishedDecimal.map { $0 > .zero } ?? false
            spread = row["spread_pct"]?.publishedDecimal
            slippage = row["fill_vs_mid_bps"]?.publishedDecimal
        }
    }

    private var count = 0
    private var modes: [ExecutionMode: Int] = [:]
    private var submitted = 0
    private var filled = 0
    private var spreads = (sum: ExactNumber.zero, count: 0)
    private var widest: FixedDecimal?
    private var slippages = (sum: ExactNumber.zero, count: 0)

    mutating func add(_ row: Row) {
        count += 1
        if let mode = row.mode { modes[mode, default: 0] += 1 }
        submitted += row.isSubmitted ? 1 : 0
        filled += row.isSubmitted && row.isFilled ? 1 : 0
        if let spread = row.spread {
            spreads = (spreads.sum + ExactNumber(spread), spreads.count + 1)
            widest = widest.map { max($0, spread) } ?? spread
        }
        if let slippage = row.slippage { slippages = (slippages.sum + ExactNumber(slippage), slippages.count + 1) }
    }

    func members() -> [(String, JSONNode)] {
        let modes = ExecutionMode.allCases.map { mode -> (String, JSONNode) in
            let rows = self.modes[mode] ?? 0
            return (
                mode.rawValue,
                .object([("count", .integer(Int64(rows))), ("share", .quotient(ExactNumber(rows), by: ExactNumber(count)))])
            )
        }
        return [
            ("count", .integer(Int64(count))), ("modes", .object(modes)), ("submitted", .integer(Int64(submitted))),
            ("filled", .integer(Int64(filled))), ("fill_rate", .quotient(ExactNumber(filled), by: ExactNumber(submitted))),
            ("mean_spread_pct", .quotient(spreads.sum, by: ExactNumber(spreads.count))), ("max_spread_pct", .decimal(widest)),
            ("with_spread_pct", .integer(Int64(spreads.count))),
            ("mean_fill_vs_mid_bps", .quotient(slippages.sum, by: ExactNumber(slippages.count))),
            ("with_fill_vs_mid_bps", .integer(Int64(slippages.count))),
        ]
    }
}
