import LedgerJSON
import LedgerValues
import Operations
import OptionTrades
import SampleScope
import Synchronization

/// Five intents through the bundled broker, over HTTP: one is filled, one in part, one fails a gate, one is sized 0, and the answer to
/// one is lost and its order found.
///
/// The broker has a day of its own within the sample's scope, so that the executions are the same whenever the demo runs.
struct DemoBroker {
    private static let intents: [(id: String, ticker: String)] = [
        ("demo-filled", "SPY"), ("demo-partial", "QQQ"), ("demo-wide", "IWM"), ("demo-dear", "DIA"), ("demo-lost", "XLF"),
    ]
    /// Which order's answer is lost: of the five intents three come to an order.
    private static let lostOrder = 3
    /// Thursday, 2026-02-05, 10:00 in New York.
    private static let start = CalendarDate(year: 2026, month: 2, day: 5).flatMap { Instant(startOf: $0) }?
        .advanced(byMicroseconds: 15 * 3_600_000_000)
    private static let mostRounds = 60

    /// The intents as the ledger has them afterwards.
    let states: [IntentState]

    /// Records the intents, and dispatches them unless they have ended.
    static func run(_ ledger: Ledger) async throws -> DemoBroker {
        let desk = BrokerDesk(ledger, source: .sampleBroker)
        for (id, ticker) in intents {
            let text =
                #"{"intent_id":"\#(id)","ticker":"\#(ticker)","instrument_type":"CALL","action":"BUY","strategy":"day_trade","#
                + #""expires_at":"2099-12-31T00:00:00Z"}"#
            _ = try await desk.intend(try JSONDocument(parsing: Array(text.utf8)).root, requestedBy: "demo")
        }
        if try await !states(desk).allSatisfy(hasEnded) { try await dispatch(ledger, desk) }
        return DemoBroker(states: try await states(desk))
    }

    private static func states(_ desk: BrokerDesk) async throws -> [IntentState] {
        let states = try await desk.book().states
        return intents.compactMap { intent in states.first { $0.intent.intentID.isBytewiseEqual(to: intent.id) } }
    }

    private static func hasEnded(_ state: IntentState) -> Bool { !state.isPending && !state.isUnresolved && !state.isOpenOrder }

    private static func dispatch(_ ledger: Ledger, _ desk: BrokerDesk) async throws {
        let clock = SampleClock(start ?? .minimum)
        let broker = SampleBroker { clock.now }
        let orders = OrderCount()
        broker.setFailures { method, _, _ in method == "POST" && orders.next() == lostOrder ? .errorAfter : nil }
        let server = try await SampleBrokerServer.start(broker)
        let result: Result<Void, any Error>
        do {
            let runner = try await DispatchRunner(ledger, BrokerConnection(server: server) { clock.now })
            result = .success(try await follow(runner, broker, clock, desk))
            await runner.end()
        } catch {
            result = .failure(error)
        }
        await server.stop()
        try result.get()
    }

    /// Rounds until each intent has ended; the day ends when nothing but what was filled in part is open.
    private static func follow(_ runner: DispatchRunner, _ broker: SampleBroker, _ clock: SampleClock, _ desk: BrokerDesk) async throws {
        for _ in 0..<mostRounds {
            let round = try await runner.once()
            for problem in round.problems { Output.warning(problem) }
            let open = try await states(desk).filter { !hasEnded($0) }
            if open.isEmpty { return }
            if open.allSatisfy({ $0.isOpenOrder && $0.filledQuantity > .zero }) { broker.endDay() }
            clock.move(to: round.next)
        }
    }

    // MARK: - Showing

    func show() {
        Output.table(
            ["intent", "ticker", "execution_mode", "why"],
            states.map { [$0.intent.intentID, $0.intent.ticker, $0.mode.rawValue, Self.why($0)] })
    }

    var node: JSONNode {
        .array(
            states.map { state in
                .object([
                    ("intent_id", .string(state.intent.intentID)), ("ticker", .string(state.intent.ticker)),
                    ("execution_mode", .string(state.mode.rawValue)), ("why", .string(Self.why(state))),
                ])
            })
    }

    private static func why(_ state: IntentState) -> String {
        if let simulation = state.simulation { return simulation.decision.reasons.joined(separator: ", ") }
        if let reason = state.expiry?.reason ?? state.cancellation?.reason ?? state.refusal?.message { return reason }
        guard let status = state.orderStatus, let submission = state.submission else { return "-" }
        let price = state.update?.filledAveragePrice.map { " at \($0)" } ?? ""
        let found = state.acknowledgement?.seenBy == "look_up" ? "; its answer was lost, and a look found it" : ""
        return "\(status), \(state.filledQuantity) of \(submission.body.quantity)\(price)\(found)"
    }
}

/// How many orders were sent.
private final class OrderCount: Sendable {
    private let count = Atomic(0)
    func next() -> Int { count.add(1, ordering: .relaxed).newValue }
}

/// The time of the demo's broker, and of its dispatcher: it stands still within a round.
private final class SampleClock: Sendable {
    private let instant: Mutex<Instant>

    init(_ start: Instant) { instant = Mutex(start) }

    var now: Instant { instant.withLock { $0 } }

    /// Moves on to an instant, by a second at least and by a minute at most.
    func move(to next: Instant) {
        instant.withLock { now in
            let (soon, late) = (now.advanced(byMicroseconds: 1_000_000) ?? now, now.advanced(byMicroseconds: 60_000_000) ?? now)
            now = max(soon, min(next, late))
        }
    }
}
