/// One session on a server, with a dedicated thread that runs everything asked of it.
public actor PostgresConnection {
    private nonisolated let thread: ConnectionThread
    private nonisolated let signal: CancellationSignal
    private nonisolated let holder = SessionHolder()

    /// Confines a session to the connection's thread.
    ///
    /// Unchecked: `session` is read and written only by work on that thread, which is the actor's executor, or by the
    /// thread's last task. The session itself must not be Sendable, so that no caller keeps it.
    private final class SessionHolder: @unchecked Sendable {
        var session: PostgresSession?
    }

    /// The state of a connection after a run.
    struct RunEnd<T: Sendable>: Sendable {
        /// The result of the run; nil if the connection was found dead before anything was sent.
        let result: Result<T, any Error>?
        /// Whether the connection can serve another run.
        let isUsable: Bool
    }

    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private init(_ thread: ConnectionThread, _ signal: CancellationSignal) {
        self.thread = thread
        self.signal = signal
    }

    deinit {
        // This is the thread's last work, because nothing else can be running on it. Ending a session can block a little.
        let holder = holder
        thread.finish { holder.session = nil }
    }

    /// Connects, and sets the session up as configured.
    ///
    /// Throws a `PostgresError` that says in one sentence why there is no session, or `CancellationError`.
    public static func open(_ configuration: PostgresConfiguration) async throws -> PostgresConnection {
        guard let signal = CancellationSignal() else {
            throw PostgresError(.unreachable, "the program has no file descriptors left")
        }
        guard let thread = ConnectionThread.start() else {
            throw PostgresError(.unreachable, "the program has no threads left")
        }
        let connection = PostgresConnection(thread, signal)
        try await connection.cancellable { holder, signal in
            holder.session = try PostgresSession.connect(configuration, signal)
        }
        return connection
    }

    /// The server that the session is on.
    nonisolated var server: String? { signal.server }

    /// Ends the session for whoever waits for its server, as if the server had closed it.
    nonisolated func cutOff() { signal.cutOff() }

    /// Runs `body` on the connection's thread, where it may block.
    ///
    /// A transaction that `body` leaves open is rolled back. A cancellation of the task cancels the current statement
    /// on the server, and throws `CancellationError` unless `body` finished all the same.
    public func run<T: Sendable>(_ body: @Sendable (PostgresSession) throws -> T) async throws -> T {
        let end = await runToEnd(checkingFirst: false, body)
        guard let result = end.result else { throw PostgresError.connectionClosed }
        return try result.get()
    }

    /// Ends the session after the work requested before.
    public func close() {
        holder.session = nil
    }

    /// Runs `body` for a pool: returns the connection's state afterwards and, on request, checks the connection before
    /// anything is sent.
    func runToEnd<T: Sendable>(
        checkingFirst: Bool, _ body: @Sendable (PostgresSession) throws -> T
    ) async -> RunEnd<T> {
        guard let session = holder.session else { return RunEnd(result: nil, isUsable: false) }
        if checkingFirst && session.isDead() { return RunEnd(result: nil, isUsable: false) }
        do {
            let value = try await cancellable { holder, _ in
                guard let session = holder.session else { throw PostgresError.connectionClosed }
                return try body(session)
            }
            return RunEnd(result: .success(value), isUsable: session.reset())
        } catch {
            let isUsable = session.reset()
            return RunEnd(result: .failure(error), isUsable: isUsable)
        }
    }

    /// Runs `body` on the thread; a cancellation reaches this run and no other.
    private func cancellable<T>(
        _ body: (SessionHolder, CancellationSignal) throws -> T
    ) async throws -> T {
        let run = signal.reserveRun()
        return try await withTaskCancellationHandler {
            signal.begin(run)
            defer { signal.end() }
            // A cancellation before `begin` found no run to cancel.
            try Task.checkCancellation()
            do {
                return try body(holder, signal)
            } catch let error as PostgresError where error.isCancelled {
                throw CancellationError()
            }
        } onCancel: {
            signal.request(run)
        }
    }
}
