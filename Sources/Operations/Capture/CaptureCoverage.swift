package import LedgerJSON
package import LedgerPostgres
package import LedgerValues
package import OptionTrades

/// The hours of a series of a market that have no observations, and why (docs/contract/market-capture.md, "Coverage").
package struct CaptureCoverage: Sendable {
    package enum Reason: String, Sendable, CaseIterable {
        /// Nobody has asked.
        case notCaptured = "not_captured"
        /// The vendor had nothing.
        case empty
        /// The vendor refused with 401 or 403.
        case notEntitled = "not_entitled"
        /// The vendor failed, or its answer could not be used.
        case failed
    }

    package struct Missing: Sendable, Equatable {
        package let hour: Instant
        package let reason: Reason
        /// What the vendor said; nil unless it failed.
        package let message: String?
    }

    package let series: CaptureSeries
    package let currency: String
    /// Hours of the range, for daily series days.
    package private(set) var hours = 0
    package private(set) var missing: [Missing] = []

    package var covered: Int { hours - missing.count }

    /// Reads the log.
    ///
    /// - Parameters:
    ///   - from: a whole hour
    ///   - to: a whole hour, exclusive; what is not over at `now` is left out
    package static func read(
        _ series: CaptureSeries, currency: String, from: Instant, to: Instant, now: Instant, _ pool: PostgresPool
    ) async throws -> CaptureCoverage {
        try CaptureOptions(series: [series], currencies: [currency], from: from, to: to, apply: false).check()
        let steps = series.steps(from: from, to: to, now: now)
        let (stored, failures) = try await pool.run { session in
            (
                try StoredSnapshots.load(series, currency: currency, of: steps, session),
                try StoredSnapshots.failures(series, currency: currency, session)
            )
        }
        var coverage = CaptureCoverage(series: series, currency: currency)
        coverage.hours = steps.count
        for step in steps {
            if let captured = stored.hours[step] {
                if captured.recordCount == 0 { coverage.missing.append(Missing(hour: step, reason: .empty, message: nil)) }
            } else if let failed = failures.last(where: { $0.windowFrom <= step && step < $0.windowTo }) {
                coverage.missing.append(
                    Missing(hour: step, reason: failed.code == .notEntitled ? .notEntitled : .failed, message: failed.message))
            } else {
                coverage.missing.append(Missing(hour: step, reason: .notCaptured, message: nil))
            }
        }
        return coverage
    }

    private init(series: CaptureSeries, currency: String) {
        self.series = series
        self.currency = currency
    }

    package var node: JSONNode {
        .object([
            ("series", .string(series.rawValue)), ("currency", .string(currency)), ("hours", .integer(Int64(hours))),
            ("covered", .integer(Int64(covered))),
            (
                "missing",
                .array(
                    missing.map {
                        .object([
                            ("hour", .string("\($0.hour)")), ("reason", .string($0.reason.rawValue)),
                            ("message", $0.message.map { .string($0) } ?? .null),
                        ])
                    })
            ),
        ])
    }
}
