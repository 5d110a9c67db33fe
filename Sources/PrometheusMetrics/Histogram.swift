import Synchronization

/// The number of measured times below each bound, for each combination of label values; bounded like ``Counter``.
package final class Histogram: Sendable {
    /// Upper bounds for the time of a request, in seconds: 1 ms to 10 s.
    package static let requestSeconds: [Double] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    private struct Series {
        /// Each bucket's own observations, without those of lower buckets. The last bucket is for values above every
        /// bound.
        var buckets: [Int]
        var sum = 0.0
    }

    private let name: String
    private let help: String
    private let labels: [String]
    private let bounds: [Double]
    private let series = Mutex<[[String]: Series]>([:])

    /// Makes a histogram without observations.
    ///
    /// - Parameter bounds: upper bounds, inclusive, ascending.
    package init(_ name: String, help: String, labels: [String] = [], bounds: [Double] = Histogram.requestSeconds) {
        precondition(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }, "\(name): ascending bounds")
        self.name = name
        self.help = help
        self.labels = labels
        self.bounds = bounds
    }

    package func observe(_ value: Double, _ values: [String] = []) {
        precondition(values.count == labels.count, "\(name): as many values as labels")
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        series.withLock { series in
            let key = SeriesLimit.key(values, isKnown: series[values] != nil, count: series.count)
            series[key, default: Series(buckets: Array(repeating: 0, count: bounds.count + 1))].buckets[bucket] += 1
            series[key]?.sum += value
        }
    }

    /// Cumulative buckets, sum and count, sorted by label values.
    package var family: MetricFamily {
        var samples: [MetricFamily.Sample] = []
        for (values, one) in series.withLock({ $0 }).sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            let pairs = zip(labels, values).map { (name: $0, value: $1) }
            var total = 0
            for (index, count) in one.buckets.enumerated() {
                total += count
                let bound = index < bounds.count ? PrometheusText.number(bounds[index]) : "+Inf"
                samples.append(.init(Double(total), labels: pairs + [("le", bound)], suffix: "_bucket"))
            }
            samples.append(.init(one.sum, labels: pairs, suffix: "_sum"))
            samples.append(.init(Double(total), labels: pairs, suffix: "_count"))
        }
        return MetricFamily(name, .histogram, help: help, samples)
    }
}
