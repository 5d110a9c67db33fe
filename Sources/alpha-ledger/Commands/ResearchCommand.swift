import ArgumentParser
import LedgerJSON
import LedgerStore
import LedgerValues
import Operations
import OptionTrades

struct ResearchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "research", abstract: "Read research metrics of recorded chains: informational, never advice.",
        subcommands: [IVSurface.self, Exposure.self, Flow.self, Levels.self, Scenarios.self, Artifact.self, ReportPackCommand.self])

    /// What a read of research stands on.
    struct Pins: ParsableArguments {
        @Option(parsing: .unconditional, help: "What the ledger knew after this event.", transform: Arguments.position)
        var asOfPosition: Int64?
        @Option(
            help: "What it knew at this instant, as in 2026-01-31T00:00:00Z; beside a position the reader's now.",
            transform: Arguments.instant)
        var asOf: Instant?
        @Option(
            help:
                "Versions of the rules and of the projections that are read, as in levels@v1 or iv_surface@v1/c1, comma-separated; as_served for the other projections."
        )
        var rules: String?
        @Flag(help: "Name the log's root, the document's digest and those of the rows that were read.") var receipt = false
        @Flag(help: "Print what HTTP answers.") var json = false

        func request(_ question: some ResearchQuestion) throws -> ResearchRequest {
            var request = ResearchRequest()
            request.asOfPosition = asOfPosition
            request.asOf = asOf
            request.hasReceipt = receipt
            if let rules { try request.setRules(rules, of: question) }
            return request
        }
    }

    /// Reads a date of an option.
    static func date(_ text: String) throws -> CalendarDate {
        guard let date = CalendarDate(text) else { throw ValidationError("expected a date such as 2026-01-30, found `\(text)`") }
        return date
    }

    struct IVSurface: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "iv-surface", abstract: "Implied volatility by tenor, with its changes and its percentile.",
            discussion: """
                Of each market date and target the nearest expiry. IVs are vol points. A figure that can't be defended is empty, \
                and a token says why.

                Examples:
                  alpha-ledger research iv-surface --underlying MSTR --from 2026-01-01
                  alpha-ledger research iv-surface --underlying BTC --tenors 7,30 --json
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var pins: Pins
        @Option(help: "The underlying, as its chains name it.") var underlying: String
        @Option(help: "Market date from (inclusive).", transform: ResearchCommand.date) var from: CalendarDate?
        @Option(help: "Market date to (exclusive).", transform: ResearchCommand.date) var to: CalendarDate?
        @Option(help: "Days to go, comma-separated; those of the rules where left out.") var tenors: String?

        func run() async throws {
            var question = IVSurfaceQuestion(underlying: underlying)
            (question.from, question.to) = (from, to)
            question.tenors = try tenors.map { try IVSurfaceQuestion.tenors(parsing: $0) }
            try await showResearch(question, options, pins) { document in
                let columns = [
                    "market_date", "tenor_target_dte", "expiry", "dte", "atm_iv", "atm_iv_percentile", "expected_move_pct", "skew_25d_pp",
                    "warnings",
                ]
                let rows = document["rows"]?.elements.map { row in columns.map { cell(row[$0], nil) } } ?? []
                Output.table(columns, rows, rightAligned: [1, 3, 4, 5, 6, 7])
            }
        }
    }

    struct Exposure: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "exposure", abstract: "Gamma exposure over the expiries of a date, with its levels.",
            discussion: """
                The convention, calls above zero and puts below, is a retail heuristic. The flip strike and the level of zero \
                gamma answer different questions.

                Examples:
                  alpha-ledger research exposure --underlying MSTR
                  alpha-ledger research exposure --underlying BTC --market-date 2026-01-30 --slice all --json
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var pins: Pins
        @Option(help: "The underlying, as its chains name it.") var underlying: String
        @Option(help: "The market date; the latest where left out.", transform: ResearchCommand.date) var marketDate: CalendarDate?
        @Option(
            help: "near: the first expiries; monthly: those of the months; all. near where left out.",
            completion: .list(ExposureSlice.Choice.allCases.map(\.rawValue)))
        var slice: String?

        func run() async throws {
            var question = ExposureQuestion(underlying: underlying)
            question.marketDate = marketDate
            if let slice { question.slice = try ExposureQuestion.slice(parsing: slice) }
            try await showResearch(question, options, pins) { document in
                let columns = ["strike", "call_oi", "put_oi", "call_gex", "put_gex", "net_gex"]
                Output.table(
                    columns, document["top_levels"]?.elements.map { row in columns.map { cell(row[$0], nil) } } ?? [],
                    rightAligned: Set(columns.indices))
                for name in ["market_date", "spot", "total_net_gex", "flip_strike", "zero_gamma_level", "convention"] {
                    Output.line("\(name)  \(cell(document[name], nil))")
                }
            }
        }
    }

    struct Levels: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Anchored prices, the volume profile and key levels of an underlying, from bars.",
            discussion: """
                Examples:
                  alpha-ledger research levels --symbol MSTR
                  alpha-ledger research levels --symbol MSTR --market-date 2026-01-30 --anchor session_open,date:2026-01-05 --json
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var pins: Pins
        @Option(help: "The symbol, as its bars name it.") var symbol: String
        @Option(help: "The market date; the latest where left out.", transform: ResearchCommand.date) var marketDate: CalendarDate?
        @Option(help: "The symbol of the benchmark; that of the rules where left out.") var benchmark: String?
        @Option(help: "session_open, breakout_day, timestamp:<instant> or date:<date>, comma-separated.") var anchor: String?

        func run() async throws {
            var question = LevelsQuestion(symbol: symbol)
            (question.marketDate, question.benchmark) = (marketDate, benchmark)
            question.anchors = try anchor.map { try LevelsQuestion.anchors(parsing: $0) }
            try await showResearch(question, options, pins) { document in
                Output.table(
                    ["level", "value"], document["summary"]?.members.map { [$0.key, cell($0.value, nil)] } ?? [], rightAligned: [1])
                Output.line("")
                let columns = ["anchor_id", "anchor_ts_utc", "anchor_price", "anchored_vwap", "distance_from_spot_pct"]
                Output.table(
                    columns, document["anchored_vwaps"]?.elements.map { row in columns.map { cell(row[$0], nil) } } ?? [],
                    rightAligned: [2, 3, 4])
            }
        }
    }

    struct Scenarios: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What open contracts would be worth if spot, IV and time moved.",
            discussion: """
                Prices are those of a European model; US equity options are American. A file has positions of its own: \
                {"as_of": instant, "positions": [{"symbol": OCC, "quantity": signed, "multiplier", "basis", "mark", "iv", "spot"}]}. \
                Its values go before the chain's.

                Examples:
                  alpha-ledger research scenarios --portfolio IMST
                  alpha-ledger research scenarios --portfolio-file book.json --json
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var pins: Pins
        @Option(help: "A position's id in the view lifecycles.") var positionID: String?
        @Option(help: "A portfolio.") var portfolio: String?
        @Option(help: "A JSON file of positions.") var portfolioFile: String?

        func run() async throws {
            var pins = pins
            let question: ScenariosQuestion
            if let portfolioFile {
                guard positionID == nil, portfolio == nil else {
                    throw ValidationError("--portfolio-file excludes --position-id and --portfolio")
                }
                guard let bytes = readFile(portfolioFile) else { throw Failure(code: 2, "\(portfolioFile) can't be read") }
                let file: PortfolioFile
                do {
                    file = try PortfolioFile(parsing: bytes)
                } catch {
                    throw ValidationError("\(portfolioFile): \(error)")
                }
                pins.asOf = pins.asOf ?? file.asOf
                question = ScenariosQuestion(file, bytes: bytes)
            } else {
                question = try ScenariosQuestion(position: positionID, portfolio: portfolio)
            }
            try await showResearch(question, options, pins) { document in
                let columns = [
                    "position_id", "side", "contracts", "mark", "iv", "spot", "dte", "intrinsic", "extrinsic", "theta_burn_dollars_day",
                    "model_gap", "warnings",
                ]
                Output.table(
                    columns, document["positions"]?.elements.map { row in columns.map { cell(row[$0], nil) } } ?? [],
                    rightAligned: Set(2...10))
            }
        }
    }
}

/// Brings what a question reads up to date, then prints its document.
func showResearch(
    _ question: some ResearchQuestion, _ options: SettingsOptions, _ pins: ResearchCommand.Pins,
    _ show: @Sendable (_ document: JSONValue) throws -> Void
) async throws {
    let request = try pins.request(question)
    try await options.withLedger { ledger in
        try await ledger.bringUpToDate(question.views.map(\.projection))
        let answer = try await ResearchReader(ledger, isBounded: false).answer(question, request)
        if pins.json {
            Output.bytes(try answer.json())
            Output.line("")
            return
        }
        let root = try answer.document().root
        try show(root)
        let warnings = root["warnings"]?.elements.compactMap(\.string) ?? []
        if !warnings.isEmpty { Output.line("warnings  \(warnings.joined(separator: " "))") }
        Output.line("\(Research.disclaimer)")
        Output.line("as of position \(answer.position), \(answer.asOf)")
    }
}
