import ArgumentParser
import LedgerProjections
import LedgerValues
import Operations
import OptionTrades

struct AlertsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alerts", abstract: "Alerts of a market.", subcommands: [Replay.self])

    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Evaluate the alerts of past minutes again, and compare.",
            discussion: """
                Evaluates every full minute from --from to --to by the newest installed rules, each as of that minute, and \
                compares what is raised and cleared with the events in the log. Alerts of the ledger itself are left out. \
                Exits 1 if they differ.

                Examples:
                  alpha-ledger alerts replay --currency BTC --from 2026-02-01T00:00:00Z --to 2026-02-01T00:05:00Z
                """)

        @OptionGroup var options: SettingsOptions
        @Option(help: "The market; several with commas between them.") var currency: String
        @Option(help: "The first minute, as in 2026-01-31T00:00:00Z.", transform: Arguments.instant) var from: Instant
        @Option(help: "The last minute.", transform: Arguments.instant) var to: Instant

        func validate() throws {
            if from > to { throw ValidationError("--from: expected an instant that is not after --to") }
        }

        func run() async throws {
            let currencies = currency.split(separator: ",").map { String($0) }
            try await options.withLedger { ledger in
                try await ledger.bringUpToDate(ledger.registry.names)
                let (evaluated, recorded) = try await ledger.replayAlerts(currencies, from: from, through: to)
                let columns = ["now", "alert", "market", "change", "recorded"]
                let recordedLines = recorded.map(Self.line)
                let evaluatedLines = evaluated.map(Self.line)
                Output.table(
                    columns,
                    evaluatedLines.map { $0 + [recordedLines.contains($0) ? "yes" : "no"] }
                        + recordedLines.filter { !evaluatedLines.contains($0) }.map { $0 + ["only recorded"] })
                if Set(recordedLines) != Set(evaluatedLines) { throw Failure(code: 1, "the replay says something else than was recorded") }
            }
        }

        private static func line(_ change: AlertChange) -> [String] {
            let name = if case .raised = change { "raised" } else { "cleared" }
            return ["\(change.now)", change.alertID, change.currency, name]
        }
    }
}
