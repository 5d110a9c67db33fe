package import LedgerJSON
import LedgerProjections
import LedgerValues

/// Sums over outcomes as their readers see them, a horizon at a time (docs/contract/outcomes.md, "Aggregates").
///
/// The sums use the rows' published figures, so a reader who adds up the rows gets the same results. Without priced
/// rows counts are 0 and figures null. Means and rates are rounded half to even to 10 digits.
package struct OutcomesAggregates: RowAggregates {
    /// The groupings of rows, each with the column that holds its key.
    private static let groupings: [(name: String, column: String)] = [
        ("by_portfolio", "source_portfolio"), ("by_underlying", "underlying_symbol"),
        ("by_gamma_regime", "gamma_regime"), ("by_alignment_label", "alignment_label"),
        ("by_dvol_bucket", "dvol_bucket"),
    ]

    private let sums: SumsVersion
    private var horizons: [ByteKey: AggregateGroups<OutcomeSums>] = [:]

    package init(_ sums: SumsVersion) { self.sums = sums }

    package var groupCount: Int { horizons.values.reduce(0) { $0 + $1.count } }

    package mutating func add(_ row: JSONValue, times: Int64) {
        guard let horizon = row["horizon_key"]?.string else { return }
        let sums = sums
        horizons.update(ByteKey(horizon), orNew: AggregateGroups(Self.groupings.map(\.name), OutcomeSums())) { groups in
            groups.add(OutcomeSums.Row(row, sums), times: times, keys: Self.groupings.map { row[$0.column]?.string })
            return groups.count > 0
        }
    }

    /// `{horizon_key: {by_portfolio: […], …}}`. Horizons and entries are sorted bytewise by key, with the null key last.
    package func node() -> JSONNode {
        .object(horizons.sorted { $0.key < $1.key }.map { ($0.key.text, .object($0.value.members())) })
    }
}

/// One group of outcomes.
private struct OutcomeSums: AggregateEntry {
    struct Row {
        let state: OutcomeState?
        let before: FixedDecimal?
        let after: FixedDecimal?

        init(_ row: JSONValue, _ sums: SumsVersion) {
            state = row["outcome_state"]?.string.flatMap { OutcomeState(rawValue: $0) }
            before = sums.figure(row["pnl_before_fees_usd"])
            after = sums.figure(row["pnl_after_fees_usd"])
        }
    }

    private(set) var count: Int64 = 0
    private var states: [OutcomeState: Int64] = [:]
    private var priced: Int64 = 0
    private var pricedAfterFees: Int64 = 0
    private var positive: Int64 = 0
    private var negative: Int64 = 0
    private var flat: Int64 = 0
    private var sumBefore = ExactNumber.zero
    private var sumAfter = ExactNumber.zero

    mutating func add(_ row: Row, times: Int64) {
        count += times
        if let state = row.state { states[state, default: 0] += times }
        if let before = row.before {
            priced += times
            sumBefore.add(ExactNumber(before), times: times)
            if before > .zero {
                positive += times
            } else if before < .zero {
                negative += times
            } else {
                flat += times
            }
        }
        if let after = row.after {
            pricedAfterFees += times
            sumAfter.add(ExactNumber(after), times: times)
        }
    }

    func members() -> [(String, JSONNode)] {
        func state(_ state: OutcomeState) -> JSONNode { .integer(states[state] ?? 0) }
        let (count, countAfter) = (ExactNumber(Int(priced)), ExactNumber(Int(pricedAfterFees)))
        return [
            ("count", .integer(self.count)), ("unrealized_mark", state(.unrealizedMark)),
            ("terminal_mark", state(.terminalMark)), ("pending", state(.pending)),
            ("unavailable", state(.unavailable)),
            ("priced", .integer(priced)), ("priced_after_fees", .integer(pricedAfterFees)),
            ("positive", .integer(positive)), ("negative", .integer(negative)), ("flat", .integer(flat)),
            ("sum_pnl_before_fees_usd", .sum(sumBefore, of: priced)),
            ("mean_pnl_before_fees_usd", .quotient(sumBefore, by: count)),
            ("sum_pnl_after_fees_usd", .sum(sumAfter, of: pricedAfterFees)),
            ("mean_pnl_after_fees_usd", .quotient(sumAfter, by: countAfter)),
            ("win_rate", .quotient(ExactNumber(Int(positive)), by: count)),
        ]
    }
}
