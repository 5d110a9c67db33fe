import Curl
package import LedgerJSON
import LedgerValues
package import OptionTrades
import Synchronization

/// The dispatcher of a service: it runs until it is cancelled, and says how it goes.
package final class DispatchService: Sendable {
    private struct State {
        var isRunning = false
        /// Whether the last round was this process's own; nil before the first.
        var hasLease: Bool?
        var lastRoundAt: Instant?
        var problems: [String] = []
        var waiting: [String: Int] = [:]
    }

    package let source: BrokerSource
    private let ledger: Ledger
    private let runner: DispatchRunner
    private let state = Mutex(State())

    /// - Parameter timings: the text of a JSON object that replaces waits, accepted on loopback only
    package init(_ ledger: Ledger, _ connection: BrokerConnection, timings: [UInt8]? = nil) async throws {
        self.ledger = ledger
        source = connection.source
        runner = try await DispatchRunner(ledger, connection, timings: timings)
    }

    /// Dispatches until it is cancelled. The round that has begun is ended first.
    package func run(wokenBy notifications: LogNotifications) async {
        state.withLock { $0.isRunning = true }
        await runner.run(wokenBy: notifications) { [self] ended in take(ended) }
        state.withLock { ($0.isRunning, $0.hasLease) = (false, nil) }
    }

    private func take(_ ended: Result<Dispatcher.Round, any Error>) {
        let now = ledger.now()
        state.withLock { state in
            switch ended {
            case .success(let round):
                (state.hasLease, state.lastRoundAt) = (true, now)
                (state.problems, state.waiting) = (round.problems.map { ledger.redact($0) }, round.waiting)
            case .failure(BrokerError.otherDispatcher):
                (state.hasLease, state.problems, state.waiting) = (false, [], [:])
            case .failure(let error):
                state.problems = [ledger.redact("\(error)")]
            }
        }
    }

    /// The decision on a purchase that nobody intended, from the broker's market of now.
    package func whatIf(_ intent: TradeIntent) async throws -> (facts: DecisionFacts, decision: Decision) {
        try await runner.whatIf(intent)
    }

    /// Why open orders are listed again and again, and not followed by the broker's stream.
    private static let pollingReason =
        CurlLibrary.hasWebSocket
        ? "libcurl \(CurlLibrary.version) has WebSocket, but this program has no client of the trade_updates stream"
        : "libcurl \(CurlLibrary.version) has no WebSocket, which the trade_updates stream needs"

    /// `{"source":…,"state":…,"order_updates":"polling","order_updates_reason":…,…}`
    package var node: JSONNode {
        let state = state.withLock { $0 }
        let word =
            switch (state.isRunning, state.hasLease) {
            case (false, _): "stopped"
            case (true, nil): state.problems.isEmpty ? "starting" : "failing"
            case (true, true?): state.problems.isEmpty ? "dispatching" : "failing"
            case (true, false?): "waiting_for_lease"
            }
        let waiting = state.waiting.sorted { $0.key.isBytewiseLess(than: $1.key) }
        return .object([
            ("source", .string(source.rawValue)), ("state", .string(word)), ("order_updates", .string("polling")),
            ("order_updates_reason", .string(Self.pollingReason)),
            ("last_round_at", state.lastRoundAt.map { .string($0.description) } ?? .null),
            ("waiting", .object(waiting.map { ($0.key, .integer(Int64($0.value))) })),
            ("problems", .array(state.problems.map(JSONNode.string))),
        ])
    }
}
