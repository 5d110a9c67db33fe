import ArgumentParser
import LedgerJSON
import LedgerValues
import Operations
import OptionTrades

extension CaptureSummary {
    /// Prints the summary as text.
    func show() {
        Output.line("\(dryRun ? "dry run" : "run") \(runID), \(calls) calls")
        Output.table(
            ["series", "market", "hours", "known", "captured", "unchanged", "empty", "left", "new rows", "superseding", "unchanged rows"],
            outcomes.map { outcome in
                [outcome.series.rawValue, outcome.currency]
                    + [
                        outcome.hours, outcome.known, outcome.captured, outcome.unchanged, outcome.empty, outcome.left,
                        outcome.rows.inserted,
                        outcome.rows.superseding, outcome.rows.unchanged,
                    ].map { "\($0)" }
            }, rightAligned: Set(2...10))
        for outcome in outcomes {
            guard let failure = outcome.failure else { continue }
            Output.errorText(
                Output.escaped("\(outcome.series.rawValue) \(outcome.currency): \(failure.code.rawValue): \(failure.message)"))
        }
        var leftOut: [String: Int] = [:]
        for outcome in outcomes { leftOut.merge(outcome.leftOut) { $0 + $1 } }
        if !leftOut.isEmpty {
            let counts = leftOut.sorted { $0.key.isBytewiseLess(than: $1.key) }.map { "\($0.value) \($0.key)" }
            Output.line("left out: \(counts.joined(separator: ", "))")
        }
        if isCutShort { Output.line("the calls were used up; run it again for the rest") }
        if dryRun { Output.line("nothing was written; --apply appends") }
    }

    /// Prints the summary, and ends with 1 if a series failed.
    func print(json: Bool) throws {
        if json {
            Output.bytes(node.httpBytes() + [UInt8(ascii: "\n")])
        } else {
            show()
        }
        if hasFailures { throw ExitCode(1) }
    }
}
