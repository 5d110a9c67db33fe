package import LedgerJSON
import LedgerProjections
import LedgerValues

/// Sums over executions' quality (docs/contract/execution-quality.md, "Aggregates").
///
/// The sums use the rows' published figures, so a reader who adds up the rows gets the same results. A sum or mean is
/// null, never zero, if no row has a figure for it. Figures are rounded half to even to 10 digits.
package struct ExecutionQualityAggregates: RowAggregates {
    private let sums: SumsVersion
    private var groups: AggregateGroups<Entry>

    package init(_ sums: SumsVersion) {
        self.sums = sums
        groups = AggregateGroups(["by_portfolio", "by_underlying", "by_direction", "by_month"], Entry(sums: sums))
    }

    package var groupCount: Int { groups.count }

    package mutating func add(_ row: JSONValue, times: Int64) {
        groups.add(
            Entry.Row(row, sums), times: times,
            keys: [
                row["source_portfolio"]?.string, row["underlying_symbol"]?.string, row["direction"]?.string,
                month(of: row["trade_date"]),
            ])
    }

    /// `{by_portfolio: […], by_underlying: […], by_direction: […], by_month: […]}`.
    package func node() -> JSONNode { .object(groups.members()) }
}

/// The executions of one key.
private struct Entry: AggregateEntry {
    struct Row {
        let quality: BenchmarkQuality?
        let bps: FixedDecimal?
        let usd: FixedDecimal?
        let quantity: FixedDecimal?

        init(_ row: JSONValue, _ sums: SumsVersion) {
            quality = row["benchmark_quality"]?.string.flatMap { BenchmarkQuality(rawValue: $0) }
            bps = sums.figure(row["fill_vs_mid_bps"])
            usd = sums.figure(row["fill_vs_mid_usd"])
            quantity = sums.figure(row["quantity"])
        }
    }

    private let sums: SumsVersion
    private(set) var count: Int64 = 0
    private var qualities: [BenchmarkQuality: Int64] = [:]
    /// Σ bps × quantity and Σ quantity over the rows that have both.
    private var weightedBps = ExactNumber.zero
    private var weight = ExactNumber.zero
    private var knownBps: Int64 = 0
    private var sumUSD = ExactNumber.zero
    private var knownUSD: Int64 = 0

    init(sums: SumsVersion) { self.sums = sums }

    mutating func add(_ row: Row, times: Int64) {
        count += times
        if let quality = row.quality { qualities[quality, default: 0] += times }
        if let bps = row.bps, let quantity = row.quantity {
            weightedBps.add(ExactNumber(bps) * ExactNumber(quantity), times: times)
            weight.add(ExactNumber(quantity), times: times)
            knownBps += times
        }
        if let usd = row.usd {
            knownUSD += times
            sumUSD.add(ExactNumber(usd), times: times)
        }
    }

    /// The counts of the rows behind the mean and the sum, because a quoted execution can lack either figure.
    private var coverage: [(String, JSONNode)] {
        switch sums {
        case .withinInputBound: []
        case .complete: [("with_fill_vs_mid_bps", .integer(knownBps)), ("with_fill_vs_mid_usd", .integer(knownUSD))]
        }
    }

    func members() -> [(String, JSONNode)] {
        func rows(_ quality: BenchmarkQuality) -> Int64 { qualities[quality] ?? 0 }
        return [
            ("count", .integer(count)), ("quoted", .integer(rows(.quoted))), ("stale", .integer(rows(.stale))),
            ("estimated", .integer(rows(.estimated))), ("unavailable", .integer(rows(.unavailable))),
            ("mean_fill_vs_mid_bps", .quotient(weightedBps, by: weight)),
            ("sum_fill_vs_mid_usd", .sum(sumUSD, of: knownUSD)),
            (
                "covered_share",
                .quotient(ExactNumber(Int(rows(.quoted))), by: ExactNumber(Int(count)))
            ),
        ] + coverage
    }
}
