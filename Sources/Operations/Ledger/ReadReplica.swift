import LedgerEvents
import LedgerPostgres
import LedgerStore
import LedgerValues
import Logging
import OptionTrades
import Synchronization

/// The data that a read has to see.
enum ReadPoint: Sendable {
    /// The latest log: nothing older than this program's own appends or earlier answers.
    case latest
    /// The latest log and the latest rows of a projection.
    case latestOf(projection: String)
    /// An event of the log.
    case event(Int64)
    /// A projection's rows as of a position.
    case rows(projection: String, position: Int64)
    /// The knowledge at an instant. The log must extend beyond it.
    case instant(Instant)
}

/// A streaming replica of the database. Reads go to it if it has replayed the data that they have to see.
package final class ReadReplica: Sendable {
    private struct State {
        /// The latest known state. The replica keeps whatever it has replayed.
        var known: LedgerState?
        var silentUntil: ContinuousClock.Instant?
    }

    let pool: PostgresPool
    let reader: LedgerStateReader
    private let state = Mutex(State())
    /// How long a failed replica is avoided, and how long connecting to it may take.
    private static let silenceSeconds = 5
    private static let connectSeconds = 2

    /// - Parameter context: what its sessions carry, as those of the primary do
    init(uri: String, context: (any Sendable)?) {
        var configuration = PostgresConfiguration(
            uri: uri, role: TradeLedger.names.serviceRole, applicationName: "alpha-ledger reads",
            connectTimeoutSeconds: Self.connectSeconds
        ).withoutCompilation()
        configuration.context = context
        pool = PostgresPool(configuration, maximumConnections: 8)
        reader = LedgerStateReader(pool)
    }

    /// The replica's current state. Nil if it does not answer, or recently did not.
    package func current() async -> LedgerState? {
        if let until = state.withLock({ $0.silentUntil }), until > .now { return nil }
        do {
            let current = try await reader.current()
            state.withLock { state in
                state.known = current
                state.silentUntil = nil
            }
            return current
        } catch {
            fail()
            return nil
        }
    }

    /// Avoids the replica for a while.
    func fail() {
        state.withLock { $0.silentUntil = .now + .seconds(Self.silenceSeconds) }
    }

    /// Whether the replica has replayed the data that a read has to see.
    func has(_ point: ReadPoint, _ shown: ShownPositions) async -> Bool {
        if let until = state.withLock({ $0.silentUntil }), until > .now { return false }
        // Data replayed once stays, but the latest data has to be checked each time.
        if let known = state.withLock({ $0.known }), Self.holds(known, point) == true { return true }
        guard let current = await current() else { return false }
        return Self.holds(current, point) ?? shown.isReached(by: current, point)
    }

    /// Nil if the result depends on earlier answers.
    private static func holds(_ state: LedgerState, _ point: ReadPoint) -> Bool? {
        switch point {
        case .latest, .latestOf: nil
        case .event(let position): state.head.position >= position
        case .rows(let projection, let position): (state.served[projection]?.position ?? -1) >= position
        case .instant(let instant): state.head.recordedAt.map { $0 > instant } ?? false
        }
    }
}

/// The positions that this program's answers and appends have reached. Later answers never fall behind them.
final class ShownPositions: Sendable {
    private let positions = Mutex<(head: Int64, rows: [String: Int64])>((0, [:]))

    /// - Parameter rows: a projection, and the position of its rows in an answer
    func add(head: Int64, rows: (projection: String, position: Int64)? = nil) {
        positions.withLock { positions in
            positions.head = max(positions.head, head)
            if let rows { positions.rows[rows.projection] = max(positions.rows[rows.projection] ?? 0, rows.position) }
        }
    }

    /// Whether a state has reached everything in earlier answers.
    func isReached(by state: LedgerState) -> Bool {
        positions.withLock { positions in
            state.head.position >= positions.head
                && positions.rows.allSatisfy { state.served[$0.key]?.position ?? -1 >= $0.value }
        }
    }

    func isReached(by state: LedgerState, _ point: ReadPoint) -> Bool {
        positions.withLock { positions in
            guard state.head.position >= positions.head else { return false }
            guard case .latestOf(let projection) = point else { return true }
            return state.served[projection]?.position ?? -1 >= positions.rows[projection] ?? 0
        }
    }
}

extension Ledger {
    /// Runs a read on the replica if there is one with the required data, else on the primary.
    ///
    /// A replica can cancel a query because of its replay, or lose its connection. The read then runs again on the primary.
    func read<T: Sendable>(
        _ point: ReadPoint, _ body: @Sendable (PostgresSession) throws -> T
    ) async throws -> T {
        guard let replica else { return try await pool.run(body) }
        shown.add(head: await log.lastPosition)
        if await replica.has(point, shown) {
            do {
                return try await replica.pool.run(body)
            } catch let error as PostgresError {
                logger.debug("a read moved from the replica to the primary", metadata: ["reason": "\(redact("\(error)"))"])
                replica.fail()
            } catch is LedgerError {
                // The replica is behind after all, for example because a version was promoted since. The primary is up
                // to date.
            }
        }
        return try await pool.run(body)
    }

    /// The current state for reads, from the database that answers them.
    package func state() async throws -> LedgerState {
        if let replica {
            shown.add(head: await log.lastPosition)
            if let current = await replica.current(), shown.isReached(by: current) { return current }
        }
        return try await primaryState.current()
    }

    /// A counter that grows when the log's history changes. Anything cached under an earlier value is void.
    package var history: UInt64 { primaryState.history + (replica?.reader.history ?? 0) }

    /// The log's last position, read once for all concurrent callers.
    package func primaryHead() async throws -> Int64 { try await primaryState.current().head.position }

    /// Records the positions in an answer. Later reads of the latest data show at least these.
    package func noteShown(head: Int64, projection: String? = nil, position: Int64 = 0) {
        if replica == nil { return }
        shown.add(head: head, rows: projection.map { ($0, position) })
    }
}

/// The database of a reader: a given one, or the ledger's primary or replica, depending on the data to see.
struct ReadDatabase: Sendable {
    private let ledger: Ledger
    private let pool: PostgresPool?

    init(_ ledger: Ledger, pool: PostgresPool? = nil) {
        self.ledger = ledger
        self.pool = pool
    }

    func run<T: Sendable>(_ point: ReadPoint, _ body: @Sendable (PostgresSession) throws -> T) async throws -> T {
        if let pool { return try await pool.run(body) }
        return try await ledger.read(point, body)
    }
}
