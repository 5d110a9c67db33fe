import Logging
public import Postgres
import PostgresStore
import Synchronization
public import Values

/// What a read has to see.
public enum ReadPoint: Sendable {
    /// What is there now: nothing older than what this program appended or has shown already.
    case latest
    /// The same of a projection's rows.
    case latestOf(projection: String)
    /// An event of the log.
    case event(Int64)
    /// A projection's rows as of a position.
    case rows(projection: String, position: Int64)
    /// What was known at an instant: the log beyond it.
    case instant(Instant)
}

/// A streaming replica of the database, which reads go to once it has replayed what they ask for.
public final class ReadReplica: Sendable {
    private struct State {
        /// The newest that was seen of it; what it has replayed stays.
        var known: LedgerState?
        var silentUntil: ContinuousClock.Instant?
    }

    let pool: PostgresPool
    let reader: LedgerStateReader
    private let state = Mutex(State())
    /// How long a replica that failed is left alone, and how long connecting to it may take.
    private static let silenceSeconds = 5
    private static let connectSeconds = 2

    init(uri: String) {
        pool = PostgresPool(
            PostgresConfiguration(
                uri: uri, role: PostgresConfiguration.serviceRole, applicationName: "alpha-ledger reads",
                connectTimeoutSeconds: Self.connectSeconds), maximumConnections: 8)
        reader = LedgerStateReader(pool)
    }

    /// What it holds now; nil where it does not answer, or did not lately.
    public func current() async -> LedgerState? {
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

    /// Leaves it alone for a while.
    func fail() {
        state.withLock { $0.silentUntil = .now + .seconds(Self.silenceSeconds) }
    }

    /// Whether it has replayed what a read has to see.
    func has(_ point: ReadPoint, _ shown: ShownPositions) async -> Bool {
        if let until = state.withLock({ $0.silentUntil }), until > .now { return false }
        // What it once had it has still, but what is latest is asked for each time.
        if let known = state.withLock({ $0.known }), Self.holds(known, point) == true { return true }
        guard let current = await current() else { return false }
        return Self.holds(current, point) ?? shown.isReached(by: current, point)
    }

    /// Nil where that depends on what was shown.
    private static func holds(_ state: LedgerState, _ point: ReadPoint) -> Bool? {
        switch point {
        case .latest, .latestOf: nil
        case .event(let position): state.head.position >= position
        case .rows(let projection, let position): (state.served[projection]?.position ?? -1) >= position
        case .instant(let instant): state.head.recordedAt.map { $0 > instant } ?? false
        }
    }
}

/// How far this program's answers and appends have come: no later answer goes back behind them.
final class ShownPositions: Sendable {
    private let positions = Mutex<(head: Int64, rows: [String: Int64])>((0, [:]))

    /// - Parameter rows: a projection, and the position of its rows that were shown.
    func add(head: Int64, rows: (projection: String, position: Int64)? = nil) {
        positions.withLock { positions in
            positions.head = max(positions.head, head)
            if let rows { positions.rows[rows.projection] = max(positions.rows[rows.projection] ?? 0, rows.position) }
        }
    }

    /// Whether a state is behind in nothing that was shown.
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
    /// Runs a read on the replica, where there is one that has what it must see, else on the primary.
    ///
    /// A replica can lose a query to its replay, or its connection: the read then runs again on the primary.
    public func read<T: Sendable>(
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
                // Behind after all, as where a version was promoted since: the primary knows better.
            }
        }
        return try await pool.run(body)
    }

    /// What reads stand on now, as the database has it that answers them.
    public func state() async throws -> LedgerState {
        if let replica {
            shown.add(head: await log.lastPosition)
            if let current = await replica.current(), shown.isReached(by: current) { return current }
        }
        return try await primaryState.current()
    }

    /// Grows when another history is found in the place of one that was read: what was kept of that is void.
    public var history: UInt64 { primaryState.history + (replica?.reader.history ?? 0) }

    /// The log's last position, read once for everybody who asks meanwhile.
    public func primaryHead() async throws -> Int64 { try await primaryState.current().head.position }

    /// Notes what an answer shows: later ones that ask for what is latest show no less.
    public func noteShown(head: Int64, projection: String? = nil, position: Int64 = 0) {
        if replica == nil { return }
        shown.add(head: head, rows: projection.map { ($0, position) })
    }
}

/// Where a reader reads: a database of its own, or whichever of the ledger's has what it must see.
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
