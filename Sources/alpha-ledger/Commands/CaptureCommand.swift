import ArgumentParser
import LedgerEvents
import LedgerJSON
import LedgerValues
import Operations
import OptionTrades

struct CaptureCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "capture", abstract: "Bring series of market observations from the vendor into the log; a dry run unless --apply.",
        discussion: """
            Series: \(CaptureOptions.names). Without --from and --to the last hour or day that is over is captured. Hours \
            that were captured are not asked for again unless --again. A run that dies is simply run again.

            Exit codes: 1 where a series failed or the key may not see it (the others go on), 2 without AMBERDATA_API_KEY, 3 where \
            another capture is running, 4 where the vendor can't be reached.

            Examples:
              alpha-ledger capture gex vol_metrics --currency BTC,ETH
              alpha-ledger capture gex --currency BTC --from 2026-01-01 --to 2026-01-08 --apply
              alpha-ledger capture coverage --series gex --currency BTC --from 2026-01-01 --to 2026-01-08
            """,
        subcommands: [Run.self, Tape.self, Coverage.self], defaultSubcommand: Run.self)

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "run", abstract: "Capture series; what `capture SERIES…` does.",
            discussion: """
                Example:
                  alpha-ledger capture run spot --currency BTC --apply
                """)

        @OptionGroup var options: SettingsOptions
        @Argument(help: "Series; see `capture --help`.", completion: .list(CaptureSeries.allCases.map(\.rawValue)))
        var series: [CaptureSeries]
        @Option(help: "Markets with commas between them: BTC, ETH, SOL.") var currency: String
        @Option(help: "From (inclusive): an instant on the hour, or a date at UTC midnight.") var from: String?
        @Option(help: "To (exclusive).") var to: String?
        @Flag(help: "Append; without it nothing is written.") var apply = false
        @Flag(help: "Ask again for hours that were captured.") var again = false
        @Option(help: "Send at most this many requests.") var maxCalls: Int?
        @Flag(help: "Print the summary as JSON.") var json = false

        func validate() throws {
            _ = try CaptureCommand.markets(currency)
            if let maxCalls, maxCalls < 1 { throw ValidationError("--max-calls: expected a number above 0") }
        }

        func run() async throws {
            let asked = CaptureOptions(
                series: series, currencies: try CaptureCommand.markets(currency), from: try CaptureCommand.instant("from", from),
                to: try CaptureCommand.instant("to", to), apply: apply, again: again, maximumCalls: maxCalls)
            let summary = try await options.withLedger(writes: apply) { ledger in
                let progress = ProgressLine()
                defer { progress.end() }
                return try await ledger.capture(asked, from: try ledger.seriesSource()) { step in
                    progress.show("\(step.series.rawValue) \(step.currency): \(step.done) of \(step.of) hours, \(step.calls) calls")
                }
            }
            if json {
                Output.bytes(summary.node.httpBytes() + [UInt8(ascii: "\n")])
            } else {
                show(summary)
            }
            if summary.hasFailures { throw ExitCode(1) }
        }
    }

    struct Coverage: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "coverage", abstract: "The hours of a range that have no observations, and why.",
            discussion: """
                Reasons: \(CaptureCoverage.Reason.allCases.map(\.rawValue).joined(separator: ", ")). Nothing is asked of the vendor.

                Example:
                  alpha-ledger capture coverage --series gex --currency BTC --from 2026-01-01 --to 2026-01-08 --json
                """)

        @OptionGroup var options: SettingsOptions
        @Option(help: "Series with commas between them.") var series: String
        @Option(help: "Markets with commas between them: BTC, ETH, SOL.") var currency: String
        @Option(help: "From (inclusive): an instant on the hour, or a date at UTC midnight.") var from: String
        @Option(help: "To (exclusive).") var to: String
        @Flag(help: "Print the result as JSON.") var json = false

        func validate() throws {
            _ = try CaptureCommand.markets(currency)
            _ = try CaptureCommand.series(series)
        }

        func run() async throws {
            guard let start = try CaptureCommand.instant("from", from), let end = try CaptureCommand.instant("to", to) else { return }
            let (chosen, markets) = (try CaptureCommand.series(series), try CaptureCommand.markets(currency))
            let found = try await options.withLedger(writes: false) { ledger in
                var found: [CaptureCoverage] = []
                for one in chosen {
                    for market in markets {
                        found.append(
                            try await CaptureCoverage.read(
                                one, currency: market, from: start, to: end, now: ledger.now(), ledger.pool))
                    }
                }
                return found
            }
            if json {
                Output.bytes(JSONNode.array(found.map(\.node)).httpBytes() + [UInt8(ascii: "\n")])
                return
            }
            for coverage in found {
                Output.line("\(coverage.series.rawValue) \(coverage.currency): \(coverage.covered) of \(coverage.hours) hours")
                let rows = coverage.missing.map { ["\($0.hour)", $0.reason.rawValue, Output.escaped($0.message ?? "")] }
                if !rows.isEmpty { Output.table(["hour", "reason", "message"], rows, rightAligned: []) }
            }
        }
    }

    // MARK: - Arguments

    fileprivate static func markets(_ text: String) throws -> [String] {
        let known = Ingestion.series.flatMap(\.currencies)
        let markets = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        for market in markets where !known.contains(where: { $0.isBytewiseEqual(to: market) }) {
            throw ValidationError("--currency: expected one or more of \(known.joined(separator: ", ")) with commas between them")
        }
        return markets
    }

    fileprivate static func series(_ text: String) throws -> [CaptureSeries] {
        try text.split(separator: ",", omittingEmptySubsequences: false).map { name in
            guard let series = CaptureSeries(rawValue: String(name)) else {
                throw ValidationError("--series: expected one or more of \(CaptureOptions.names) with commas between them")
            }
            return series
        }
    }

    fileprivate static func instant(_ name: String, _ text: String?) throws -> Instant? {
        guard let text else { return nil }
        if let instant = Instant(text) ?? CalendarDate(text).flatMap({ Instant(startOf: $0) }) { return instant }
        throw ValidationError("--\(name): expected an instant such as 2026-01-01T00:00:00Z, or a date")
    }
}

