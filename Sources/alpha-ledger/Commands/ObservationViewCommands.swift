import ArgumentParser
import Operations
import OptionTrades

extension ViewCommand {
    /// The filters of every list of observations.
    struct ObservationSelection: ListFilters {
        @Option(help: View.volMetricsSnapshots.help("currency")) var currency: String?
        @Option(help: "Timestamp from (inclusive): an instant, or a date at UTC midnight.") var from: String?
        @Option(help: "Timestamp to (exclusive).") var to: String?
        @Flag(help: "The latest rows alone.") var latest = false

        var parameters: [(name: String, value: String?)] { [("currency", currency), ("from", from), ("to", to)] }

        func reading() -> SeriesReading? { latest ? .latest : nil }
    }

    /// The options of every list of observations whose rows are series.
    struct SeriesSelection: ListFilters {
        @OptionGroup var rows: ObservationSelection
        @Option(
            help: "1h or 1d: a point for each series and bucket of UTC time, in place of rows.",
            completion: .list(SeriesReading.Bucket.allCases.map(\.rawValue)))
        var bucket: String?
        @Option(
            help: "last, mean or sum of the figures of a bucket; last where left out.",
            completion: .list(SeriesReading.Aggregate.allCases.map(\.rawValue)))
        var agg: String?

        var parameters: [(name: String, value: String?)] { rows.parameters }

        func reading() throws -> SeriesReading? {
            try SeriesReading(latest: rows.latest, bucket: bucket, aggregate: agg)
        }
    }

    enum VolMetricsSnapshots: ListedView {
        typealias Filters = SeriesSelection
        static let view = View.volMetricsSnapshots
        static let abstract = "Volatility figures of a market, as they were observed last."
        static let discussion = """
            Volatilities are in vol points: 58.3 is 58.3%. What was not observed is empty, never zero.

            Example:
              alpha-ledger view vol-metrics-snapshots --currency BTC --from 2026-01-01 --limit 5
            """
        static let columns: [(name: String, isNumber: Bool)] = [
            ("currency", false), ("timestamp", false), ("dvol", true), ("vrp", true), ("iv_atm_7d", true),
            ("iv_atm_30d", true), ("rv_7d", true), ("rv_30d", true), ("spot", true), ("observed_position", true),
        ]
    }

    enum GexHourly: ListedView {
        typealias Filters = SeriesSelection
        static let view = View.gexHourly
        static let abstract = "Dealer gamma exposure of a market by hour, as it was observed last."
        static let discussion = """
            Example:
              alpha-ledger view gex-hourly --currency BTC --from 2026-01-01 --limit 5
            """
        static let columns: [(name: String, isNumber: Bool)] = [
            ("currency", false), ("timestamp", false), ("net_gex", true), ("abs_gex", true), ("gex_imbalance", true),
            ("net_gamma", true), ("spot", true), ("instruments", true), ("observed_position", true),
        ]
    }

    enum GexSnapshots: ListedView {
        typealias Filters = SeriesSelection
        static let view = View.gexSnapshots
        static let abstract = "Dealer gamma of a market by strike, as it was observed last."
        static let discussion = """
            Keys are in the order of time, expiry, strike by value, and option type.

            Example:
              alpha-ledger view gex-snapshots --currency BTC --latest
            """
        static let columns: [(name: String, isNumber: Bool)] = [
            ("currency", false), ("timestamp", false), ("expiry", false), ("strike", true), ("option_type", false),
            ("dealer_gamma", true), ("dealer_net_inventory", true), ("gamma_level", true), ("spot", true),
            ("observed_position", true),
        ]
    }

    enum IVSurfaceSnapshots: ListedView {
        typealias Filters = SeriesSelection
        static let view = View.ivSurfaceSnapshots
        static let abstract = "Points of implied volatility surfaces, as they were observed last."
        static let discussion = """
            Volatilities are in vol points: 58.3 is 58.3%. A probability needs one timestamp and dte at a time: --latest has one \
            timestamp for each market.

            Example:
              alpha-ledger view iv-surface-snapshots --currency BTC --latest
            """
        static let columns: [(name: String, isNumber: Bool)] = [
            ("currency", false), ("timestamp", false), ("dte", true), ("delta", true), ("iv", true), ("forward", true),
            ("strike", true), ("source_underlying_price", true), ("source_index_price", true),
            ("observed_position", true),
        ]
    }

    enum SpotSnapshots: ListedView {
        typealias Filters = SeriesSelection
        static let view = View.spotSnapshots
        static let abstract = "Prices of a market, as they were observed last."
        static let discussion = """
            Example:
              alpha-ledger view spot-snapshots --currency BTC --from 2026-01-01 --bucket 1d
            """
        static let columns: [(name: String, isNumber: Bool)] = [
            ("currency", false), ("timestamp", false), ("price", true), ("source", false), ("observed_position", true),
        ]
    }

    enum OISnapshots: ListedView {
        typealias Filters = SeriesSelection
        static let view = View.oiSnapshots
        static let abstract = "Open interest of a market by exchange, as it was observed last."
        static let discussion = """
            --latest shows the latest row of each exchange.

            Example:
              alpha-ledger view oi-snapshots --currency BTC --latest
            """
        static let columns: [(name: String, isNumber: Bool)] = [
            ("currency", false), ("timestamp", false), ("exchange", false), ("oi_value", true), ("oi_notional", true),
            ("observed_position", true),
        ]
    }

