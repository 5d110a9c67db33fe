import ArgumentParser
import LedgerJSON
import Operations
import OptionTrades

extension ViewCommand {
    /// The filters of every list of research.
    struct ResearchSelection: ListFilters {
        @Option(help: View.optionChains.help("underlying")) var underlying: String?
        @Option(help: "Market date from (inclusive).") var from: String?
        @Option(help: "Market date to (exclusive).") var to: String?

        var parameters: [(name: String, value: String?)] { [("underlying", underlying), ("from", from), ("to", to)] }
    }

    enum Bars: ListedView {
        typealias Filters = ObservationSelection
        static let view = View.bars
        static let abstract = "Bars of a symbol by period, as they were observed last."
        static let discussion = """
            The filter --currency compares the symbol. A period is four hours of minutes, or a month of days.

            Example:
              alpha-ledger view bars --currency MSTR --from 2026-01-01 --limit 5
            """
        static let columns: [(name: String, isNumber: Bool)] = [
            ("symbol", false), ("interval", false), ("period", false), ("timestamp", false), ("source", false),
            ("adjustment", false), ("observed_position", true),
        ]
    }

    struct OptionChains: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "option-chains", abstract: "The chain of options that counts, of each underlying, market date and expiry.",
            discussion: """
                A chain counts once all its parts are in the log; the day's latest one does. Rows name the positions of its \
                parts; --rows joins the options of each chain from these events. They are as of a position and a moment, so \
                --effective-at does not apply.

                Examples:
                  alpha-ledger view option-chains --underlying MSTR --from 2026-01-01 --limit 5
                  alpha-ledger view option-chains --underlying MSTR --rows --limit 1 --json
                """, aliases: ["option_chains"])

        @OptionGroup var options: SettingsOptions
        @OptionGroup var paging: Paging
        @OptionGroup var selection: ResearchSelection
        @Flag(help: "Join the options of each chain; at most 100 chains a page.") var rows = false

        func run() async throws {
            try await showView(
                .optionChains, options, paging, selection.parameters,
                columns: [
                    ("underlying", false), ("market_date", false), ("expiry", false), ("dte", true), ("timestamp", false),
                    ("source", false), ("spot", true), ("forward", true), ("n_rows", true), ("warnings", false),
                ], joinsRows: rows)
        }
    }

    enum IVSurface: ListedView {
        typealias Filters = ResearchSelection
        static let view = View.ivSurface
        static let abstract = "Implied volatility of each expiry of a market date."
        static let discussion = """
            Informational, never advice. IVs are vol points. A figure that can't be defended is empty, and a token says why. \
            `research iv-surface` reads the same rows by tenor.

            Example:
              alpha-ledger view iv-surface --underlying MSTR --from 2026-01-01 --limit 5
            """
        static let columns: [(name: String, isNumber: Bool)] = [
            ("underlying", false), ("market_date", false), ("expiry", false), ("dte", true), ("spot", true), ("atm_iv", true),
            ("expected_move_pct", true), ("skew_25d_pp", true), ("skew_10d_pp", true), ("contracts_used", true),
            ("warnings", false),
        ]
    }

    enum Exposure: ListedView {
        typealias Filters = ResearchSelection
        static let view = View.exposure
        static let abstract = "Gamma exposure of each expiry of a market date."
        static let discussion = """
            The convention, calls above zero and puts below, is a retail heuristic; informational, never advice. \
            `research exposure` adds expiries up and works out levels.

            Example:
              alpha-ledger view exposure --underlying MSTR --from 2026-01-01 --limit 5
            """
        static let columns: [(name: String, isNumber: Bool)] = [
            ("underlying", false), ("market_date", false), ("expiry", false), ("dte", true), ("spot", true),
            ("total_call_gex", true), ("total_put_gex", true), ("total_net_gex", true), ("oi_coverage", true),
            ("gamma_coverage", true), ("warnings", false),
        ]
    }

    enum IntradayFlow: ListedView {
        typealias Filters = ResearchSelection
        static let view = View.intradayFlow
        static let abstract = "What the trades of a contract on a market date add up to, by side."
        static let discussion = """
            Sides are read off prices and quotes alone; informational, never advice. `research flow --underlying` adds contracts \
            up by strike, expiry or time.

            Example:
              alpha-ledger view intraday-flow --underlying MSTR --from 2026-01-01 --limit 5
            """
        static let columns: [(name: String, isNumber: Bool)] = [
            ("symbol", false), ("market_date", false), ("source", false), ("buy_volume", true), ("sell_volume", true),
            ("unknown_volume", true), ("net_notional", true), ("trade_count", true), ("unknown_trade_share", true),
            ("quote_coverage_pct", true), ("warnings", false),
        ]
    }
}

/// Prints the options of joined chains, a table each.
func showOptions(of chains: [JSONDocument]) {
    let columns = [
        "strike", "option_type", "bid", "ask", "last", "mark", "iv", "delta", "gamma", "theta", "vega", "open_interest", "volume",
    ]
    for chain in chains {
        guard let rows = chain.root["rows"], !rows.isNull else { continue }
        let title = ["underlying", "market_date", "expiry"].compactMap { chain.root[$0]?.string }.joined(separator: " ")
        Output.line("")
        Output.line(Output.escaped(title))
        Output.table(
            columns,
            rows.elements.map { row in columns.map { name in row[name].flatMap { $0.string ?? ($0.isNull ? nil : $0.sourceText) } ?? "" } },
            rightAligned: Set(columns.indices).subtracting([1]))
    }
}
