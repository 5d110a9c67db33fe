import ArgumentParser
import LedgerJSON
import LedgerValues
import Operations
import OptionTrades

extension CaptureCommand {
    struct Tape: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "tape",
            abstract: "Write a tape of option contracts as files: quotes and trades of today, or trades of a past day.",
            discussion: """
                The vendor is Alpaca, by the keys of paper trading (ALPACA_PAPER_API_KEY_ID, ALPACA_PAPER_SECRET_KEY). Nothing is \
                recorded: research flow DIR does that.

                Without --date the latest quotes are asked for each second, until --until, the end of the day in New York or an \
                interrupt. The trades of the day stand beside them, asked for at the start, every 15 minutes and at the end. Files \
                are DIR/stream/<date>/<OCC symbol>/quotes.ndjson and trades.ndjson. A run goes on with the files of the last one. \
                A time in which quotes are not known is a line of its own, and trades in it have an unknown side. The account needs \
                rights to the exchanges' quotes (OPRA).

                With --date the day is over, and its quotes can't be had, so all sides stay unknown. Files are \
                DIR/rest/<date>/<OCC symbol>/trades.ndjson; one that is there stays as it is. If the contract's quotes were captured \
                on that day, its trades go beside them.

                Requests are sent again after 429 and 5xx, four times at most.

                Exit codes: 1 if the date is not over, if a file can't be written or without rights to quotes, 2 without keys or with \
                wrong ones, 4 if the vendor can't be reached. What was written until then stays, and the next run goes on with it.

                Examples:
                  alpha-ledger capture tape MSTR260220C00100000 --out tape
                  alpha-ledger capture tape MSTR260220C00100000 --date 2026-01-30 --out tape
                """)

        @OptionGroup var options: SettingsOptions
        @Argument(help: "OCC symbols.", transform: CaptureCommand.Tape.symbol) var symbols: [OptionSymbol]
        @Option(help: "A market date, which is over; today without it.", transform: ResearchCommand.date) var date: CalendarDate?
        @Option(help: "When to end, an instant; without it the end of the day in New York.") var until: String?
        @Option(help: "The folder of the tape.") var out: String
        @Flag(help: "Print what was written as JSON.") var json = false

        static func symbol(_ text: String) throws -> OptionSymbol {
            guard let symbol = OptionSymbol(text) else {
                throw ValidationError("expected an OCC symbol such as MSTR260220C00100000, found `\(text)`")
            }
            return symbol
        }

        func validate() throws {
            if Set(symbols).count != symbols.count { throw ValidationError("a symbol is there twice") }
            if until != nil, date != nil { throw ValidationError("--until: expected no --date beside it; a past day has an end") }
            if date == nil, symbols.count > TapeCapture.mostLiveSymbols {
                throw ValidationError("expected at most \(TapeCapture.mostLiveSymbols) symbols, found \(symbols.count)")
            }
        }

        func run() async throws {
            let end = try CaptureCommand.instant("until", until)
            let outcomes: [TapeCapture.Outcome]
            do {
                let capture = try TapeCapture(try options.settings().values)
                if let date {
                    outcomes = try await capture.run(symbols, on: date, into: out)
                } else {
                    let line = ProgressLine()
                    defer { line.end() }
                    outcomes = try await capture.live(symbols, until: end, into: out) { step in
                        line.show("\(step.quotes) quotes, \(step.answers) answers\(step.problem.map { "; \(Output.escaped($0))" } ?? "")")
                    }
                }
            } catch let failure as BrokerFailure {
                let code: Int32 = failure.kind == .unauthorized ? 2 : failure.kind == .malformed ? 1 : 4
                throw Failure(code: code, "\(failure)")
            }
            if json {
                let rows = outcomes.map { outcome in
                    JSONNode.object([
                        ("symbol", .string(outcome.symbol)), ("source", .string(outcome.source.rawValue)),
                        ("state", .string(outcome.state.rawValue)), ("trades", .integer(Int64(outcome.trades))),
                        ("quotes", .integer(Int64(outcome.quotes))),
                    ])
                }
                Output.bytes(JSONNode.array(rows).httpBytes() + [UInt8(ascii: "\n")])
            } else {
                Output.table(
                    ["symbol", "source", "state", "trades", "quotes"],
                    outcomes.map { [$0.symbol, $0.source.rawValue, $0.state.rawValue, "\($0.trades)", "\($0.quotes)"] },
                    rightAligned: [3, 4])
            }
        }
    }
    struct TapeGaps: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "tape-coverage", abstract: "The times of a tape in which quotes are not known, and why.",
            discussion: """
                Listed for each contract and market date: the time before the first quote (not_captured) and the gaps \
                (\(TapeGap.allCases.map(\.rawValue).joined(separator: ", "))). A time without an end lasts to the end of the day. A tape \
                of a past day has no quotes at all. Only the files are read.

                Exit codes: 1 if the folder is no tape.

                Example:
                  alpha-ledger capture tape-coverage tape
                """)

        @Argument(help: "The folder of the tape.") var folder: String
        @Flag(help: "Print the result as JSON.") var json = false

        func run() async throws {
            let found = try TapeCoverage.read(folder)
            if json {
                Output.bytes(JSONNode.array(found.map(\.node)).httpBytes() + [UInt8(ascii: "\n")])
                return
            }
            let rows = found.flatMap { coverage in
                coverage.missing.map { missing in
                    [
                        coverage.source.rawValue, "\(coverage.marketDate)", coverage.symbol, "\(missing.from)",
                        missing.to.map { "\($0)" } ?? "", missing.reason,
                    ]
                }
            }
            if !rows.isEmpty { Output.table(["source", "market date", "symbol", "from", "to", "reason"], rows, rightAligned: []) }
        }
    }
}
