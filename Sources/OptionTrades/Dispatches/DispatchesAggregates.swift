package import LedgerJSON
import LedgerProjections
import LedgerValues

/// Sums over dispatches (docs/contract/broker.md, "Aggregates"): by ticker, by strategy and by UTC day.
///
/// The sums use the rows' published figures. A mean is null, never zero, if no row has a figure for it.
package struct DispatchesAggregates: RowAggregates {
    private var groups = AggregateGroups(["by_ticker", "by_strategy", "by_day"], Entry())

    package init() {}

    package var groupCount: Int { groups.count }

    package mutating func add(_ row: JSONValue, times: Int64) {
        let day = row["created_at"]?.string.map { String(decoding: $0.utf8.prefix(10), as: UTF8.self) }
        groups.add(Entry.Row(row), times: times, keys: [row["ticker"]?.string, row["strategy"]?.string, day])
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

    private struct Mean {
        var sum = ExactNumber.zero
        var count: Int64 = 0

        mutating func add(_ figure: FixedDecimal, times: Int64) {
            sum.add(ExactNumber(figure), times: times)
            count += times
        }

        var node: JSONNode { .quotient(sum, by: ExactNumber(Int(count))) }
    }

    private(set) var count: Int64 = 0
    private var modes: [ExecutionMode: Int64] = [:]
    private var submitted: Int64 = 0
    private var filled: Int64 = 0
    private var spreads = Mean()
    /// The number of rows by their spread, for the widest one.
    private var rowsBySpread: [FixedDecimal: Int64] = [:]
    private var slippages = Mean()

    mutating func add(_ row: Row, times: Int64) {
        count += times
        if let mode = row.mode { modes[mode, default: 0] += times }
        if row.isSubmitted { submitted += times }
        if row.isSubmitted && row.isFilled { filled += times }
        if let spread = row.spread {
            spreads.add(spread, times: times)
            rowsBySpread.update(spread, orNew: 0) { rows in
                rows += times
                return rows != 0
            }
        }
        if let slippage = row.slippage { slippages.add(slippage, times: times) }
    }

    func members() -> [(String, JSONNode)] {
        let modes = ExecutionMode.allCases.map { mode -> (String, JSONNode) in
            let rows = self.modes[mode] ?? 0
            return (
                mode.rawValue,
                .object([
                    ("count", .integer(rows)), ("share", .quotient(ExactNumber(Int(rows)), by: ExactNumber(Int(count)))),
                ])
            )
        }
        return [
            ("count", .integer(count)), ("modes", .object(modes)), ("submitted", .integer(submitted)),
            ("filled", .integer(filled)), ("fill_rate", .quotient(ExactNumber(Int(filled)), by: ExactNumber(Int(submitted)))),
            ("mean_spread_pct", spreads.node), ("max_spread_pct", .decimal(rowsBySpread.keys.max())),
            ("with_spread_pct", .integer(spreads.count)),
            ("mean_fill_vs_mid_bps", slippages.node), ("with_fill_vs_mid_bps", .integer(slippages.count)),
        ]
    }
}
