package import LedgerJSON
package import LedgerValues
package import OptionTrades

/// The result of a capture, or the result that it would have.
package struct CaptureSummary: Sendable {
    /// What became of a series of a market.
    package struct Outcome: Sendable {
        package let series: CaptureSeries
        package let currency: String
        /// Hours of the range, for daily series days.
        package var hours = 0
        /// Hours that needed no look, since they were captured before.
        package var known = 0
        /// Hours whose capture was appended.
        package var captured = 0
        /// Hours whose observations are those of their latest capture.
        package var unchanged = 0
        /// Hours of which the vendor had nothing.
        package var empty = 0
        /// Hours that were not asked for, because the series ended or the calls were used up.
        package var left = 0
        /// What became of the observations.
        package var rows = ImportCounts()
        /// Rows of the vendor that gave no observation.
        package var skippedRows = 0
        /// Rows, or figures of rows, that were left out on purpose, by reason.
        package var leftOut: [String: Int] = [:]
        package var pages = 0
        package var failure: (code: CaptureFailedPayload.Code, message: String)?

        package init(series: CaptureSeries, currency: String) {
            self.series = series
            self.currency = currency
        }

        package var node: JSONNode {
            func count(_ value: Int) -> JSONNode { .integer(Int64(value)) }
            return .object([
                ("series", .string(series.rawValue)), ("currency", .string(currency)), ("hours", count(hours)), ("known", count(known)),
                ("captured", count(captured)), ("unchanged", count(unchanged)), ("empty", count(empty)), ("left", count(left)),
                ("inserted", count(rows.inserted)), ("superseding", count(rows.superseding)), ("unchanged_rows", count(rows.unchanged)),
                ("skipped_rows", count(skippedRows)),
                (
                    "left_out",
                    .object(leftOut.sorted { $0.key.isBytewiseLess(than: $1.key) }.map { ($0.key, count($0.value)) })
                ), ("pages", count(pages)),
                (
                    "error",
                    failure.map { .object([("code", .string($0.code.rawValue)), ("message", .string($0.message))]) } ?? .null
                ),
            ])
        }
    }

    package let runID: UniqueID
    package let dryRun: Bool
    package var outcomes: [Outcome] = []
    /// Requests sent.
    package var calls = 0
    /// Whether the calls were used up before everything was asked for.
    package var isCutShort = false
    package let startedAt: Instant
    package var finishedAt: Instant

    package init(runID: UniqueID, dryRun: Bool, startedAt: Instant) {
        self.runID = runID
        self.dryRun = dryRun
        self.startedAt = startedAt
        finishedAt = startedAt
    }

    /// The result of this capture and of one that followed it.
    package func followed(by next: CaptureSummary) -> CaptureSummary {
        var whole = self
        whole.outcomes += next.outcomes
        whole.calls += next.calls
        whole.isCutShort = isCutShort || next.isCutShort
        whole.finishedAt = next.finishedAt
        return whole
    }

    /// Whether a series failed, or could not be asked for.
    package var hasFailures: Bool { outcomes.contains { $0.failure != nil } }

    package var node: JSONNode {
        .object([
            ("run_id", .string("\(runID)")), ("dry_run", .bool(dryRun)), ("calls", .integer(Int64(calls))),
            ("cut_short", .bool(isCutShort)), ("series", .array(outcomes.map(\.node))), ("started_at", .string("\(startedAt)")),
            ("finished_at", .string("\(finishedAt)")),
        ])
    }
}
