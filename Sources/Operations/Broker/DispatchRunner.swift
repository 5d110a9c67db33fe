import Alpaca
import Curl
import LedgerEvents
package import LedgerJSON
import LedgerPostgres
import LedgerProjections
import LedgerStore
package import LedgerValues
import Logging
package import OptionTrades
package import SampleScope

/// The broker that a source stands for, and its address.
package struct BrokerConnection: Sendable {
    package let source: BrokerSource
    package let api: any BrokerAPI
    /// Whether every address is this machine: only then may waits be replaced.
    package let isLoopback: Bool
    /// The time of a sample broker that has a day of its own, for the demo; nil if the database's clock says what now is.
    let clock: (@Sendable () -> Instant)?

    /// Paper, or live if that is said twice.
    package init(_ values: SettingValues, live: Bool) throws(SettingProblem) {
        let settings = try AlpacaSettings(values, live: live)
        (source, api, isLoopback) = (settings.source, AlpacaClient(settings), settings.isLoopback)
        clock = nil
    }

    /// The bundled broker over HTTP, on loopback.
    /// - Parameters:
    ///   - clock: the time of the server's broker, if it is not that of the database
    package init(server: SampleBrokerServer, clock: (@Sendable () -> Instant)? = nil) throws(SettingProblem) {
        let settings = try AlpacaSettings(
            source: .sampleBroker, tradingURL: server.url, dataURL: server.url, keyID: "sample", secret: "sample")
        (source, isLoopback, self.clock) = (.sampleBroker, true, clock)
        let transport = CurlTransport(upstream: "alpaca")
        api = AlpacaClient(settings) { (request) async throws(TransportError) in
            let response = try await transport.send(request)
            guard let clock else { return response }
            // The HTTP server dates its answers by this machine's clock, which is not that of a broker with a day of its own.
            let headers = response.headers.filter { $0.name.lowercased() != "date" } + [("Date", SampleBroker.httpDate(clock()))]
            return HTTPResponse(status: response.status, headers: headers, body: response.body)
        }
    }

    /// The bundled broker by this machine's clock.
    package static func sample() throws(SettingProblem) -> BrokerConnection {
        try BrokerConnection(sample: SampleBroker { Ledger.systemClock() })
    }

    /// The bundled broker, in this process: its orders end with it.
    package init(sample broker: SampleBroker) throws(SettingProblem) {
        let settings = try AlpacaSettings(
            source: .sampleBroker, tradingURL: "http://127.0.0.1:1", dataURL: "http://127.0.0.1:1", keyID: "sample", secret: "sample")
        source = .sampleBroker
        isLoopback = true
        clock = nil
        api = AlpacaClient(settings) { (request) async throws(TransportError) in
            let target = String(request.url.dropFirst("http://127.0.0.1:1".count))
            switch broker.respond(request.method.text, target, headers: request.headers, body: request.method.body) {
            case .answer(let status, let headers, let body): return HTTPResponse(status: status, headers: headers, body: body)
            case .timeOut: throw TransportError(.timedOut, "the sample broker did not answer in time")
            case .reset: throw TransportError(.connectionLost, "the sample broker broke the connection off")
            }
        }
    }
}

