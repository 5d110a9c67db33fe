import OptionTrades

/// What is read of a view of observations instead of its rows (docs/contract/reading.md, "Series").
package enum SeriesReading: Sendable, Equatable {
    /// The latest rows.
    case latest
    /// Each series reduced to a point a bucket.
    case points(Bucket, Aggregate)

    /// A span of UTC time.
    package enum Bucket: String, Sendable, CaseIterable {
        case hour = "1h"
        case day = "1d"

        var microseconds: Int64 {
            switch self {
            case .hour: 3_600_000_000
            case .day: 86_400_000_000
            }
        }
    }

    /// What becomes of the figures of a bucket.
    package enum Aggregate: String, Sendable, CaseIterable {
        /// The one with the latest time.
        case last
        case mean
        case sum
    }

    /// Reads the parameters of a request. Nil if they ask for rows.
    ///
    /// - Parameters:
    ///   - latest: `latest`
    ///   - bucket: the text of `bucket`
    ///   - aggregate: the text of `agg`; `last` if absent
    package init?(latest: Bool, bucket: String?, aggregate: String?) throws(ViewError) {
        guard let bucket else {
            if aggregate != nil { throw .badParameter(name: "agg", expected: "a bucket beside it") }
            if !latest { return nil }
            self = .latest
            return
        }
        if latest { throw .badParameter(name: "latest", expected: "false beside a bucket") }
        guard let width = Bucket(rawValue: bucket) else {
            throw .badParameter(name: "bucket", expected: Self.list(Bucket.allCases.map(\.rawValue)))
        }
        guard let reduced = Aggregate(rawValue: aggregate ?? Aggregate.last.rawValue) else {
            throw .badParameter(name: "agg", expected: Self.list(Aggregate.allCases.map(\.rawValue)))
        }
        self = .points(width, reduced)
    }

    private static func list(_ values: [String]) -> String {
        "\(values.dropLast().joined(separator: ", ")) or \(values.last ?? "")"
    }

    /// The parameters that ask for it.
    var parameters: [(name: String, value: String)] {
        switch self {
        case .latest: [("latest", "true")]
        case .points(let bucket, let aggregate): [("bucket", bucket.rawValue), ("agg", aggregate.rawValue)]
        }
    }
}
