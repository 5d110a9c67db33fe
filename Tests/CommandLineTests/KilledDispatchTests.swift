import Foundation
import LedgerEvents
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
import Operations
import OptionTrades
import SampleScope
import Synchronization
import TestSupport
import Testing

/// Real dispatchers against the bundled broker over HTTP, killed anywhere, two at a time. `scripts/broker-torture` makes hundreds of
/// runs of it.
@Suite struct KilledDispatchTests {
    private static func number(_ name: String, _ standard: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? standard
    }

    private static let runs = number("ALPHA_LEDGER_BROKER_RUNS", 4)
    private static let seed = number("ALPHA_LEDGER_BROKER_SEED", 1)

    @Test(.timeLimit(.minutes(10 + 2 * runs)))
    func `dispatchers that are killed anywhere send at most one order an intent, and the ledger ends as the broker has it`() async throws {
        // Two ledgers at a time: each waits for its programs most of the time.
        let kills = try await withThrowingTaskGroup(of: Int.self) { group in
            for lane in 0..<2 {
                group.addTask {
                    var kills = 0
                    for run in stride(from: lane, to: Self.runs, by: 2) { kills += try await torture(UInt64(Self.seed + run)) }
                    return kills
                }
            }
            return try await group.reduce(0, +)
        }
        // How many are killed in their midst is up to the machine.
        #expect(kills >= Self.runs)
    }

    private func torture(_ seed: UInt64) async throws -> Int {
        try await withDatabase { uri in
            try await withDirectory { directory in
                let broker = SampleBroker { Ledger.systemClock() }
                let server = try await SampleBrokerServer.start(broker)
                let bench = Bench(seed: seed, uri: uri, directory: directory, server: server)
                let result: Result<Int, any Error>
                do { result = .success(try await bench.run()) } catch { result = .failure(error) }
                await server.stop()
                return try result.get()
            }
        }
    }
}

/// A run: a ledger, the broker, and dispatchers that come and go.
private final class Bench: Sendable {
    private struct State {
        var random: SeededGenerator
        var running: Set<Int32> = []
        var kills = 0
        var isCalm = false
    }

    private let seed: UInt64
    private let program: Program
    private let uri: String
    private let server: SampleBrokerServer
    private let state: Mutex<State>
    private var broker: SampleBroker { server.broker }

    init(seed: UInt64, uri: String, directory: String, server: SampleBrokerServer) {
        (self.seed, self.uri, self.server) = (seed, uri, server)
        state = Mutex(State(random: SeededGenerator(seed: seed)))
        program = Program(
            directory: directory,
            environment: ledgerEnvironment(
                uri,
                [
                    "ALPACA_PAPER_URL": server.url, "ALPACA_DATA_URL": server.url, "ALPACA_PAPER_API_KEY_ID": "sample",
                    "ALPACA_PAPER_SECRET_KEY": "sample",
                ]))
    }

    private func chance(_ range: Range<Int>) -> Int { state.withLock { Int.random(in: range, using: &$0.random) } }

    // MARK: - The run

    /// Runs until every intent has ended, and compares. Returns how many programs were killed in their midst.
    func run() async throws -> Int {
        #expect(try await program.run("db", "migrate").code == 0)
        try prepareFiles()
        #expect(try await program.run("broker", "intend", "--file", "intents.ndjson").code == 0)
        prepareBroker()
        for _ in 0..<12 {
            try await dispatchAndKill()
            check(try await book())
        }
        state.withLock { $0.isCalm = true }
        broker.setFailures(nil)
        var book = try await book()
        for _ in 0..<120 where !book.states.allSatisfy(Self.hasEnded) {
            // What rests is open until the end of the day, whenever it came.
            broker.endDay()
            let ended = try await program.run("broker", "dispatch", "--once", "--timings", "timings.json")
            #expect([0, 3].contains(ended.code), "seed \(seed): \(ended.errors)")
            try await Task.sleep(for: .milliseconds(150))
            book = try await self.book()
            check(book)
        }
        checkEnd(book)
        return state.withLock { $0.kills }
    }

    private func prepareFiles() throws {
        let now = Ledger.systemClock()
        let open = try #require(now.advanced(byMicroseconds: -3_600_000_000))
        let close = try #require(now.advanced(byMicroseconds: 4 * 3_600_000_000))
        let timings = """
            {"session":{"open":"\(open)","close":"\(close)"},"post_timeout":0.5,"lease":2,"looks":[0.05],"look_every":0.2,\
            "not_found_for":2.5,"empty_looks_apart":0.1,"follow_every":0.05,"consult_every":0.05}
            """
        try timings.write(toFile: program.directory + "/timings.json", atomically: true, encoding: .utf8)
        let tickers = ["SPY", "QQQ", "XLF", "SPY", "IWM", "DIA"]
        let intents = tickers.enumerated().map { index, ticker in
            let type = chance(0..<2) == 0 ? "CALL" : "PUT"
            return #"{"intent_id":"I-\#(index)","ticker":"\#(ticker)","instrument_type":"\#(type)","action":"BUY","strategy":"day_trade","#
                + #""expires_at":"\#(close)"}"#
        }
        try intents.joined(separator: "\n").write(toFile: program.directory + "/intents.ndjson", atomically: true, encoding: .utf8)
    }