/// Runs a dispatcher under the lease of its source.
package struct DispatchRunner: Sendable {
    private let ledger: Ledger
    private let connection: BrokerConnection
    private let timings: DispatchTimings
    private let rules: DispatchRules
    private let log: StoreDispatchLog
    private let dispatcher: Dispatcher

    /// - Parameter timings: the text of a JSON object that replaces waits, accepted on loopback only
    package init(_ ledger: Ledger, _ connection: BrokerConnection, timings text: [UInt8]? = nil) async throws {
        self.ledger = ledger
        self.connection = connection
        rules = try await BrokerDesk(ledger, source: connection.source).rules()
        var timings = rules.timings
        if let text {
            guard connection.isLoopback else { throw SettingProblem("--timings: expected loopback addresses of the broker only") }
            guard let root = (try? JSONDocument(parsing: text))?.root else { throw SettingProblem("--timings: expected a JSON object") }
            try timings.replace(by: root)
        }
        self.timings = timings
        log = StoreDispatchLog(ledger, source: connection.source, leaseSeconds: timings.lease, clock: connection.clock)
        let head = try await ledger.head().head
        dispatcher = Dispatcher(
            log: log, broker: connection.api, rules: rules, timings: timings, source: connection.source,
            ledgerID: head.ledgerID.description, dispatcher: ledger.newID(), portfolio: connection.source.rawValue)
    }

    /// One round. Throws if another dispatcher has the lease.
    package func once() async throws -> Dispatcher.Round {
        guard try await log.takeLease() else { throw BrokerError.otherDispatcher(source: connection.source.rawValue) }
        do throws(DispatchLogError) {
            return try await dispatcher.runOnce()
        } catch {
            throw BrokerError.unreachable("\(error)")
        }
    }

    /// Rounds until the task is cancelled: a round that has begun is ended first. While another dispatcher has the lease, this one
    /// waits for it.
    ///
    /// - Parameters:
    ///   - notifications: wakes the dispatcher as soon as the log grows; without them it looks once a second
    ///   - onRound: receives what each round did, or why there was none
    package func run(
        wokenBy notifications: LogNotifications? = nil,
        onRound: @escaping @Sendable (Result<Dispatcher.Round, any Error>) -> Void = { _ in }
    ) async {
        while !Task.isCancelled {
            var seconds = min(1, timings.followEvery)
            let seen = await notifications?.seen
            do {
                // A cancellation must not come between a request to the broker and the record of its end.
                let round = try await Task { try await once() }.value
                for problem in round.problems { ledger.logger.warning("\(ledger.redact(problem))") }
                onRound(.success(round))
                let now = ledger.now()
                seconds = min(timings.lease / 3, max(0.05, Double(round.next.microseconds - now.microseconds) / 1_000_000))
            } catch {
                onRound(.failure(error))
                ledger.logger.debug("the dispatcher waits", metadata: ["reason": "\(ledger.redact("\(error)"))"])
            }
            // New intents and halts are looked for at least once a second.
            await Self.pause(min(seconds, 1), notifications, after: seen)
        }
        await Task { await log.giveLeaseBack() }.value
    }

    /// The shortest time between two rounds, however fast the log grows.
    private static let shortestPause = 0.2

    private static func pause(_ seconds: Double, _ notifications: LogNotifications?, after seen: UInt64?) async {
        guard let notifications, let seen, seconds > shortestPause else {
            try? await Task.sleep(for: .seconds(seconds))
            return
        }
        try? await Task.sleep(for: .seconds(shortestPause))
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await notifications.wait(after: seen) }
            tasks.addTask { try? await Task.sleep(for: .seconds(seconds - shortestPause)) }
            await tasks.next()
            tasks.cancelAll()
        }
    }

    package func end() async { await log.giveLeaseBack() }

    /// The decision on a purchase that nobody intended, from the broker's market of now. Nothing is sent and nothing recorded.
    package func whatIf(_ intent: TradeIntent) async throws -> (facts: DecisionFacts, decision: Decision) {
        do throws(Dispatcher.ReconcileError) {
            return try await dispatcher.whatIf(intent)
        } catch {
            throw BrokerError.unreachable(ledger.redact("\(error)"))
        }
    }

    /// Compares positions with the ledger, and all orders if asked. Returns the document.
    package func reconcile(orders: Bool) async throws -> (node: JSONNode, differences: Int) {
        guard try await log.takeLease() else { throw BrokerError.otherDispatcher(source: connection.source.rawValue) }
        defer { Task { await log.giveLeaseBack() } }
        return try await dispatcher.reconcile(orders: orders)
    }
}
