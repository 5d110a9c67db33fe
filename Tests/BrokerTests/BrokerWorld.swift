import Alpaca
import Curl
import LedgerEvents
import LedgerProjections
import LedgerRules
import LedgerValues
import OptionTrades
import SampleScope
import Synchronization
import TestSupport
import Testing

/// A log, the sample broker and a clock, with dispatchers that come and go.
final class BrokerWorld: Sendable {
    let clock: TestClock
    let log: MemoryDispatchLog
    let broker: SampleBroker
    let rules: DispatchRules
    private let state = Mutex((dispatchers: UInt64(0), isDead: false, crash: Crash?.none, ledger: "L-1"))

    /// A crash at a request: before it leaves, or when its answer is on the way.
    struct Crash: Sendable {
        let method: String
        let afterEffect: Bool
    }

    /// Wednesday, 2026-01-28, 10:00 in New York.
    init(_ start: String = "2026-01-28T15:00:00Z") throws {
        clock = TestClock(try #require(Instant(start)))
        log = MemoryDispatchLog(clock)
        broker = SampleBroker { [clock] in clock.now }
        rules = try DispatchRules(version: 1, read: projectRuleFile)
    }

    /// A client of the sample broker without a socket. It dies with its dispatcher.
    private func client() throws -> AlpacaClient {
        let settings = try AlpacaSettings(
            source: .sampleBroker, tradingURL: "http://127.0.0.1:1", dataURL: "http://127.0.0.1:1", keyID: "sample", secret: "sample")
        return AlpacaClient(settings) { [self] (request) async throws(TransportError) in try self.send(request) }
    }

    private func send(_ request: HTTPRequestSpec) throws(TransportError) -> HTTPResponse {
        clock.advance(seconds: 0.05)
        let (method, body) = (request.method.text, request.method.body)
        let crash = state.withLock { state -> Crash? in
            guard let crash = state.crash, crash.method == method else { return nil }
            (state.isDead, state.crash) = (true, nil)
            return crash
        }
        let isDead = state.withLock { $0.isDead }
        if isDead, crash?.afterEffect != true { throw TransportError(.connectionLost, "the process is gone") }
        let target = String(request.url.dropFirst("http://127.0.0.1:1".count))
        let reply = broker.respond(method, target, headers: request.headers, body: body)
        if isDead { throw TransportError(.connectionLost, "the process is gone") }
        switch reply {
        case .answer(let status, let headers, let body): return HTTPResponse(status: status, headers: headers, body: body)
        case .timeOut:
            clock.advance(seconds: request.timeoutSeconds)
            throw TransportError(.timedOut, "no answer in time")
        case .reset: throw TransportError(.connectionLost, "the connection broke")
        }
    }

    /// The next request of a method is the dispatcher's last.
    func crashNext(_ method: String, afterEffect: Bool) {
        state.withLock { $0.crash = Crash(method: method, afterEffect: afterEffect) }
    }

    func restoreLedger() { state.withLock { $0.ledger = "L-2" } }

    var isDead: Bool { state.withLock { $0.isDead } }

    /// A new process.
    func dispatcher() throws -> Dispatcher {
        let (number, ledger) = state.withLock { state in
            state.dispatchers += 1
            (state.isDead, state.crash) = (false, nil)
            return (state.dispatchers, state.ledger)
        }
        return Dispatcher(
            log: MortalLog(log: log, world: self), broker: try client(), rules: rules, source: .sampleBroker, ledgerID: ledger,
            dispatcher: UniqueID(high: 7, low: number), portfolio: "desk")
    }

    /// Rounds until nothing is left to do before an instant, or until the process is gone.
    func run(_ dispatcher: Dispatcher, seconds: Double) async throws {
        let end = DispatchTimings.after(clock.now, seconds)
        while clock.now < end, !isDead {
            do throws(DispatchLogError) {
                let round = try await dispatcher.runOnce()
                let next = DispatchTimings.after(round.next, -log.offset)
                clock.move(to: min(end, max(next, DispatchTimings.after(clock.now, 0.5))))
            } catch {
                clock.advance(seconds: 1)
            }
        }
    }

    // MARK: - Intents and what became of them

    func intend(
        _ id: String, _ ticker: String = "SPY", _ instrument: InstrumentType = .call, _ action: IntentAction = .buy, quantity: Int64? = nil
    ) async throws {
        var intent = TradeIntent()
        (intent.intentID, intent.source, intent.ticker, intent.instrument) = (id, "sample_broker", ticker, instrument)
        (intent.action, intent.quantity) = (action, quantity)
        intent.expiresAt = try #require(rules.sessions.nextClose(after: clock.now))
        _ = try await log.append([TradeIntendedPayload(intent: intent, requestedBy: "test").event(previousVersion: 0)], guardedBy: nil)
    }

    func book() -> SourceBook {
        var book = SourceBook(source: "sample_broker")
        book.take(log.events, through: Int64(log.events.count))
        return book
    }

    func state(_ id: String) throws -> IntentState { try #require(book().intents[ByteKey(id)]) }

    func append(_ payload: some IntentPayload) async throws {
        let version = try state(payload.intentID).version
        _ = try await log.append([payload.event(previousVersion: version)], guardedBy: nil)
    }

    func halt() async throws {
        let payload = DispatchHaltedPayload(source: "sample_broker", requestedBy: "test", reason: "test")
        _ = try await log.append([payload.event(previousVersion: book().haltVersion)], guardedBy: nil)
    }

    func resume() async throws {
        let payload = DispatchResumedPayload(source: "sample_broker", requestedBy: "test", reason: "test")
        _ = try await log.append([payload.event(previousVersion: book().haltVersion)], guardedBy: nil)
    }
}

/// The log of a process: nothing is read or written after its end.
private struct MortalLog: DispatchLog {
    let log: MemoryDispatchLog
    let world: BrokerWorld

    private func checkAlive() throws(DispatchLogError) {
        if world.isDead { throw .unavailable("the process is gone") }
    }

    func now() async throws(DispatchLogError) -> Instant {
        try checkAlive()
        return try await log.now()
    }

    func events(of source: String, after position: Int64) async throws(DispatchLogError) -> (events: [DecodedEvent], through: Int64) {
        try checkAlive()
        return try await log.events(of: source, after: position)
    }

    func append(_ events: [NewEvent], guardedBy submission: SubmissionGuard?) async throws(DispatchLogError) -> Bool {
        try checkAlive()
        return try await log.append(events, guardedBy: submission)
    }
}
