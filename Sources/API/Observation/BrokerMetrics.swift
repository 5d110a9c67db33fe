import LedgerValues
import Operations
import OptionTrades
import PrometheusMetrics

/// The figures of intents and orders, from the log. No label carries an id.
enum BrokerMetrics {
    /// The statuses that are told apart. A broker may send others.
    private static let statuses: Set<String> = [
        "new", "accepted", "pending_new", "partially_filled", "filled", "done_for_day", "canceled", "expired", "rejected", "replaced",
        "pending_cancel", "pending_replace", "held", "stopped", "suspended", "calculated",
    ]
    /// Seconds, from the submission to the first fill.
    private static let fillSeconds: [Double] = [0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200, 23_400]
    private static let mostCodes = 20

    /// The families of all sources that have an intent; empty if there is none.
    static func families(_ summaries: [SourceSummary], now: Instant) -> [MetricFamily] {
        let summaries = summaries.filter { !$0.intents.isEmpty }
        if summaries.isEmpty { return [] }
        let seconds = Histogram(
            "alpha_ledger_broker_fill_seconds", help: "Seconds from an order's submission to its first fill.", labels: ["source"],
            bounds: fillSeconds)
        var (orders, ages, codes): ([MetricFamily.Sample], [MetricFamily.Sample], [MetricFamily.Sample]) = ([], [], [])
        for summary in summaries {
            let source = (name: "source", value: summary.source.rawValue)
            var counts: [ByteKey: Int] = [:]
            var refusals: [ByteKey: Int] = [:]
            var oldest: Int64 = 0
            for state in summary.intents.values {
                counts[ByteKey("\(state.mode.rawValue)|\(status(of: state))"), default: 0] += 1
                if let code = code(of: state) { refusals[ByteKey(code), default: 0] += 1 }
                guard let submission = state.submission else { continue }
                if state.isUnresolved { oldest = max(oldest, now.microseconds - submission.now.microseconds) }
                if let filled = state.firstFillAt {
                    seconds.observe(Double(filled.microseconds - submission.now.microseconds) / 1_000_000, [source.value])
                }
            }
            for (key, count) in counts.sorted(by: { $0.key < $1.key }) {
                let parts = key.text.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
                orders.append(.init(Double(count), labels: [source, ("mode", parts[0]), ("status", parts[1])]))
            }
            ages.append(.init(Double(oldest) / 1_000_000, labels: [source]))
            var others = 0
            for (index, refusal) in refusals.sorted(by: { $0.key < $1.key }).enumerated() {
                if index >= mostCodes {
                    others += refusal.value
                } else {
                    codes.append(sample(refusal.value, source, refusal.key.text))
                }
            }
            if others > 0 { codes.append(sample(others, source, "other")) }
        }
        return [
            MetricFamily(
                "alpha_ledger_broker_intents", .gauge, help: "Intents by what became of them and by their order's status.", orders),
            seconds.family,
            MetricFamily(
                "alpha_ledger_broker_unresolved_seconds", .gauge,
                help: "The age of the oldest order of which nobody knows whether the broker has it; 0 without one.", ages),
            MetricFamily("alpha_ledger_broker_rejections", .gauge, help: "Orders that the broker refused or rejected, by its code.", codes),
        ]
    }

    private static func sample(_ count: Int, _ source: (name: String, value: String), _ code: String) -> MetricFamily.Sample {
        .init(Double(count), labels: [source, ("code", code)])
    }

    private static func status(of state: IntentState) -> String {
        guard let status = state.orderStatus else { return "none" }
        return statuses.contains(status) ? status : "other"
    }

    /// The broker's code of a refusal, or `rejected` if it said no later.
    private static func code(of state: IntentState) -> String? {
        if let refusal = state.refusal { return refusal.code.map { "\($0)" } ?? "none" }
        return state.orderStatus == "rejected" ? "rejected" : nil
    }
}
