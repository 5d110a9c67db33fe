package import LedgerJSON
import LedgerProjections
import LedgerRules
import LedgerValues

/// Sums over executions' alignment (docs/contract/alignment.md, "Aggregates").
///
/// The sums use the rows' published figures, so a reader who adds up the rows gets the same results. Means cover scored
/// rows, are rounded half to even to 4 places, and are null without scored rows.
package struct AlignmentAggregates: RowAggregates {
    private var groups = AggregateGroups<Entry>(["by_portfolio", "by_underlying", "by_regime", "by_month"], Entry())
    private var signals: [AlignmentSignal: SignalEntry] = [:]

    package init() {}

    package var groupCount: Int { groups.count }

    package mutating func add(_ row: JSONValue, times: Int64) {
        let entry = Entry.Row(row)
        groups.add(
            entry, times: times,
            keys: [
                row["source_portfolio"]?.string, row["underlying_symbol"]?.string, row["gamma_regime"]?.string,
                month(of: row["trade_date"]),
            ])
        if entry.score == nil { return }
        let drivers = Self.signals(row["drivers"])
        let detractors = Self.signals(row["detractors"])
        let missing = Set(row["missing_signals"]?.elements.compactMap { $0.signal } ?? [])
        for signal in AlignmentSignal.allCases {
            signals[signal, default: SignalEntry()].add(
                times, drives: drivers.contains(signal), detracts: detractors.contains(signal),
                isMissing: missing.contains(signal))
        }
    }

    private static func signals(_ impacts: JSONValue?) -> Set<AlignmentSignal> {
        Set(impacts?.elements.compactMap { $0["signal"]?.signal } ?? [])
    }

    /// `{by_portfolio: […], by_underlying: […], by_regime: […], by_month: […], by_signal: […]}`. Every signal has its
    /// entry.
    package func node() -> JSONNode {
        .object(
            groups.members() + [
                (
                    "by_signal",
                    .array(AlignmentSignal.allCases.map { (signals[$0] ?? SignalEntry()).node(key: $0.rawValue) })
                )
            ])
    }
}

extension JSONValue {
    fileprivate var signal: AlignmentSignal? { string.flatMap { AlignmentSignal(rawValue: $0) } }
}

/// The executions of one key.
private struct Entry: AggregateEntry {
    struct Row {
        let score: FixedDecimal?
        let confidence: FixedDecimal?
        let label: AlignmentLabel?

        init(_ row: JSONValue) {
            score = row["alignment_score"]?.decimal
            confidence = row["confidence"]?.decimal
            label = row["alignment_label"]?.string.flatMap { AlignmentLabel(rawValue: $0) }
        }
    }

    /// The number of fractional digits of means.
    private static let places = 4

    private(set) var count: Int64 = 0
    private var scored: Int64 = 0
    private var scores = ExactNumber.zero
    private var confidences = ExactNumber.zero
    private var labels: [AlignmentLabel: Int64] = [:]

    mutating func add(_ row: Row, times: Int64) {
        count += times
        if let label = row.label { labels[label, default: 0] += times }
        guard let score = row.score, let confidence = row.confidence else { return }
        scored += times
        scores.add(ExactNumber(score), times: times)
        confidences.add(ExactNumber(confidence), times: times)
    }

    func members() -> [(String, JSONNode)] {
        let divisor = ExactNumber(Int(scored))
        return [
            ("count", .integer(count)), ("scored", .integer(scored)),
            ("mean_alignment_score", .quotient(scores, by: divisor, fractionDigits: Self.places)),
            ("mean_confidence", .quotient(confidences, by: divisor, fractionDigits: Self.places)),
            ("labels", .object(AlignmentLabel.allCases.map { ($0.rawValue, .integer(labels[$0] ?? 0)) })),
        ]
    }
}

/// The effect of one signal on the scored executions.
private struct SignalEntry {
    private var drivers: Int64 = 0
    private var detractors: Int64 = 0
    private var neutral: Int64 = 0
    private var missing: Int64 = 0

    mutating func add(_ times: Int64, drives: Bool, detracts: Bool, isMissing: Bool) {
        if drives {
            drivers += times
        } else if detracts {
            detractors += times
        } else if isMissing {
            missing += times
        } else {
            neutral += times
        }
    }

    func node(key: String) -> JSONNode {
        .object([
            ("key", .string(key)), ("drivers", .integer(drivers)), ("detractors", .integer(detractors)),
            ("neutral", .integer(neutral)), ("missing", .integer(missing)),
        ])
    }
}
