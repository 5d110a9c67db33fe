import ArgumentParser
import Operations
import OptionTrades

extension ViewCommand {
    /// The filters of every list of observations.
    struct ObservationSelection: ParsableArguments {
        @Option(help: View.volMetricsSnapshots.help("currency")) var currency: String?
        @Option(help: "Timestamp from (inclusive): an instant, or a date at UTC midnight.") var from: String?
        @Option(help: "Timestamp to (exclusive).") var to: String?
        @Flag(help: "The latest rows alone.") var latest = false

        var parameters: [(name: String, value: String?)] { [("currency", currency), ("from", from), ("to", to)] }
    }

    /// The options of every list of observations whose rows are series.
    struct SeriesSelection: ParsableArguments {
        @OptionGroup var rows: ObservationSelection
        @Option(
            help: "1h or 1d: a point for each series and bucket of UTC time, in place of rows.",
            completion: .list(SeriesReading.Bucket.allCases.map(\.rawValue)))
        var bucket: String?
        @Option(
            help: "last, mean or sum of the figures of a bucket; last where left out.",
            completion: .list(SeriesReading.Aggregate.allCases.map(\.rawValue)))
        var agg: String?

        func reading() throws -> SeriesReading? {
            try SeriesReading(latest: rows.latest, bucket: bucket, aggregate: agg)
        }
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
        @OptionGroup var selection: SeriesSelection

        func run() async throws {
            try await showView(
                .volMetricsSnapshots, options, paging, selection.rows.parameters,
                columns: [
                    ("currency", false), ("timestamp", false), ("dvol", true), ("vrp", true), ("iv_atm_7d", true),
                    ("iv_atm_30d", true), ("rv_7d", true), ("rv_30d", true), ("spot", true), ("observed_position", true),
                ], series: try selection.reading())
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
        @OptionGroup var selection: SeriesSelection

        func run() async throws {
            try await showView(
                .gexHourly, options, paging, selection.rows.parameters,
                columns: [
                    ("currency", false), ("timestamp", false), ("net_gex", true), ("abs_gex", true), ("gex_imbalance", true),
                    ("net_gamma", true), ("spot", true), ("instruments", true), ("observed_position", true),
                ], series: try selection.reading())
        }
    }

    struct GexSnapshots: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "gex-snapshots", abstract: "Dealer gamma of a market by strike, as it was observed last.",
            discussion: """
                Keys are in the order of time, expiry, strike by value, and option type.

                Example:
                  alpha-ledger view gex-snapshots --currency BTC --latest
                """, aliases: ["gex_snapshots"])

        @OptionGroup var options: SettingsOptions
        @OptionGroup var paging: Paging
        @OptionGroup var selection: SeriesSelection

        func run() async throws {
            try await showView(
                .gexSnapshots, options, paging, selection.rows.parameters,
                columns: [
                    ("currency", false), ("timestamp", false), ("expiry", false), ("strike", true), ("option_type", false),
                    ("dealer_gamma", true), ("dealer_net_inventory", true), ("gamma_level", true), ("spot", true),
                    ("observed_position", true),
                ], series: try selection.reading())
        }
    }

    struct IVSurfaceSnapshots: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "iv-surface-snapshots", abstract: "Points of implied volatility surfaces, as they were observed last.",
            discussion: """
                Volatilities are in vol points: 58.3 is 58.3%. A probability needs one timestamp and dte at a time: --latest has one \
                timestamp for each market.

                Example:
                  alpha-ledger view iv-surface-snapshots --currency BTC --latest
                """, aliases: ["iv_surface_snapshots"])

        @OptionGroup var options: SettingsOptions
        @OptionGroup var paging: Paging
        @OptionGroup var selection: SeriesSelection

        func run() async throws {
            try await showView(
                .ivSurfaceSnapshots, options, paging, selection.rows.parameters,
                columns: [
                    ("currency", false), ("timestamp", false), ("dte", true), ("delta", true), ("iv", true), ("forward", true),
                    ("strike", true), ("source_underlying_price", true), ("source_index_price", true),
                    ("observed_position", true),
                ], series: try selection.reading())
        }
    }

    struct SpotSnapshots: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "spot-snapshots", abstract: "Prices of a market, as they were observed last.",
            discussion: """
                Example:
                  alpha-ledger view spot-snapshots --currency BTC --from 2026-01-01 --bucket 1d
                """, aliases: ["spot_snapshots"])

        @OptionGroup var options: SettingsOptions
        @OptionGroup var paging: Paging
        @OptionGroup var selection: SeriesSelection

        func run() async throws {
            try await showView(
                .spotSnapshots, options, paging, selection.rows.parameters,
                columns: [
                    ("currency", false), ("timestamp", false), ("price", true), ("source", false), ("observed_position", true),
                ], series: try selection.reading())
        }
    }

    struct OISnapshots: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "oi-snapshots", abstract: "Open interest of a market by exchange, as it was observed last.",
            discussion: """
                --latest shows the latest row of each exchange.

                Example:
                  alpha-ledger view oi-snapshots --currency BTC --latest
                """, aliases: ["oi_snapshots"])

        @OptionGroup var options: SettingsOptions
        @OptionGroup var paging: Paging
        @OptionGroup var selection: SeriesSelection

        func run() async throws {
            try await showView(
                .oiSnapshots, options, paging, selection.rows.parameters,
                columns: [
                    ("currency", false), ("timestamp", false), ("exchange", false), ("oi_value", true), ("oi_notional", true),
                    ("observed_position", true),
                ], series: try selection.reading())
        }
    }
}
