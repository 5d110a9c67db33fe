import Alpaca
import Curl
import Glibc
import LedgerJSON
import LedgerStore
package import LedgerValues
package import OptionTrades

/// Fills a folder with tapes: of a past day `rest/<market_date>/<OCC symbol>/trades.ndjson`, of today
/// `stream/<market_date>/<OCC symbol>/{quotes,trades}.ndjson`.
///
/// A past day has no quotes: the vendor keeps none. They come while the capture runs. A run that died is simply run again.
package struct TapeCapture: Sendable {
    /// Symbols of one request for trades. What a run that dies has to ask for again is at most one request's.
    private static let batch = 10
    /// Symbols of one request for quotes.
    package static let mostLiveSymbols = 100

    /// What became of a contract.
    package struct Outcome: Sendable {
        package enum State: String, Sendable {
            /// Its trades were written.
            case written
            /// Its file was there before, and stays.
            case kept
            /// The vendor has no trades of it on that date, or does not know it; nothing was written.
            case noTrades = "no_trades"
        }

        package let symbol: String
        package let source: FlowSource
        package let state: State
        /// Trades that the vendor gave; 0 if it was not asked.
        package let trades: Int
        /// Quotes that were written.
        package let quotes: Int
    }

    let client: AlpacaClient
    let patience: Patience
    let now: @Sendable () -> Instant
    let sleep: @Sendable (_ seconds: Double) async throws -> Void

    /// By the keys of paper trading, which market data accepts too.
    ///
    /// - Parameters:
    ///   - values: the settings.
    ///   - now: the clock.
    ///   - sleep: waits; throws if the task is cancelled.
    package init(
        _ values: SettingValues, now: @escaping @Sendable () -> Instant = { Ledger.systemClock() },
        sleep: @escaping @Sendable (_ seconds: Double) async throws -> Void = { try await Task.sleep(for: .seconds($0)) }
    ) throws(SettingProblem) {
        let transport = CurlTransport(upstream: "alpaca")
        patience = Patience(
            send: { (request) async throws(TransportError) in try await transport.send(request) }, sleep: sleep)
        client = patience.client(try AlpacaSettings(values, live: false))
        (self.now, self.sleep) = (now, sleep)
    }

    /// Captures the trades of contracts on a day that is over. Those of a contract whose quotes were captured on that day go beside them.
    ///
    /// Throws ``FlowProblem`` for a date that is not over and for a file that can't be written, and `BrokerFailure`.
    ///
    /// - Parameters:
    ///   - symbols: OCC symbols.
    ///   - date: in New York, over.
    ///   - folder: of the tapes.
    package func run(_ symbols: [OptionSymbol], on date: CalendarDate, into folder: String) async throws -> [Outcome] {
        guard let end = NewYorkDay.end(of: date), end <= now(), let last = end.advanced(byMicroseconds: -1) else {
            throw FlowProblem("\(date) is not over in New York")
        }
        return try await trades(symbols, on: date, through: last, into: folder) { symbol in
            Self.isThere(folder, Self.place(.stream, date, symbol, "quotes")) ? .stream : .rest
        }
    }

    /// Asks for the trades of a day through a moment. Those beside quotes replace what was known of the day before; others stay.
    func trades(
        _ symbols: [OptionSymbol], on date: CalendarDate, through last: Instant, into folder: String,
        source: (_ symbol: String) -> FlowSource
    ) async throws -> [Outcome] {
        guard let start = date.advanced(byDays: -1).flatMap({ NewYorkDay.end(of: $0) }) else {
            throw FlowProblem("\(date) is outside the calendar")
        }
        var outcomes: [Outcome] = []
        for first in stride(from: 0, to: symbols.count, by: Self.batch) {
            let targets = symbols[first..<min(symbols.count, first + Self.batch)].map { symbol in
                let name = "\(symbol)"
                let source = source(name)
                return (name: name, source: source, place: Self.place(source, date, name, "trades"))
            }
            let missing = targets.filter { target in
                target.source == .stream ? access("\(folder)/\(target.place).gz", F_OK) != 0 : !Self.isThere(folder, target.place)
            }
            let trades = missing.isEmpty ? [:] : try await client.optionTrades(of: missing.map(\.name), from: start, through: last)
            for (name, source, place) in targets {
                func outcome(_ state: Outcome.State, _ trades: Int = 0) -> Outcome {
                    Outcome(symbol: name, source: source, state: state, trades: trades, quotes: 0)
                }
                guard missing.contains(where: { $0.name == name }) else {
                    outcomes.append(outcome(.kept))
                    continue
                }
                let lines = trades[ByteKey(name)] ?? []
                var bytes: [UInt8] = []
                for line in lines { bytes += line.httpBytes() + [UInt8(ascii: "\n")] }
                if lines.isEmpty {
                    outcomes.append(outcome(.noTrades))
                } else if let known = try? LedgerFiles.read("\(folder)/\(place)"), known == bytes {
                    outcomes.append(outcome(.kept, lines.count))
                } else {
                    try Self.write(bytes, to: place, below: folder)
                    outcomes.append(outcome(.written, lines.count))
                }
            }
        }
        return outcomes
    }

    static func place(_ source: FlowSource, _ date: CalendarDate, _ symbol: String, _ kind: String) -> String {
        "\(source.rawValue)/\(date)/\(symbol)/\(kind).ndjson"
    }

    /// Whether a file is there in either form.
    private static func isThere(_ folder: String, _ place: String) -> Bool {
        access("\(folder)/\(place)", F_OK) == 0 || access("\(folder)/\(place).gz", F_OK) == 0
    }

    static func write(_ bytes: [UInt8], to path: String, below folder: String) throws(FlowProblem) {
        do throws(ResearchArtifact.Failure) {
            try ResearchArtifact.write(bytes, to: path, below: folder)
        } catch {
            throw FlowProblem("\(error)")
        }
    }
}
