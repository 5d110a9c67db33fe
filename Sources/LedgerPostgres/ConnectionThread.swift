import BlockingThreads

/// A dedicated thread that runs an actor's jobs, so that blocking calls never hold up Swift's cooperative threads.
final class ConnectionThread: SerialExecutor {
    private struct State {
        var jobs: [UnownedJob] = []
        /// The last work of the thread. Once it is set, no more jobs come.
        var farewell: (@Sendable () -> Void)?
    }

    private let state = Monitor(State())

    private init() {}

    /// Starts a thread, or returns nil if the system has no threads left.
    static func start() -> ConnectionThread? {
        let executor = ConnectionThread()
        return startThread { executor.serve() } ? executor : nil
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { $0.jobs.append(job) }
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    /// Ends the thread after its pending jobs. Called when the actor is gone, so that no job can follow.
    func finish(_ farewell: @escaping @Sendable () -> Void) {
        state.withLock { $0.farewell = farewell }
    }

    private func serve() {
        while true {
            let (jobs, farewell) = state.wait { state -> ([UnownedJob], (@Sendable () -> Void)?)? in
                if state.jobs.isEmpty && state.farewell == nil { return nil }
                let jobs = state.jobs
                state.jobs = []
                return (jobs, jobs.isEmpty ? state.farewell : nil)
            }
            for job in jobs {
                job.runSynchronously(on: asUnownedSerialExecutor())
            }
            if let farewell {
                farewell()
                return
            }
        }
    }
}
