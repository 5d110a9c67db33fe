import LedgerEvents
import LedgerJSON
import LedgerValues
import Operations
import OptionTrades
import SampleScope
import Synchronization

/// Intents to buy, carried to the sample broker over HTTP: the time until an order's request has arrived, with a chain of 5,005
/// contracts, and how many intents a second are carried. The baseline fetches and reads the pages of the same chain by the same client.
///
/// The rules allow 20 orders a day, so each ledger has 20 intents, and there are several ledgers.
enum DispatchBenchmark {
    private static let ledgers = 5
    private static let intents = 20
    /// Between two strikes, thousandths of a dollar: 1,001 strikes of five expiries are within the rules.
    private static let strikesApart = 120
    private static let contracts = 5_005

    static func run(_ bench: Bench) async throws {
        var dispatches: [Double] = []
        var fetches: [Double] = []
        for _ in 0..<ledgers {
            try await bench.withLedger { ledger in
                try await DispatchDesk.with(ledger) { desk in
                    desk.broker.setStrikes(apart: strikesApart, rowsOfPage: 1000)
                    for number in 0..<intents {
                        let fetch = try await Bench.seconds { try await desk.fetch("SPY", expecting: contracts) }
                        let dispatch = try await desk.dispatch("SPY", number, expecting: contracts)
                        // The first ones warm connections and plans.
                        if number > 0 {
                            fetches.append(fetch)
                            dispatches.append(dispatch)
                        }
                    }
                }
            }
        }
        let ours = Bench.percentiles("intent → request, \(contracts) contracts", seconds: dispatches)
        let bare = Bench.percentiles("bare fetch of the same chain", seconds: fetches)
        Bench.ratio("dispatch ÷ bare fetch (goal < 1.3)", ours / bare)
        for ticker in ["SPY", "XLF"] { try await measureRate(ticker, bench) }
    }

    /// All intents wait already, and one round carries them.
    private static func measureRate(_ ticker: String, _ bench: Bench) async throws {
        var seconds: [Double] = []
        for _ in 0..<bench.rounds {
            try await bench.withLedger { ledger in
                try await DispatchDesk.with(ledger) { desk in
                    for number in 0..<intents { try await desk.intend(ticker, number) }
                    seconds.append(try await Bench.seconds { try await desk.carry(intents) })
                }
            }
        }
        Bench.line("intents to orders of \(ticker) (goal ≥ 50/s)", count: intents, seconds: seconds)
    }
}

/// A sample broker over HTTP with a day of its own, and a dispatcher.
private final class DispatchDesk: Sendable {
    let broker: SampleBroker
    private let desk: BrokerDesk
    private let connection: BrokerConnection
    private let runner: DispatchRunner
    private let rules: DispatchRules
    private let clock: Moment
    private let posted: Mutex<ContinuousClock.Instant?>

    /// Thursday, 2026-02-05, 10:00 in New York.
    private static let start = "2026-02-05T15:00:00Z"

    private init(_ ledger: Ledger, _ server: SampleBrokerServer, _ clock: Moment) async throws {
        (broker, self.clock) = (server.broker, clock)
        desk = BrokerDesk(ledger, source: .sampleBroker)
        connection = try BrokerConnection(server: server) { clock.now }
        runner = try await DispatchRunner(ledger, connection)
        rules = try await desk.rules()
        posted = Mutex(nil)
        // Enough for the size of every order.
        broker.setEquity(100_000_000)
        broker.setFailures { [weak self] method, _, _ in
            if method == "POST" { self?.posted.withLock { $0 = .now } }
            return nil
        }
        // Records the account.
        _ = try await runner.once()
    }

    static func with(_ ledger: Ledger, _ body: (DispatchDesk) async throws -> Void) async throws {
        let clock = Moment(Instant(start) ?? .minimum)
        let server = try await SampleBrokerServer.start(SampleBroker { clock.now })
        let result: Result<Void, any Error>
        do {
            let desk = try await DispatchDesk(ledger, server, clock)
            result = .success(try await body(desk))
            await desk.runner.end()
        } catch {
            result = .failure(error)
        }
        await server.stop()
        try result.get()
    }

    private func id(_ number: Int) -> String { "bench-\(number)" }

    func intend(_ ticker: String, _ number: Int) async throws {
        let text =
            #"{"intent_id":"\#(id(number))","ticker":"\#(ticker)","instrument_type":"CALL","action":"BUY","strategy":"day_trade","#
            + #""expires_at":"2099-12-31T00:00:00Z"}"#
        _ = try await desk.intend(try JSONDocument(parsing: Array(text.utf8)).root, requestedBy: "benchmark")
    }

    /// One round, which must send so many orders.
    func carry(_ count: Int) async throws {
        let round = try await runner.once()
        guard round.submitted == count, round.problems.isEmpty else {
            throw BenchmarkError("\(round.submitted) of \(count) orders were sent, simulated \(round.simulated): \(round)")
        }
    }

    /// The seconds from giving an intent until the request of its order has arrived.
    func dispatch(_ ticker: String, _ number: Int, expecting contracts: Int) async throws -> Double {
        posted.withLock { $0 = nil }
        let begun = ContinuousClock.now
        try await intend(ticker, number)
        try await carry(1)
        guard let arrived = posted.withLock({ $0 }) else { throw BenchmarkError("no order has arrived") }
        let seen = try await desk.book().intents[ByteKey(id(number))]?.market?.contractsSeen
        guard seen == Int64(contracts) else { throw BenchmarkError("\(seen ?? 0) contracts were seen, not \(contracts)") }
        clock.pass(seconds: 10)
        return (arrived - begun) / .seconds(1)
    }

    /// What the dispatcher asks of the market: the underlying, then the chain within the rules.
    func fetch(_ ticker: String, expecting contracts: Int) async throws {
        let quote = try await connection.api.market(ChainQuestion(ticker: ticker, filters: nil)).underlying
        let window = rules[.dayTrade].daysToExpiry
        guard let bid = quote.bid, let ask = quote.ask, let spot = BrokerFigures.mid(bid, ask)?.rounded(),
            let strikes = rules.strikes(around: spot)
        else { throw BenchmarkError("\(ticker) has no quote") }
        var filters = ChainFilters()
        (filters.optionType, filters.root) = (.call, ticker)
        filters.expiryFrom = clock.now.date.advanced(byDays: window.lowerBound)
        filters.expiryThrough = clock.now.date.advanced(byDays: window.upperBound)
        (filters.strikeFrom, filters.strikeThrough) = (strikes.lowerBound, strikes.upperBound)
        let found = try await connection.api.market(ChainQuestion(ticker: ticker, filters: filters)).rows.count
        guard found == contracts else { throw BenchmarkError("\(found) contracts were fetched, not \(contracts)") }
    }
}

/// A time that passes when it is told to.
private final class Moment: Sendable {
    private let instant: Mutex<Instant>

    init(_ start: Instant) { instant = Mutex(start) }

    var now: Instant { instant.withLock { $0 } }

    func pass(seconds: Int64) { instant.withLock { $0 = $0.advanced(byMicroseconds: seconds * 1_000_000) ?? $0 } }
}