    enum TermStructures: ListedView {
        typealias Filters = SeriesSelection
        static let view = View.termStructures
        static let abstract = "Term structures of implied volatility, as they were observed last."
        static let discussion = """
            Volatilities are in vol points: 58.3 is 58.3%.

            Example:
              alpha-ledger view term-structures --currency BTC --latest
            """
        static let columns: [(name: String, isNumber: Bool)] = [
            ("currency", false), ("timestamp", false), ("dte", true), ("iv", true), ("forward_iv", true),
            ("observed_position", true),
        ]
    }

    enum OptionPrints: ListedView {
        typealias Filters = ObservationSelection
        static let view = View.optionPrints
        static let abstract = "Prints of options, as they were observed last."
        static let discussion = """
            They come by underlying, source and print id.

            Example:
              alpha-ledger view option-prints --currency BTC --from 2026-01-01 --limit 5
            """
        static let columns: [(name: String, isNumber: Bool)] = [
            ("underlying", false), ("source", false), ("print_id", false), ("timestamp", false), ("expiry", false),
            ("strike", true), ("option_type", false), ("price", true), ("size", true), ("iv", true),
            ("aggressor", false), ("block_id", false),
        ]
    }

    enum FundingRates: ListedView {
        typealias Filters = SeriesSelection
        static let view = View.fundingRates
        static let abstract = "Funding rates of perpetual futures, as they were observed last."
        static let discussion = """
            A rate is a ratio for an interval. --latest shows the latest row of each instrument.

            Example:
              alpha-ledger view funding-rates --currency BTC --latest
            """
        static let columns: [(name: String, isNumber: Bool)] = [
            ("currency", false), ("venue", false), ("instrument", false), ("timestamp", false), ("rate", true),
            ("interval_hours", true), ("observed_position", true),
        ]
    }

    enum FuturesBasis: ListedView {
        typealias Filters = SeriesSelection
        static let view = View.futuresBasis
        static let abstract = "Basis of futures at constant maturities, as it was observed last."
        static let discussion = """
            apr is a ratio: 0.05 is 5%. --latest shows the latest row of each instrument and tenor.

            Example:
              alpha-ledger view futures-basis --currency BTC --latest
            """
        static let columns: [(name: String, isNumber: Bool)] = [
            ("currency", false), ("venue", false), ("instrument", false), ("timestamp", false), ("tenor_days", true),
            ("basis_usd", true), ("apr", true), ("observed_position", true),
        ]
    }

    enum Liquidations: ListedView {
        typealias Filters = SeriesSelection
        static let view = View.liquidations
        static let abstract = "Liquidations of futures, as they were observed last."
        static let discussion = """
            A buy closes shorts. The instrument is total where the vendor sums.

            Example:
              alpha-ledger view liquidations --currency BTC --bucket 1d --agg sum
            """
        static let columns: [(name: String, isNumber: Bool)] = [
            ("currency", false), ("venue", false), ("instrument", false), ("timestamp", false), ("side", false),
            ("amount", true), ("amount_usd", true), ("price", true), ("observed_position", true),
        ]
    }

    enum PutCall: ListedView {
        typealias Filters = SeriesSelection
        static let view = View.putCall
        static let abstract = "Calls and puts bought and sold, as they were observed last."
        static let discussion = """
            Example:
              alpha-ledger view put-call --currency BTC --latest
            """
        static let columns: [(name: String, isNumber: Bool)] = [
            ("currency", false), ("timestamp", false), ("window_hours", true), ("venue_kind", false),
            ("calls_bought_contracts", true), ("calls_sold_contracts", true), ("puts_bought_contracts", true),
            ("puts_sold_contracts", true), ("observed_position", true),
        ]
    }

    enum Volumes: ListedView {
        typealias Filters = SeriesSelection
        static let view = View.volumes
        static let abstract = "Volumes of options, as they were observed last."
        static let discussion = """
            Example:
              alpha-ledger view volumes --currency BTC --bucket 1d --agg sum
            """
        static let columns: [(name: String, isNumber: Bool)] = [
            ("currency", false), ("timestamp", false), ("interval_hours", true), ("venue_kind", false),
            ("contracts", true), ("premium_usd", true), ("notional_usd", true), ("observed_position", true),
        ]
    }

    enum VolCones: ListedView {
        typealias Filters = SeriesSelection
        static let view = View.volCones
        static let abstract = "Cones of realized volatility, as they were observed last."
        static let discussion = """
            Volatilities are in vol points: 58.3 is 58.3%.

            Example:
              alpha-ledger view vol-cones --currency BTC --latest
            """
        static let columns: [(name: String, isNumber: Bool)] = [
            ("currency", false), ("timestamp", false), ("days", true), ("current", true), ("min", true), ("p25", true),
            ("p50", true), ("p75", true), ("max", true), ("observed_position", true),
        ]
    }

    struct SnapshotSelection: ListFilters {
        @OptionGroup var rows: ObservationSelection
        @Option(help: View.snapshots.help("snapshot_type")) var snapshotType: String?

        var parameters: [(name: String, value: String?)] { rows.parameters + [("snapshot_type", snapshotType)] }

        func reading() -> SeriesReading? { rows.reading() }
    }

    enum Snapshots: ListedView {
        typealias Filters = SnapshotSelection
        static let view = View.snapshots
        static let abstract = "What was captured of each market, UTC date and series."
        static let discussion = """
            record_count is the sum over the latest capture of each hour. `capture coverage` names the hours that are missing.

            Example:
              alpha-ledger view snapshots --currency BTC --snapshot-type gex
            """
        static let columns: [(name: String, isNumber: Bool)] = [
            ("currency", false), ("snapshot_date", false), ("snapshot_type", false), ("record_count", true),
            ("hours_covered", true), ("first_capture", false), ("last_capture", false), ("observed_position", true),
        ]
    }
}
