public import Postgres
public import PostgresStore
import Synchronization
public import Values

/// What reads stand on at one moment: the log's head, the served versions with their checkpoints, and the time.
public struct LedgerState: Sendable {
    public let head: LogHead
    /// The database's clock.
    public let present: Instant
    /// By projection.
    public let served: [String: ProjectionVersion]

    static func read(_ catalog: ProjectionCatalog, _ session: PostgresSession) throws -> LedgerState {
        // Checkpoints first: what they name is in the log by the time that the head is read.
        let versions = try catalog.versions(session).filter(\.isServed)
        let head = try LogReader().head(session)
        let clock = try session.execute("SELECT clock_timestamp()")[0].timestamptz(0)
        return LedgerState(
            head: head, present: Instant(microseconds: clock) ?? .minimum,
            served: Dictionary(versions.map { ($0.name, $0) }) { first, _ in first })
    }
}

/// Reads the state once for everybody who asks meanwhile.
///
/// Whoever asks gets a state that was read after the question: a read that is under way is not theirs, the next one is.
public final class LedgerStateReader: Sendable {
    private struct Waiting {
        var isReading = false
        var waiters: [CheckedContinuation<LedgerState, any Error>] = []
    }

    private let pool: PostgresPool
    private let catalog = ProjectionCatalog()
    private let waiting = Mutex(Waiting())

    public init(_ pool: PostgresPool) { self.pool = pool }

    public func current() async throws -> LedgerState {
        try await withCheckedThrowingContinuation { continuation in
            let mustStart = waiting.withLock { waiting in
                waiting.waiters.append(continuation)
                defer { waiting.isReading = true }
                return !waiting.isReading
            }
            if mustStart { Task { await read() } }
        }
    }

    private func read() async {
        while true {
            let waiters = waiting.withLock { waiting in
                defer { waiting.waiters = [] }
                if waiting.waiters.isEmpty { waiting.isReading = false }
                return waiting.waiters
            }
            if waiters.isEmpty { return }
            let result: Result<LedgerState, any Error>
            do {
                result = .success(try await pool.run { session in try LedgerState.read(catalog, session) })
            } catch {
                result = .failure(error)
            }
            for waiter in waiters { waiter.resume(with: result) }
        }
    }
}
