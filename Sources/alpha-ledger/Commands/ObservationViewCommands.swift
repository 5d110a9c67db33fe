import ArgumentParser
import OptionTrades

extension ViewCommand {
    /// The filters of every list of observations.
    struct ObservationSelection: ParsableArguments {
        @Option(help: View.volMetricsSnapshots.help("currency")) var currency: String?
        @Option(help: "Timestamp from (inclusive): an instant, or a date at UTC midnight.") var from: String?
        @Option(help: "Timestamp to (exclusive).") var to: String?

        var parameters: [(name: String, value: String?)] { [("currency", currency), ("from", from), ("to", to)] }
    }

    struct VolMetricsSnapshots: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "vol-metrics-snapshots", abstract: "Volatility figures of a market, as they were observed last.",
            discussion: """
                Volatilities are in vol points: 58.3 is 58.3%. What was not observed is empty, never zero.

                Example:
                  alpha-ledger view vol-metrics-snapshots --currency BTC --from 2026-01-01 --limit 5
                """, aliases: ["vol_metrics_snapshots"])

        @OptionGroup var options: SettingsOptions
        @OptionGroup var paging: Paging
        @OptionGroup var selection: ObservationSelection

        func run() async throws {
            try await showView(
                .volMetricsSnapshots, options, paging, selection.parameters,
                columns: [
                    ("currency", false), ("timestamp", false), ("dvol", true), ("vrp", true), ("iv_atm_7d", true),
                    ("iv_atm_30d", true), ("rv_7d", true), ("rv_30d", true), ("spot", true), ("observed_position", true),
                ])
        }
    }

    struct GexHourly: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "gex-hourly", abstract: "Dealer gamma exposure of a market by hour, as it was observed last.",
            discussion: """
                Example:
                  alpha-ledger view gex-hourly --currency BTC --from 2026-01-01 --limit 5
                """, aliases: ["gex_hourly"])

        @OptionGroup var options: SettingsOptions
        @OptionGroup var paging: Paging
        @OptionGroup var selection: ObservationSelection

        func run() async throws {
            try await showView(
                .gexHourly, options, paging, selection.parameters,
                columns: [
                    ("currency", false), ("timestamp", false), ("net_gex", true), ("abs_gex", true), ("gex_imbalance", true),
                    ("net_gamma", true), ("spot", true), ("instruments", true), ("observed_position", true),
                ])
        }
    }
}
