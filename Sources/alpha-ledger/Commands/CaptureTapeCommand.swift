import ArgumentParser
import LedgerJSON
import LedgerValues
import Operations
import OptionTrades

extension CaptureCommand {
    struct Tape: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "tape", abstract: "Write the trades of option contracts on a past day as a tape of files.",
            discussion: """
                Trades are Alpaca's, by the keys of paper trading (ALPACA_PAPER_API_KEY_ID, ALPACA_PAPER_SECRET_KEY). Quotes of a past \
                day can't be had, so all sides stay unknown. Files are DIR/rest/<date>/<OCC symbol>/trades.ndjson; one that is there \
                stays as it is. Nothing is recorded: research flow DIR does that.

                Exit codes: 1 if the date is not over or a file can't be written, 2 without keys or with wrong ones, 4 if the vendor \
                can't be reached.

                Example:
                  alpha-ledger capture tape MSTR260220C00100000 --date 2026-01-30 --out tape
                """)

        @OptionGroup var options: SettingsOptions
        @Argument(help: "OCC symbols.", transform: CaptureCommand.Tape.symbol) var symbols: [OptionSymbol]
        @Option(help: "The market date, which is over.", transform: ResearchCommand.date) var date: CalendarDate
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
        }

        func run() async throws {
            let outcomes: [TapeCapture.Outcome]
            do {
                outcomes = try await TapeCapture(try options.settings().values).run(symbols, on: date, into: out)
            } catch let failure as BrokerFailure {
                let code: Int32 = failure.kind == .unauthorized ? 2 : failure.kind == .malformed ? 1 : 4
                throw Failure(code: code, "\(failure)")
            }
            if json {
                let rows = outcomes.map { outcome in
                    JSONNode.object([
                        ("symbol", .string(outcome.symbol)), ("state", .string(outcome.state.rawValue)),
                        ("trades", .integer(Int64(outcome.trades))),
                    ])
                }
                Output.bytes(JSONNode.array(rows).httpBytes() + [UInt8(ascii: "\n")])
            } else {
                Output.table(
                    ["symbol", "state", "trades"], outcomes.map { [$0.symbol, $0.state.rawValue, "\($0.trades)"] }, rightAligned: [2])
            }
        }
    }
}