    private func prepareBroker() {
        let fates: [SampleOrderFate] = [.fills, .fillsInPart, .rests, .isRejected]
        for ticker in ["SPY", "QQQ", "XLF"] { broker.setFate(fates[chance(0..<fates.count)], of: ticker) }
        broker.hideOrders(seconds: [0, 0, 1, 2][chance(0..<4)])
        let plan = SampleBrokerPlan(
            seed: seed, postOneIn: 2, otherOneIn: 30, kinds: SampleBrokerFailure.allCases.filter { $0 != .rateLimited })
        broker.setFailures { [self] method, path, call in
            // A dispatcher dies when its request is on the way: before it has an effect, or when its answer is.
            if chance(0..<(method == "POST" ? 3 : 60)) == 0 {
                killAll()
                return chance(0..<2) == 0 ? .resetBefore : .resetAfter
            }
            switch plan.failure(method, path, call) {
            case .timeOutBefore where method != "POST", .timeOutAfter where method != "POST": return .resetBefore
            case let failure: return failure
            }
        }
    }

    private func killAll() {
        state.withLock { state in
            for process in state.running where kill(process, SIGKILL) == 0 { state.kills += 1 }
            state.running = []
        }
    }

    /// One dispatcher or two, which end by themselves or are killed.
    private func dispatchAndKill() async throws {
        let processes = try (0..<(1 + chance(0..<2))).map { _ in
            let process = try program.start(["broker", "dispatch", "--once", "--timings", "timings.json"]).process
            state.withLock { _ = $0.running.insert(process.processIdentifier) }
            return process
        }
        let end = ContinuousClock.now + .milliseconds(chance(0..<4) == 0 ? 20_000 : chance(0..<2500))
        while processes.contains(where: \.isRunning), ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(5))
            for process in processes where !process.isRunning {
                state.withLock { _ = $0.running.remove(process.processIdentifier) }
            }
        }
        killAll()
        for process in processes { await Program.waitForExit(process) }
    }

    // MARK: - What holds

    private func book() async throws -> SourceBook {
        let ledger = try LedgerDatabase(uri: uri)
        let events = try await ledger.pool.run { try LogReader().events(after: 0, limit: 1_000_000, $0) }
        await ledger.close()
        var book = SourceBook(source: "alpaca_paper")
        let ours = events.filter { event in ["intent-", "broker-", "execution-"].contains { event.stream.hasPrefix($0) } }
        book.take(
            try ours.map { DecodedEvent(record: $0, payload: try TradeEvents.registry.payload(of: $0)) }, through: Int64(events.count))
        return book
    }

    private static func hasEnded(_ state: IntentState) -> Bool { !state.isPending && !state.isUnresolved && !state.isOpenOrder }

    /// What holds at any time.
    private func check(_ book: SourceBook) {
        let orders = broker.orderSummaries
        #expect(Set(orders.map(\.clientOrderID)).count == orders.count, "seed \(seed): a second order")
        #expect(!book.isHalted, "seed \(seed): \(book.halt?.reason ?? "")")
        for order in orders {
            // The ledger was read before or after the broker: an order that came meanwhile is there already.
            guard let intent = book.intent(clientOrderID: order.clientOrderID) else {
                Issue.record("seed \(seed): an order without a submission")
                continue
            }
            let isCalledOtherwise =
                intent.simulation != nil || intent.cancellation != nil || intent.refusal != nil || intent.expiry != nil
            #expect(!isCalledOtherwise, "seed \(seed): the broker has the order of \(intent.intent.intentID), \(intent.mode)")
        }
    }

    /// What holds when every intent has ended.
    private func checkEnd(_ book: SourceBook) {
        let orders = Dictionary(uniqueKeysWithValues: broker.orderSummaries.map { ($0.clientOrderID, $0) })
        #expect(book.states.count == 6, "seed \(seed)")
        for state in book.states {
            let id = state.intent.intentID
            #expect(Self.hasEnded(state), "seed \(seed): \(id) is \(state.mode)")
            guard let submission = state.submission else {
                #expect(state.simulation != nil, "seed \(seed): \(id) is \(state.mode)")
                continue
            }
            guard let order = orders[submission.body.clientOrderID] else {
                Issue.record("seed \(seed): the broker has no order of \(id)")
                continue
            }
            #expect(state.acknowledgement?.brokerOrderID == order.id && state.orderStatus == order.status, "seed \(seed): \(id)")
            #expect(submission.body.symbol == order.symbol && Int(submission.body.quantity) == order.quantity, "seed \(seed): \(id)")
            #expect(state.filledQuantity == FixedDecimal(order.filled), "seed \(seed): \(id)")
            let execution = book.executions[ByteKey(order.id)]?.row.quantity
            #expect(execution == (order.filled == 0 ? nil : FixedDecimal(order.filled)), "seed \(seed): \(id)")
        }
    }
}
