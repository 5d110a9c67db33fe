import Synchronization

/// A number that only grows, for each combination of label values.
///
/// The number of combinations is bounded. Beyond the limit every new combination is counted under `other`, so that no
/// input can make the metrics grow without end.
package final class Counter: Sendable {
    package static let maximumSeries = 256

    private let name: String
    private let help: String
    private let labels: [String]
    private let counts = Mutex<[[String]: Int]>([:])

    /// Makes a counter without counts.
    ///
    /// - Parameter labels: the labels' names, in the order in which values are given.
    package init(_ name: String, help: String, labels: [String] = []) {
        self.name = name
        self.help = help
        self.labels = labels
    }

    /// Adds to one combination of label values.
    package func increment(_ values: [String] = [], by amount: Int = 1) {
        precondition(values.count == labels.count && amount >= 0, "\(name): as many values as labels, and never down")
        counts.withLock { counts in
            let key = SeriesLimit.key(values, isKnown: counts[values] != nil, count: counts.count)
            counts[key, default: 0] += amount
        }
    }

    /// The current number of one combination.
    package func value(_ values: [String] = []) -> Int { counts.withLock { $0[values] ?? 0 } }

    /// The counter's current numbers, sorted by label values.
    package var family: MetricFamily {
        let series = counts.withLock { $0 }.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        return MetricFamily(
            name, .counter, help: help,
            series.map { values, count in
                .init(Double(count), labels: zip(labels, values).map { ($0, $1) })
            })
    }
}

/// The limit of label combinations of a metric.
enum SeriesLimit {
    static let overflow = "other"

    /// The combination to count under: itself, or all `other` beyond the limit.
    static func key(_ values: [String], isKnown: Bool, count: Int) -> [String] {
        isKnown || count < Counter.maximumSeries ? values : values.map { _ in overflow }
    }
}
