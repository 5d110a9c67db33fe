import ArgumentParser
import LedgerProjections
import LedgerValues
import Operations
import OptionTrades

struct AlertsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alerts", abstract: "Alerts of markets and of the ledger.",
        subcommands: [List.self, Silence.self, Test.self, Replay.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List how the alerts stand.",
            discussion: """
                The list is that of `view alerts`.

                Examples:
                  alpha-ledger alerts list --state raised
                  alpha-ledger alerts list --severity critical --json
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var paging: ViewCommand.Paging
        @OptionGroup var filters: AlertFilters

        func run() async throws {
            try await showView(.alerts, options, paging, filters.parameters, columns: AlertFilters.columns)
        }
    }

    struct Silence: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send no message about an alert until an instant.",
            discussion: """
                The alert is still raised and cleared. What is recorded of it before the instant is never delivered. A later silence \
                replaces an earlier one, so that an instant that has passed ends it.

                Exit codes: 2 if there is no such alert, or no such market of it.

                Examples:
                  alpha-ledger alerts silence dvol_high --until 2026-02-01T06:00:00Z --by operations --reason 'known'
                  alpha-ledger alerts silence vrp_negative --currency BTC --until 2026-02-01T06:00:00Z --by operations --reason 'known'
                """)

        @OptionGroup var options: SettingsOptions
        @Argument(help: "The alert's id.") var id: String
        @Option(help: "Until when, as in 2026-02-01T06:00:00Z.", transform: Arguments.instant) var until: Instant
        @Option(parsing: .unconditional, help: "The market; all of ALPHA_LEDGER_ALERTS where left out, - for an alert of the ledger.")
        var currency: String?
        @Option(help: "Who wants it so.") var by: String
        @Option(help: "Why.") var reason: String

        func run() async throws {
            do {
                let markets = try await options.withLedger { ledger in
                    try await ledger.silenceAlert(id, currency: currency, until: until, by: by, reason: reason)
                }
                Output.line("\(id) is silent until \(until): \(markets.joined(separator: ", "))")
            } catch let problem as SilenceProblem {
                throw Failure(code: 2, problem.description)
            }
        }
    }

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send a message about nothing to every receiver.",
            discussion: """
                The receivers are those of SLACK_WEBHOOK_URL and ALPHA_LEDGER_WEBHOOK_URL. The message is sent once to each, and nothing \
                is recorded.

                Exit codes: 1 if a receiver was not reached, 2 if none is configured.

                Example:
                  alpha-ledger alerts test
                """)

        @OptionGroup var options: SettingsOptions

        func run() async throws {
            let outcomes = try await options.withLedger { ledger in try await ledger.testAlertChannels() }
            guard !outcomes.isEmpty else {
                throw Failure(code: 2, "no receiver is configured: set SLACK_WEBHOOK_URL or ALPHA_LEDGER_WEBHOOK_URL")
            }
            var failed: [String] = []
            for (channel, outcome) in outcomes {
                switch outcome {
                case .delivered: Output.line("\(channel): delivered")
                case .failed(let error, _):
                    Output.line("\(channel): \(error)")
                    failed.append(channel)
                }
            }
            if !failed.isEmpty { throw Failure(code: 1, "not delivered: \(failed.joined(separator: ", "))") }
        }
    }

    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Evaluate the alerts of the past again, and compare.",
            discussion: """
                Evaluates the alerts again at every moment at which they were evaluated: after captures, and at full minutes. What is \
                raised and cleared from --from to --to is compared with the events in the log, with value, position and moment. \
                Figures that nobody records are left out: stopped projections, and checkpoints without quorum. Exits 1 if they differ.

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
            let currencies = currency.split(separator: ",").map { String($0) } + ["-"]
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
                if recorded != evaluated { throw Failure(code: 1, "the replay says something else than was recorded") }
            }
        }

        private static func line(_ change: AlertChange) -> [String] {
            let name = if case .raised = change { "raised" } else { "cleared" }
            return ["\(change.now)", change.alertID, change.currency, name]
        }
    }
}

/// The filters of the list of alerts.
struct AlertFilters: ListFilters {
    @Option(help: View.alerts.help("id")) var id: String?
    @Option(parsing: .unconditional, help: View.alerts.help("currency")) var currency: String?
    @Option(help: View.alerts.help("state"), completion: View.alerts.completion("state")) var state: String?
    @Option(help: View.alerts.help("severity"), completion: View.alerts.completion("severity")) var severity: String?

    var parameters: [(name: String, value: String?)] {
        [("id", id), ("currency", currency), ("state", state), ("severity", severity)]
    }

    static let columns: [(name: String, isNumber: Bool)] = [
        ("alert_id", false), ("currency", false), ("state", false), ("severity", false), ("value", false), ("threshold", false),
        ("since", false), ("raised_at", false), ("cleared_at", false), ("silenced_until", false),
    ]
}

extension ViewCommand {
    enum Alerts: ListedView {
        typealias Filters = AlertFilters
        static let view = View.alerts
        static let abstract = "How each alert of each market stands."
        static let discussion = """
            Example:
              alpha-ledger view alerts --state raised
            """
        static let columns: [(name: String, isNumber: Bool)] = AlertFilters.columns
    }
}
