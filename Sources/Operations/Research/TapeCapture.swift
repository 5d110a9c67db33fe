import Alpaca
import Glibc
import LedgerJSON
package import LedgerValues
import OptionTrades

/// Fills a folder with tapes of a past day: `rest/<market_date>/<OCC symbol>/trades.ndjson`.
///
/// A past day has no quotes: the vendor keeps none. A file that is there stays as it is, so a run that died is simply run again.
package struct TapeCapture: Sendable {
    /// Symbols of one request.
    private static let batch = 100

    /// What became of a contract.
    package struct Outcome: Sendable {
        package enum State: String, Sendable {
            /// Its trades were written.
            case written
            /// Its file was there before.
            case kept
            /// The vendor has no trades of it on that date, or does not know it; nothing was written.
            case noTrades = "no_trades"
        }

        package let symbol: String
        package let state: State
        /// Trades that were written.
        package let trades: Int
    }

    private let client: AlpacaClient

    /// By the keys of paper trading, which market data accepts too.
    package init(_ values: SettingValues) throws(SettingProblem) { client = AlpacaClient(try AlpacaSettings(values, live: false)) }

    /// Captures the trades of contracts. Throws ``FlowProblem`` for a date that is not over and for a file that can't be written, and
    /// `BrokerFailure`.
    ///
    /// - Parameters:
    ///   - symbols: OCC symbols.
    ///   - date: in New York, over.
    ///   - folder: of the tapes.
    package func run(_ symbols: [OptionSymbol], on date: CalendarDate, into folder: String) async throws -> [Outcome] {
        guard let start = date.advanced(byDays: -1).flatMap({ NewYorkDay.end(of: $0) }), let end = NewYorkDay.end(of: date),
            end <= Ledger.systemClock(),
            let last = end.advanced(byMicroseconds: -1)
        else { throw FlowProblem("\(date) is not over in New York") }
        var outcomes: [Outcome] = []
        for first in stride(from: 0, to: symbols.count, by: Self.batch) {
            let names = symbols[first..<min(symbols.count, first + Self.batch)].map { "\($0)" }
            let missing = names.filter { !Self.isThere(folder, date, $0) }
            let trades = missing.isEmpty ? [:] : try await client.optionTrades(of: missing, from: start, through: last)
            for name in names {
                guard missing.contains(name) else {
                    outcomes.append(Outcome(symbol: name, state: .kept, trades: 0))
                    continue
                }
                let lines = trades[ByteKey(name)] ?? []
                if !lines.isEmpty { try Self.write(lines, to: Self.place(date, name), below: folder) }
                outcomes.append(Outcome(symbol: name, state: lines.isEmpty ? .noTrades : .written, trades: lines.count))
            }
        }
        return outcomes
    }

    private static func place(_ date: CalendarDate, _ symbol: String) -> String {
        "\(FlowSource.rest.rawValue)/\(date)/\(symbol)/trades.ndjson"
    }

    /// Whether the trades are there in either form.
    private static func isThere(_ folder: String, _ date: CalendarDate, _ symbol: String) -> Bool {
        let path = "\(folder)/\(place(date, symbol))"
        return access(path, F_OK) == 0 || access("\(path).gz", F_OK) == 0
    }

    private static func write(_ lines: [JSONNode], to path: String, below folder: String) throws(FlowProblem) {
        var bytes: [UInt8] = []
        for line in lines { bytes += line.httpBytes() + [UInt8(ascii: "\n")] }
        do throws(ResearchArtifact.Failure) {
            try ResearchArtifact.write(bytes, to: path, below: folder)
        } catch {
            throw FlowProblem("\(error)")
        }
    }
}
