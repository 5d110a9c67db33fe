/// One session on a server, with a thread of its own on which everything runs that is asked of it.
public actor PostgresConnection {
    private nonisolated let thread: ConnectionThread
    private nonisolated let signal: CancellationSignal
    private nonisolated let holder = SessionHolder()

    /// Confines a session to the connection's thread.
    ///
    /// Unchecked: `session` is read and written by work on that thread only, which is the actor's executor or its last task;
    /// the session itself must not be Sendable, so that no caller keeps it.
    private final class SessionHolder: @unchecked Sendable {
        var session: PostgresSession?
    }

    /// What is known of a connection after a run.
    struct RunEnd<T: Sendable>: Sendable {
        /// Nil where the connection was found dead before anything was sent.
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
        // The thread's last act, since nothing can be running on it any more; ending a session can block a little.
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

    /// Runs `body` on the connection's thread, where it may block.
    ///
    /// A transaction that it leaves open is rolled back. When the task is cancelled, the statement under way is
    /// cancelled on the server, and `CancellationError` thrown unless `body` finished all the same.
    public func run<T: Sendable>(_ body: @Sendable (PostgresSession) throws -> T) async throws -> T {
        let end = await runToEnd(checkingFirst: false, body)
        guard let result = end.result else { throw PostgresError.connectionClosed }
        return try result.get()
    }

    /// Ends the session once what was asked before is done.
    public func close() {
        holder.session = nil
    }

    /// A run as a pool needs it: with the connection's state after it, and, where asked for, a look at the connection
    /// before anything is sent.
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

    /// Runs on the thread; a cancellation reaches this run and no other.
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
