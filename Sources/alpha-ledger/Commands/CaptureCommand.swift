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
              alpha-ledger capture chain MSTR COIN --expiries-within 60
              alpha-ledger capture bars MSTR SPY --interval 1d --from 2025-12-01 --to 2026-02-01 --apply
              alpha-ledger capture coverage --series gex --currency BTC --from 2026-01-01 --to 2026-01-08
            """,
        subcommands: [Run.self, Chain.self, Bars.self, Tape.self, Coverage.self, TapeGaps.self], defaultSubcommand: Run.self)

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "run", abstract: "Capture series; what `capture SERIES…` does.",
            discussion: """
                Example:
                  alpha-ledger capture run spot --currency BTC --apply
                """)

        @OptionGroup var options: SettingsOptions
        @Argument(help: "Series; see `capture --help`.", completion: .list(CaptureSeries.ofMarkets.map(\.rawValue)))
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
                return try await ledger.capture(
                    asked, from: try ledger.seriesSource(),
                    onProgress: { step in
                        progress.show("\(step.series.rawValue) \(step.currency): \(step.done) of \(step.of) hours, \(step.calls) calls")
                    })
            }
            try summary.print(json: json)
        }
    }

    struct Chain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "chain", abstract: "Capture the chains of symbols as they stand; a dry run unless --apply.",
            discussion: """
                Chains of shares are Alpaca's, by the keys of paper trading (ALPACA_PAPER_API_KEY_ID, ALPACA_PAPER_SECRET_KEY): quotes \
                joined with contracts for multiplier and open interest. BTC and ETH are Amberdata's level-1 quotes in dollars. Contracts \
                of another multiplier or another root are left out and counted. A chain that is in the log already is not appended again.

                Exit codes: as of capture; 2 without the vendor's keys.

                Examples:
                  alpha-ledger capture chain MSTR COIN --expiries-within 60
                  alpha-ledger capture chain BTC --apply
                """)

        @OptionGroup var options: SettingsOptions
        @Argument(help: "Symbols, for example MSTR.") var symbols: [String]
        @Option(help: "Expiries up to so many days from today; all without it.") var expiriesWithin: Int?
        @Option(help: "Contracts of this root alone, as adjusted ones have; it names the chain. One symbol.") var root: String?
        @OptionGroup var writing: Writing

        func validate() throws {
            try CaptureCommand.check(symbols, for: [.chain])
            if let expiriesWithin, !(0...3650 ~= expiriesWithin) { throw ValidationError("--expiries-within: expected 0 to 3650 days") }
            if let root, !MarketSymbol.isTicker(root) || symbols.count != 1 {
                throw ValidationError("--root: expected the root of one symbol's contracts, for example MSTR1")
            }
            try writing.check()
        }

        func run() async throws {
            var question = SymbolQuestion()
            question.expiriesWithinDays = expiriesWithin
            question.root = root
            try await captureSymbols([.chain], symbols, question, options, writing)
        }
    }

    struct Bars: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "bars", abstract: "Capture Alpaca's bars of symbols; a dry run unless --apply.",
            discussion: """
                Whole periods are asked for: four hours of minutes, months of days. A bar counts when it is over and 20 minutes old. \
                Periods that were captured whole are not asked for again unless --again, as after a change of --adjustment.

                Exit codes: as of capture; 2 without ALPACA_PAPER_API_KEY_ID and ALPACA_PAPER_SECRET_KEY.

                Examples:
                  alpha-ledger capture bars MSTR SPY --interval 1d --from 2025-12-01 --to 2026-02-01
                  alpha-ledger capture bars MSTR --interval 1m --from 2026-01-30 --to 2026-01-31 --apply
                """)

        enum Interval: String, ExpressibleByArgument, CaseIterable {
            case minute = "1m"
            case day = "1d"

            var series: CaptureSeries { self == .minute ? .minuteBars : .dailyBars }
        }

        enum Adjustment: String, ExpressibleByArgument, CaseIterable {
            case raw, split, all
        }

        @OptionGroup var options: SettingsOptions
        @Argument(help: "Symbols, for example MSTR.") var symbols: [String]
        @Option(help: "1m or 1d.") var interval: Interval
        @Option(help: "From: an instant on the hour, or a date at UTC midnight; the period in which it lies.") var from: String
        @Option(help: "To (exclusive).") var to: String
        @Option(help: "What prices are adjusted for.") var adjustment = Adjustment.raw
        @Flag(help: "Ask again for periods that were captured whole.") var again = false
        @OptionGroup var writing: Writing

        func validate() throws {
            try CaptureCommand.check(symbols, for: [interval.series])
            try writing.check()
        }

        func run() async throws {
            var question = SymbolQuestion()
            question.adjustment = adjustment.rawValue
            try await captureSymbols(
                [interval.series], symbols, question, options, writing, from: try CaptureCommand.instant("from", from),
                to: try CaptureCommand.instant("to", to), again: again)
        }
    }

    /// What captures of symbols have in common.
    struct Writing: ParsableArguments {
        @Flag(help: "Append; without it nothing is written.") var apply = false
        @Option(help: "Send at most this many requests.") var maxCalls: Int?
        @Flag(help: "Print the summary as JSON.") var json = false

        func check() throws {
            if let maxCalls, maxCalls < 1 { throw ValidationError("--max-calls: expected a number above 0") }
        }
    }

    struct Coverage: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "coverage", abstract: "The hours of a range that have no observations, and why.",
            discussion: """
                Reasons: \(CaptureCoverage.Reason.allCases.map(\.rawValue).joined(separator: ", ")). Nothing is asked of the vendor. \
                Of bars the periods are listed, four hours of minutes and months of days.

                Examples:
                  alpha-ledger capture coverage --series chain:MSTR,bars:SPY --from 2026-01-01 --to 2026-01-08
                  alpha-ledger capture coverage --series gex --currency BTC --from 2026-01-01 --to 2026-01-08 --json
                """)

        @OptionGroup var options: SettingsOptions
        @Option(help: "Series with commas between them; also chain:SYMBOL and bars:SYMBOL.") var series: String
        @Option(help: "Markets with commas between them: BTC, ETH, SOL. Series of symbols have none.") var currency: String?
        @Option(help: "From (inclusive): an instant on the hour, or a date at UTC midnight.") var from: String
        @Option(help: "To (exclusive).") var to: String
        @Flag(help: "Print the result as JSON.") var json = false

        func validate() throws {
            let targets = try CaptureCommand.targets(series)
            if let currency {
                _ = try CaptureCommand.markets(currency)
            } else if !targets.series.isEmpty {
                throw ValidationError(
                    "--currency: expected one or more markets for \(targets.series.map(\.rawValue).joined(separator: ", "))")
            }
        }

        func run() async throws {
            guard let start = try CaptureCommand.instant("from", from), let end = try CaptureCommand.instant("to", to) else { return }
            let chosen = try CaptureCommand.targets(series)
            let markets = try currency.map { try CaptureCommand.markets($0) } ?? []
            let found = try await options.withLedger(writes: false) { ledger in
                var found: [CaptureCoverage] = []
                let pairs = chosen.series.flatMap { one in markets.map { (one, $0) } } + chosen.symbols.map { ($0.series, $0.symbol) }
                for (one, market) in pairs {
                    found.append(
                        try await CaptureCoverage.read(one, currency: market, from: start, to: end, now: ledger.now(), ledger.pool))
                }
                return found
            }
            if json {
                Output.bytes(JSONNode.array(found.map(\.node)).httpBytes() + [UInt8(ascii: "\n")])
                return
            }
            for coverage in found {
                Output.line(
                    "\(coverage.series.rawValue) \(coverage.currency): \(coverage.covered) of \(coverage.hours) \(coverage.series.isOfBars ? "periods" : "hours")"
                )
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

    fileprivate static func targets(_ text: String) throws -> CaptureTargets {
        do throws(SettingProblem) {
            return try CaptureTargets(parsing: text)
        } catch {
            throw ValidationError("--series: \(error)")
        }
    }

    fileprivate static func check(_ symbols: [String], for series: [CaptureSeries]) throws {
        for symbol in symbols {
            for one in series {
                if let problem = CaptureTargets.problem(of: symbol, for: one) { throw ValidationError(problem) }
            }
        }
    }

    static func instant(_ name: String, _ text: String?) throws -> Instant? {
        guard let text else { return nil }
        if let instant = Instant(text) ?? CalendarDate(text).flatMap({ Instant(startOf: $0) }) { return instant }
        throw ValidationError("--\(name): expected an instant such as 2026-01-01T00:00:00Z, or a date")
    }
}

/// Captures series of symbols and prints the summary.
private func captureSymbols(
    _ series: [CaptureSeries], _ symbols: [String], _ question: SymbolQuestion, _ options: SettingsOptions,
    _ writing: CaptureCommand.Writing,
    from: Instant? = nil, to: Instant? = nil, again: Bool = false
) async throws {
    let asked = CaptureOptions(
        series: series, currencies: symbols, from: from, to: to, apply: writing.apply, again: again, maximumCalls: writing.maxCalls)
    let summary = try await options.withLedger(writes: writing.apply) { ledger in
        let progress = ProgressLine()
        defer { progress.end() }
        return try await ledger.capture(options: asked, ofSymbolsFrom: SymbolSources(ledger, question)) { step in
            progress.show("\(step.series.rawValue) \(step.currency): \(step.done) of \(step.of), \(step.calls) calls")
        }
    }
    try summary.print(json: writing.json)
}

extension CaptureSeries: ExpressibleByArgument {
    /// Series of symbols have commands of their own.
    public init?(argument: String) {
        guard let series = CaptureSeries(rawValue: argument), !series.isOfSymbols else { return nil }
        self = series
    }

    public static var allValueStrings: [String] { ofMarkets.map(\.rawValue) }
}

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