/// Prints the capture's summary as text.
private func show(_ summary: CaptureSummary) {
    Output.line("\(summary.dryRun ? "dry run" : "run") \(summary.runID), \(summary.calls) calls")
    Output.table(
        ["series", "market", "hours", "known", "captured", "unchanged", "empty", "left", "new rows", "superseding", "unchanged rows"],
        summary.outcomes.map { outcome in
            [outcome.series.rawValue, outcome.currency]
                + [
                    outcome.hours, outcome.known, outcome.captured, outcome.unchanged, outcome.empty, outcome.left, outcome.rows.inserted,
                    outcome.rows.superseding, outcome.rows.unchanged,
                ].map { "\($0)" }
        }, rightAligned: Set(2...10))
    for outcome in summary.outcomes {
        guard let failure = outcome.failure else { continue }
        Output.errorText(
            Output.escaped("\(outcome.series.rawValue) \(outcome.currency): \(failure.code.rawValue): \(failure.message)"))
    }
    if summary.isCutShort { Output.line("the calls were used up; run it again for the rest") }
    if summary.dryRun { Output.line("nothing was written; --apply appends") }
}

extension CaptureSeries: ExpressibleByArgument {}

extension Failure {
    init(_ error: CaptureError) {
        switch error {
        case .alreadyRunning: self.init(code: 3, "\(error)")
        case .unreachable: self.init(code: 4, "\(error)")
        case .badOptions(let problem): self.init(code: 2, "--\(problem.replacing("max_calls", with: "max-calls"))")
        case .notConfigured: self.init(code: 2, "\(error)")
        }
    }
}
