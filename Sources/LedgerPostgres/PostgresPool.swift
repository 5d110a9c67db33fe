import BlockingThreads
import Synchronization

/// A bounded set of connections to one server, opened on demand.
///
/// Waiters are served in the order of arrival. A connection found dead, as after a restart of the server, is replaced
/// before anything is sent on it.
public final class PostgresPool: Sendable {
    private typealias Waiter = CheckedContinuation<Grant, any Error>
    private typealias Pool = PoolState<PostgresConnection, UInt64>
    private typealias Grant = Pool.Grant

    private struct State {
        var pool: Pool
        var continuations: [UInt64: Waiter] = [:]
        var drained: [CheckedContinuation<Void, Never>] = []
        var lastWaiter: UInt64 = 0
        /// The connections that a run uses, if the pool follows a primary, and since when in milliseconds.
        var inUse: [ObjectIdentifier: (connection: PostgresConnection, since: Int64)] = [:]
        var isWatching = false
    }

    /// The waits for a lost connection: 0.1 s, doubled each time, about 6 s in all.
    private static let retryLimit = 6
    private static let firstRetryDelayMilliseconds = 100

    /// How long a run may take before the pool looks whether its server is still the primary.
    private static let patienceMilliseconds: Int64 = 2_000

    public let configuration: PostgresConfiguration
    /// Whether the URI names several servers, of which one at a time takes writes.
    private let followsPrimary: Bool
    private let state: Mutex<State>

    /// Makes a pool without connections; the first use opens one.
    public init(_ configuration: PostgresConfiguration, maximumConnections: Int = 8) {
        self.configuration = configuration
        followsPrimary = configuration.followsPrimary
        state = Mutex(State(pool: Pool(maximum: maximumConnections)))
    }

    /// Runs `body` with a session of its own, on that session's thread.
    ///
    /// With `retryOnConnectionLoss`, a lost connection runs the whole body again, a few times over about six seconds.
    /// This holds even if the outcome of its COMMIT is unknown, so the body must be safe to repeat.
    public func run<T: Sendable>(
        retryOnConnectionLoss: Bool = false, _ body: @Sendable (PostgresSession) throws -> T
    ) async throws -> T {
        var wasConnected = false
        var attempt = 0
        while true {
            do {
                return try await runOnce(body)
            } catch let error as PostgresError where retryOnConnectionLoss && error.isConnectionFailure {
                // A server that was never there is reported at once; one that went away may be restarting.
                if !error.isUnreachable { wasConnected = true }
                if !wasConnected || attempt == PostgresPool.retryLimit { throw error }
                try await Task.sleep(for: .milliseconds(PostgresPool.firstRetryDelayMilliseconds << attempt))
                attempt += 1
            }
        }
    }

    /// The usage of a pool at one moment.
    public struct Usage: Sendable, Equatable {
        /// The number of connections in use or being opened.
        public let inUse: Int
        /// The number of open connections that nobody uses.
        public let idle: Int
        /// The number of requests that wait for a connection.
        public let waiting: Int
        public let maximum: Int
    }

    public var usage: Usage {
        state.withLock {
            Usage(inUse: $0.pool.leased, idle: $0.pool.idleCount, waiting: $0.pool.waiterCount, maximum: $0.pool.maximum)
        }
    }

    /// Opens a connection if there is none, to check that the server can be reached.
    public func warm() async throws {
        try await run { _ in }
    }

    /// Refuses further runs, lets the current runs finish, and ends all connections.
    public func close() async {
        let (idle, waiting) = state.withLock { state in
            let (idle, waiters) = state.pool.close()
            return (idle, waiters.compactMap { state.continuations.removeValue(forKey: $0) })
        }
        for waiter in waiting { waiter.resume(throwing: PostgresError.poolClosed) }
        for connection in idle { await connection.close() }
        await withCheckedContinuation { continuation in
            let isDrained = state.withLock { state in
                if state.pool.leased == 0 { return true }
                state.drained.append(continuation)
                return false
            }
            if isDrained { continuation.resume() }
        }
    }

