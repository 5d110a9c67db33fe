import LedgerValues
package import OptionTrades
import Synchronization

/// What the captures of this process came to, for readiness and metrics.
package final class CaptureStatus: Sendable {
    private struct State {
        var notEntitled: [CaptureSeries: [String]] = [:]
        var hours: [CaptureSeries: [Outcome: Int]] = [:]
        var rows: [CaptureSeries: Int] = [:]
    }

    /// What became of an hour.
    package enum Outcome: String, Sendable, CaseIterable {
        case captured, unchanged, failed
    }

    private let state = Mutex(State())

    package init() {}

    func note(_ summary: CaptureSummary) {
        state.withLock { state in
            for outcome in summary.outcomes {
                if outcome.failure?.code == .notEntitled {
                    if !(state.notEntitled[outcome.series] ?? []).contains(outcome.currency) {
                        state.notEntitled[outcome.series, default: []].append(outcome.currency)
                    }
                } else if outcome.captured + outcome.unchanged > 0 {
                    state.notEntitled[outcome.series] = nil
                }
                if summary.dryRun { continue }
                state.hours[outcome.series, default: [:]][.captured, default: 0] += outcome.captured
                state.hours[outcome.series, default: [:]][.unchanged, default: 0] += outcome.unchanged
                if outcome.failure != nil { state.hours[outcome.series, default: [:]][.failed, default: 0] += 1 }
                state.rows[outcome.series, default: 0] += outcome.rows.inserted + outcome.rows.superseding
            }
        }
    }

    /// The series that the vendor refused when they were last asked for.
    package var warnings: [String] {
        state.withLock { state in
            CaptureSeries.allCases.compactMap { series in
                state.notEntitled[series].map { "capture of \(series.rawValue) (\($0.joined(separator: ", "))): not entitled" }
            }
        }
    }

    /// Hours by series and what became of them, and observations appended by series.
    package var counts: (hours: [(series: CaptureSeries, outcome: Outcome, count: Int)], rows: [(series: CaptureSeries, count: Int)]) {
        state.withLock { state in
            let hours = CaptureSeries.allCases.flatMap { series in
                Outcome.allCases.compactMap { outcome in state.hours[series]?[outcome].map { (series, outcome, $0) } }
            }
            return (hours, CaptureSeries.allCases.compactMap { series in state.rows[series].map { (series, $0) } })
        }
    }
}
