import ArgumentParser
import Operations
import OptionTrades

extension ViewCommand {
    struct Dispatches: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Intents to trade, what was decided on them, and what became of their orders.",
            discussion: """
                The decision is made anew from the recorded facts: with --rules dispatches@v2 it is that of other rules. What the \
                broker did stays what it is.

                Examples:
                  alpha-ledger view dispatches --state UNRESOLVED
                  alpha-ledger view dispatches --ticker SPY --sort -created_at --limit 5 --json
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var paging: Paging
        @Option(help: View.dispatches.help("source"), completion: View.dispatches.completion("source")) var source: String?
        @Option(help: View.dispatches.help("ticker")) var ticker: String?
        @Option(help: View.dispatches.help("strategy"), completion: View.dispatches.completion("strategy")) var strategy: String?
        @Option(help: View.dispatches.help("state"), completion: View.dispatches.completion("state")) var state: String?
        @Option(help: View.dispatches.help("verdict"), completion: View.dispatches.completion("verdict")) var verdict: String?
        @Option(help: "Created from (inclusive): an instant, or a date at UTC midnight.") var from: String?
        @Option(help: "Created to (exclusive).") var to: String?

        func run() async throws {
            try await showView(
                .dispatches, options, paging,
                [
                    ("source", source), ("ticker", ticker), ("strategy", strategy), ("state", state), ("verdict", verdict),
                    ("from", from), ("to", to),
                ],
                columns: [
                    ("created_at", false), ("intent_id", false), ("ticker", false), ("action", false), ("instrument_type", false),
                    ("execution_mode", false), ("option_symbol", false), ("quantity", true), ("limit_price", true),
                    ("filled_quantity", true), ("filled_avg_price", true), ("fallback_reason", false),
                ])
        }
    }

    struct BrokerPositions: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "broker-positions", abstract: "What the broker holds against what the ledger's executions leave.",
            discussion: """
                A difference is explained if activities of the account, such as an expiry, account for all of it.

                Example:
                  alpha-ledger view broker-positions --state differs
                """, aliases: ["broker_positions"])

        @OptionGroup var options: SettingsOptions
        @OptionGroup var paging: Paging
        @Option(help: View.brokerPositions.help("source"), completion: View.brokerPositions.completion("source")) var source: String?
        @Option(help: View.brokerPositions.help("state"), completion: View.brokerPositions.completion("state")) var state: String?

        func run() async throws {
            try await showView(
                .brokerPositions, options, paging, [("source", source), ("state", state)],
                columns: [
                    ("source", false), ("symbol", false), ("broker_quantity", true), ("ledger_quantity", true), ("difference", true),
                    ("state", false), ("explanation", false), ("observed_at", false),
                ])
        }
    }
}
