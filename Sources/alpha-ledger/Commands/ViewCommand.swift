import ArgumentParser
import LedgerJSON
import LedgerProjections
import LedgerStore
import LedgerValues
import Operations
import OptionTrades

struct ViewCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "view", abstract: "Read a view.",
        subcommands: [
            ListCommand<Trades>.self, ListCommand<Lifecycles>.self, ListCommand<Context>.self, ListCommand<ExecutionQuality>.self,
            Alignment.self, Outcomes.self, ListCommand<SyncState>.self, ListCommand<Assertions>.self,
            ListCommand<VolMetricsSnapshots>.self, ListCommand<GexHourly>.self, ListCommand<GexSnapshots>.self,
            ListCommand<IVSurfaceSnapshots>.self, ListCommand<SpotSnapshots>.self, ListCommand<OISnapshots>.self,
            ListCommand<TermStructures>.self, ListCommand<OptionPrints>.self, ListCommand<FundingRates>.self,
            ListCommand<FuturesBasis>.self, ListCommand<Liquidations>.self, ListCommand<PutCall>.self, ListCommand<Volumes>.self,
            ListCommand<VolCones>.self, ListCommand<Bars>.self, OptionChains.self, ListCommand<IVSurface>.self,
            ListCommand<Exposure>.self, ListCommand<IntradayFlow>.self, Dispatches.self, BrokerPositions.self,
            ListCommand<Alerts>.self, ListCommand<Snapshots>.self, Trade.self,
        ])

    /// What an answer stands on.
    struct Pins: ParsableArguments {
        @Option(parsing: .unconditional, help: "What the ledger knew after this event.", transform: Arguments.position)
        var asOfPosition: Int64?
        @Option(help: "What it knew at this instant, as in 2026-01-31T00:00:00Z.", transform: Arguments.instant)
        var asOf: Instant?
        @Option(help: "Only what had happened in the world by this instant.", transform: Arguments.instant)
        var effectiveAt: Instant?
    }

    /// The options that every list has.
    struct Paging: ParsableArguments {
        @OptionGroup var pins: Pins
        @Option(help: "v<N> or v<N>/c<M>, after <projection>@ or not: under that version's rules; as_served: under those promoted then.")
        var rules: String?
        @Option(
            parsing: .unconditional,
            help: "Order by a column of the rows, -COLUMN for the largest first; rows without a value come last.",
            completion: .custom(SortColumns.completions))
        var sort: String?
        @Option(help: "Rows a page, 1 to 1000; 100 where left out.") var limit: Int?
        @Option(help: "The next_cursor of the page before.") var cursor: String?
        @Flag(help: "All pages.") var all = false
        @Flag(help: "Name the log's root and the projection's digest at the position.") var receipt = false
        @Flag(help: "The same with a digest of every version of rows and facts that the tables held by the position.")
        var fullReceipt = false
        @Flag(help: "Print what HTTP answers.") var json = false
        @Flag(help: "Print a row a line.") var ndjson = false
        @Flag(help: "Print CSV: a header, and a row a line.") var csv = false
        @Option(
            help: """
                Instead of rows their number and the sums of their money, in groups by columns with commas between them, each with \
                :year, :month or :day for a part of its dates.
                """)
        var by: String?

        func validate() throws {
            if json && ndjson { throw ValidationError("--json and --ndjson exclude each other") }
            if csv && (json || ndjson) { throw ValidationError("--csv and --\(json ? "json" : "ndjson") exclude each other") }
            if (ndjson || csv) && (receipt || fullReceipt) {
                throw ValidationError("--\(csv ? "csv" : "ndjson") prints rows alone: --receipt needs --json or a table")
            }
            if by != nil && (all || ndjson || csv || limit != nil || cursor != nil || sort != nil) {
                throw ValidationError("--by goes through all rows: it excludes --all, --limit, --cursor, --sort, --ndjson and --csv")
            }
            if all && cursor != nil { throw ValidationError("--all and --cursor exclude each other") }
        }

        func request(
            _ view: View, _ parameters: [(name: String, value: String?)], horizons: String? = nil, series: SeriesReading? = nil
        ) throws -> ViewRequest {
            var request = ViewRequest()
            request.filters = try ViewReader.filters(
                view, parameters.compactMap { pair in pair.value.map { (name: pair.name, value: $0) } }, .forgiving)
            request.asOfPosition = pins.asOfPosition
            request.asOf = pins.asOf
            request.effectiveAt = pins.effectiveAt
            if pins.effectiveAt != nil, !view.hasValidTime {
                throw ViewError.badParameter(name: "effective-at", expected: "a view of trades or observations; \(view.name) has none")
            }
            if let rules { request.rules = try RulesChoice(parsing: rules, projection: view.projection) }
            request.hasReceipt = receipt || fullReceipt
            request.isReceiptFull = fullReceipt
            request.horizons = horizons
            request.series = series
            request.limit = limit ?? (all ? ViewReader.maximumLimit : ViewReader.standardLimit(series))
            request.cursor = cursor
            request.sort = sort
            request.hasAggregates = !(ndjson || csv)
            return request
        }
    }

    /// The filters that all views of trades share. They ignore case.
    struct Selection: ParsableArguments {
        @Option(help: "Source.") var source = "alpha_sync"
        @Option(help: "Portfolio.") var portfolio: String?
        @Option(help: "Traded underlying.") var underlying: String?
        @Option(help: "Trade date from (inclusive): an instant, or a date at UTC midnight.") var from: String?
        @Option(help: "Trade date to (exclusive).") var to: String?

        func parameters(_ own: [(name: String, value: String?)]) -> [(name: String, value: String?)] {
            [("source", source), ("portfolio", portfolio), ("underlying", underlying), ("from", from), ("to", to)] + own
        }
    }

    /// The filters of a view of trades with a state and a quality.
    struct StateSelection<Listed: ListedView>: ListFilters {
        @OptionGroup var selection: Selection
        @Option(help: Listed.view.help("state"), completion: Listed.view.completion("state")) var state: String?
        @Option(help: Listed.view.help("quality"), completion: Listed.view.completion("quality")) var quality: String?

        var parameters: [(name: String, value: String?)] { selection.parameters([("state", state), ("quality", quality)]) }
    }

    enum Trades: ListedView {
        typealias Filters = StateSelection<Trades>
        static let view = View.trades
        static let abstract = "The trade book: one row a trade, as the source gave it last."
        static let discussion = """
            Prices are per contract, premiums are totals in USD.

            --as-of-position and --as-of show what the ledger knew then. A page's next_cursor stays at the position of \
            its first page.

            Examples:
              alpha-ledger view trades --underlying MSTR --from 2025-12-01
              alpha-ledger view trades --as-of-position 100 --limit 3 --json
              alpha-ledger view trades --ndjson --all
              alpha-ledger view trades --sort -trade_date --csv --limit 20
            """
        static let columns: [(name: String, isNumber: Bool)] = [
            ("trade_date", false), ("source_trade_id", false), ("source_portfolio", false), ("direction", false),
            ("quantity", true), ("option_symbol", false), ("price", true), ("entry_premium_usd", true),
            ("trade_status", false), ("flags", false),
        ]
    }

    enum Lifecycles: ListedView {
        typealias Filters = StateSelection<Lifecycles>
        static let view = View.lifecycles
        static let abstract = "Positions: the executions of one contract in one portfolio, matched first in, first out."
        static let discussion = """
            Realized figures are derived from the matches, before fees, and not validated against an authority.

            --from and --to compare the first execution of the position.

            Example:
              alpha-ledger view lifecycles --underlying MSTR --state open_long --limit 5
            """
        static let columns: [(name: String, isNumber: Bool)] = [
            ("position_id", false), ("source_portfolio", false), ("contract_key", false),
            ("lifecycle_state", false), ("lifecycle_quality", false), ("net_quantity", true),
            ("average_open_price", true), ("open_premium_usd", true), ("realized_pnl_before_fees_usd", true),
            ("lifecycle_flags", false),
        ]
    }

    enum Context: ListedView {
        typealias Filters = StateSelection<Context>
        static let view = View.context
        static let abstract = "The market behind each execution, as `backfill context` stamped it."
        static let discussion = """
            A proxy is a backdrop: the context of BTC behind an MSTR trade is never a price or mark of MSTR.

            Example:
              alpha-ledger view context --quality stale --limit 5
            """
        static let columns: [(name: String, isNumber: Bool)] = [
            ("trade_date", false), ("source_trade_id", false), ("quote_underlying", false),
            ("market_proxy", false), ("context_quality", false), ("dvol", true), ("dvol_percentile", true),
            ("vrp", true), ("gamma_regime", false), ("term_structure_state", false),
            ("stationarity_status", false), ("missing_fields", false),
        ]
    }

    enum ExecutionQuality: ListedView {
        typealias Filters = StateSelection<ExecutionQuality>
        static let view = View.executionQuality
        static let abstract = "Each fill against the quote nearest to it."
        static let discussion = """
            fill_vs_mid is positive where the fill was worse than the mid. A stale quote is shown as stale and prices nothing.

            Example:
              alpha-ledger view execution-quality --quality quoted --limit 5
            """
        static let columns: [(name: String, isNumber: Bool)] = [
            ("trade_date", false), ("source_trade_id", false), ("direction", false), ("fill_price", true),
            ("benchmark_quality", false), ("benchmark_bid", true), ("benchmark_ask", true),
            ("fill_vs_mid", true), ("fill_vs_mid_bps", true), ("spread_capture", true), ("missing_fields", false),
        ]
    }

    struct Alignment: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "How far each execution agreed with the signals of its moment; never a profit or loss.",
            discussion: """
                Example:
                  alpha-ledger view alignment --label aligned --limit 5
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var paging: Paging
        @OptionGroup var selection: Selection
        @Option(help: View.alignment.help("label"), completion: View.alignment.completion("label")) var label: String?
        @Option(help: View.alignment.help("quality"), completion: View.alignment.completion("quality")) var quality: String?

        func run() async throws {
            try await showView(
                .alignment, options, paging, selection.parameters([("label", label), ("quality", quality)]),
                columns: [
                    ("trade_date", false), ("source_trade_id", false), ("underlying_symbol", false),
                    ("assumed_strategy", false), ("alignment_score", true), ("alignment_label", false),
                    ("confidence", true), ("confidence_label", false), ("missing_signals", false),
                ])
        }
    }

    struct Outcomes: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What became of each execution at each horizon, by sourced marks alone.",
            discussion: """
                A horizon whose moment has not come is pending, and one without a fresh quote is unavailable: neither has a \
                profit or loss, and none is ever shown as zero.

                Examples:
                  alpha-ledger view outcomes --horizons 7,expiry --state terminal_mark --limit 5
                  alpha-ledger view outcomes --underlying COIN --json --limit 2
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var paging: Paging
        @OptionGroup var selection: Selection
        @Option(help: "Days, or `expiry`, comma-separated; at most eight. 1,7,30,expiry where left out.")
        var horizons: String?
        @Option(help: View.outcomes.help("label"), completion: View.outcomes.completion("label")) var label: String?
        @Option(help: View.outcomes.help("state"), completion: View.outcomes.completion("state")) var state: String?
        @Option(help: View.outcomes.help("quality"), completion: View.outcomes.completion("quality")) var quality: String?

        func run() async throws {
            try await showView(
                .outcomes, options, paging,
                selection.parameters([("label", label), ("state", state), ("quality", quality)]),
                columns: [
                    ("trade_date", false), ("source_trade_id", false), ("horizon_key", false),
                    ("target_timestamp", false), ("outcome_state", false), ("mark_quality", false),
                    ("mark_price", true), ("entry_premium_usd", true), ("pnl_before_fees_usd", true),
                    ("pnl_after_fees_usd", true), ("missing_fields", false),
                ], horizons: horizons)
        }
    }

    enum SyncState: ListedView {
        typealias Filters = NoFilters
        static let view = View.syncState
        static let abstract = "How each scope's last runs ended."
        static let discussion = """
            An error stays on show after a later success, with its time, so that the two can be compared.

            Example:
              alpha-ledger view sync-state --json
            """
        static let columns: [(name: String, isNumber: Bool)] = syncStateColumns
    }
}
