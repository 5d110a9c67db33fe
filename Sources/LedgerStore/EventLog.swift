public import LedgerEvents
import LedgerJSON
public import LedgerPostgres
public import LedgerProjections
public import LedgerValues

/// The append-only event log.
///
/// The appends of this process share commits: requests that arrive during one transaction go into the next. Payloads are
/// checked on the caller's task; hashing and insertion happen once, under the head's lock.
public actor EventLog {
    private struct Pending {
        let request: AppendRequest
        let answer: CheckedContinuation<[AppendedEvent], any Error>
    }

    /// Statements that belong to an append's transaction. They receive the outcome of its events.
    public typealias Alongside = @Sendable (PostgresSession, [AppendedEvent]) throws -> Void

    /// The largest number of events that share a commit, so that the head's lock is never held for long.
    public static let maximumEventsPerCommit = 20_000
    private static let maximumAttempts = 8

    private let writer: PostgresPool
    let schemas: EventSchemas
    private let transaction: AppendTransaction
    private var pending: [Pending] = []
    private var isWriting = false
    private var turn: [CheckedContinuation<Void, Never>] = []
    /// The number of this process's requests that were answered without an error.
    public private(set) var appends = 0
    /// The number of commits of these requests that added events.
    public private(set) var commits = 0
    /// The largest position in an answer to an append of this process; 0 before the first append.
    public private(set) var lastPosition: Int64 = 0
    /// The number of new events that this process appended.
    public private(set) var appended = 0

    /// Makes a log over a pool.
    ///
    /// - Parameters:
    ///   - writer: a pool of its own, of ``PostgresConfiguration/service(_:_:schemaVersion:)``.
    ///   - schemas: the schemas that payloads are checked against.
    ///   - names: the names of the program.
    public init(writer: PostgresPool, schemas: EventSchemas, names: LedgerNames) {
        self.writer = writer
        self.schemas = schemas
        transaction = AppendTransaction(names)
    }

    /// Appends events, all or none.
    ///
    /// An event whose identity is in the log with an equal payload is skipped and answered with its existing place.
    /// Throws `LedgerError` (`identityConflict`, `versionConflict`, `schemaViolation`, `leafTooLarge`,
    /// `clockRegressed`, `schemaChanged`, `unsafeServer`), and then has stored nothing of the request. If the outcome
    /// of a commit is unknown, it tries again on a new connection.
    @discardableResult
    public nonisolated func append(_ events: [NewEvent], runID: UniqueID) async throws -> [AppendedEvent] {
        if events.isEmpty { return [] }
        try check(events)
        return try await enqueue(AppendRequest(events: events, runID: runID))
    }

    /// Appends events together with the caller's own statements in the same transaction.
    @discardableResult
    public nonisolated func append(
        _ events: [NewEvent], runID: UniqueID, alongside: @escaping Alongside
    ) async throws -> [AppendedEvent] {
        try check(events)
        return try await appendAlone(AppendRequest(events: events, runID: runID), alongside)
    }

    /// Checks the lengths of leaves, and payloads against their schemas. Payloads of typed encoders match by
    /// construction, which their tests verify against an independent validator.
    private nonisolated func check(_ events: [NewEvent]) throws {
        for event in events {
            if let bytes = LeafLimit.excess(event) {
                throw LedgerError.leafTooLarge(
                    eventID: event.eventID, stream: event.stream, type: event.type.rawValue, bytes: bytes)
            }
            if event.isTyped { continue }
            do {
                try schemas.validate(
                    type: event.type.rawValue, version: event.schemaVersion,
                    payload: try JSONDocument(parsing: event.payload))
            } catch {
                throw LedgerError.schemaViolation(type: "\(event.type.rawValue).v\(event.schemaVersion)", problem: "\(error)")
            }
        }
    }

    private func enqueue(_ request: AppendRequest) async throws -> [AppendedEvent] {
        try await withCheckedThrowingContinuation { answer in
            pending.append(Pending(request: request, answer: answer))
            if !isWriting {
                isWriting = true
                Task { await self.write() }
            }
        }
    }

    /// Commits group after group until no request waits.
    private func write() async {
        while !pending.isEmpty || !turn.isEmpty {
            if !turn.isEmpty {
                // An exclusive append is waiting: the transaction is its own until it gives the turn back.
                turn.removeFirst().resume()
                return
            }
            var events = 0
            var count = 0
            while count < pending.count {
                events += pending[count].request.events.count
                if count > 0, events > Self.maximumEventsPerCommit { break }
                count += 1
            }
            let group = Array(pending.prefix(count))
            pending.removeFirst(count)
            do {
                let outcomes = try await commit(group.map(\.request))
                for (waiting, outcome) in zip(group, outcomes) {
                    waiting.answer.resume(with: outcome.mapError { $0 as any Error })
                }
            } catch {
                for waiting in group { waiting.answer.resume(throwing: error) }
            }
        }
        isWriting = false
    }

    private func appendAlone(_ request: AppendRequest, _ alongside: @escaping Alongside) async throws -> [AppendedEvent] {
        if isWriting {
            await withCheckedContinuation { turn.append($0) }
        } else {
            isWriting = true
        }
        defer { Task { await self.write() } }
        let outcomes = try await commit([request]) { session, outcomes in
            if case .success(let events)? = outcomes.first { try alongside(session, events) }
        }
        return try outcomes[0].get()
    }

    private func commit(
        _ requests: [AppendRequest],
        alongside: (@Sendable (PostgresSession, [Result<[AppendedEvent], LedgerError>]) throws -> Void)? = nil
    ) async throws -> [Result<[AppendedEvent], LedgerError>] {
        var attempt = 1
        while true {
            do {
                let outcomes = try await writer.run { [transaction] session in
                    try transaction.run(requests, on: session, alongside: alongside)
                }
                let new = outcomes.reduce(0) { $0 + ((try? $1.get().count(where: \.isNew)) ?? 0) }
                appends += outcomes.count { (try? $0.get()) != nil }
                lastPosition = outcomes.reduce(lastPosition) { max($0, (try? $1.get().last?.position) ?? 0) }
                if new > 0 {
                    commits += 1
                    appended += new
                }
                return outcomes
            } catch let error as PostgresError where error.isConnectionFailure && attempt < Self.maximumAttempts {
                // The commit may or may not have happened. Identities make the repetition safe.
                try await Task.sleep(for: .milliseconds(min(1000, 50 << attempt)))
                attempt += 1
            }
        }
    }
}
