/// A metric with its samples at one moment, in Prometheus's terms.
package struct MetricFamily: Sendable {
    package enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    /// One line of a family: its labels in order, and its value.
    package struct Sample: Sendable {
        /// The suffix of the family's name: empty, `_bucket`, `_sum` or `_count`.
        package let suffix: String
        package let labels: [(name: String, value: String)]
        package let value: Double

        package init(_ value: Double, labels: [(name: String, value: String)] = [], suffix: String = "") {
            self.suffix = suffix
            self.labels = labels
            self.value = value
        }
    }

    /// The name, `[a-z_:][a-z0-9_:]*`. Counters end in `_total`, and units come last (`_seconds`, `_bytes`).
    package let name: String
    package let help: String
    package let kind: Kind
    package let samples: [Sample]

    package init(_ name: String, _ kind: Kind, help: String, _ samples: [Sample]) {
        self.name = name
        self.kind = kind
        self.help = help
        self.samples = samples
    }

    /// A gauge of one sample without labels.
    package static func gauge(_ name: String, help: String, _ value: Double) -> MetricFamily {
        MetricFamily(name, .gauge, help: help, [Sample(value)])
    }

    /// A counter of one sample without labels, which never goes down while the process lives.
    package static func counter(_ name: String, help: String, _ value: Double) -> MetricFamily {
        MetricFamily(name, .counter, help: help, [Sample(value)])
    }
}