    private func runOnce<T: Sendable>(_ body: @Sendable (PostgresSession) throws -> T) async throws -> T {
        if case .connection(let connection) = try await lease() {
            begin(connection)
            let end = await connection.runToEnd(checkingFirst: true, body)
            self.end(connection)
            if let result = end.result {
                await giveBack(connection, isUsable: end.isUsable)
                return try result.get()
            }
            // Found dead before anything was sent: a new connection takes its place.
            await connection.close()
        }
        let connection: PostgresConnection
        do {
            connection = try await PostgresConnection.open(configuration)
        } catch {
            giveBackPermit()
            throw error
        }
        begin(connection)
        let end = await connection.runToEnd(checkingFirst: false, body)
        self.end(connection)
        await giveBack(connection, isUsable: end.isUsable)
        guard let result = end.result else { throw PostgresError.connectionClosed }
        return try result.get()
    }

    private func begin(_ connection: PostgresConnection) {
        if !followsPrimary { return }
        let mustWatch = state.withLock { state in
            state.inUse[ObjectIdentifier(connection)] = (connection, monotonicMilliseconds())
            if state.isWatching { return false }
            state.isWatching = true
            return true
        }
        if mustWatch { Task { await self.watch() } }
    }

    private func end(_ connection: PostgresConnection) {
        if !followsPrimary { return }
        state.withLock { _ = $0.inUse.removeValue(forKey: ObjectIdentifier(connection)) }
    }

    /// Cuts off runs that wait for a server while another one is the primary, until nothing runs any more.
    ///
    /// A server that is stopped, but not gone, keeps its connections alive: nothing else ends the wait.
    private func watch() async {
        while true {
            try? await Task.sleep(for: .milliseconds(Self.patienceMilliseconds))
            let waiting = state.withLock { state -> [PostgresConnection]? in
                if state.inUse.isEmpty {
                    state.isWatching = false
                    return nil
                }
                let limit = monotonicMilliseconds() - Self.patienceMilliseconds
                return state.inUse.values.filter { $0.since <= limit }.map(\.connection)
            }
            guard let waiting else { return }
            guard !waiting.isEmpty, let primary = try? await PostgresConnection.open(configuration) else { continue }
            let server = primary.server
            await primary.close()
            for connection in waiting where connection.server != server { connection.cutOff() }
        }
    }

    /// A connection, or the permit to open one.
    private func lease() async throws -> Grant {
        try Task.checkCancellation()
        let id = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: Waiter) in
                let outcome: Result<Grant, any Error>? = state.withLock { state in
                    // A cancellation before this point found no waiter to withdraw.
                    if Task.isCancelled { return .failure(CancellationError()) }
                    switch state.pool.request(id) {
                    case .granted(let grant): return .success(grant)
                    case .closed: return .failure(PostgresError.poolClosed)
                    case .mustWait:
                        state.continuations[id] = continuation
                        return nil
                    }
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            let continuation = state.withLock { state in
                state.pool.withdraw(id) ? state.continuations.removeValue(forKey: id) : nil
            }
            continuation?.resume(throwing: CancellationError())
        }
    }

    private func giveBack(_ connection: PostgresConnection, isUsable: Bool) async {
        if isUsable {
            let followup = state.withLock { $0.pool.giveBack(connection) }
            if case .close(let connection) = followup { await connection.close() }
            follow(followup)
        } else {
            await connection.close()
            giveBackPermit()
        }
    }

    private func giveBackPermit() {
        follow(state.withLock { $0.pool.giveBackPermit() })
    }

    private func follow(_ followup: Pool.Followup) {
        let (waiter, drained) = state.withLock { state in
            var drained: [CheckedContinuation<Void, Never>] = []
            if state.pool.isClosed && state.pool.leased == 0 { swap(&drained, &state.drained) }
            guard case .grant(let id, let grant) = followup, let waiter = state.continuations.removeValue(forKey: id)
            else { return (nil as (Waiter, Grant)?, drained) }
            return ((waiter, grant), drained)
        }
        if let (waiter, grant) = waiter { waiter.resume(returning: grant) }
        for continuation in drained { continuation.resume() }
    }
}
