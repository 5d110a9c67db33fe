import Synchronization

/// Runs a limited number of requests at a time, queues a limited number of others, and refuses the rest.
final class RequestGate: Sendable {
    private struct State {
        var running = 0
        var waiters: [(id: UInt64, continuation: CheckedContinuation<Void, any Error>)] = []
        var lastID: UInt64 = 0
    }

    private let concurrent: Int
    private let queued: Int
    private let state = Mutex(State())

    init(concurrent: Int, queued: Int) {
        self.concurrent = max(1, concurrent)
        self.queued = max(0, queued)
    }

    /// The number of requests being answered, and of those waiting.
    var load: (running: Int, waiting: Int) { state.withLock { ($0.running, $0.waiters.count) } }

    /// Throws `Problem.overloaded` if the queue is full.
    func requireRoom() throws(Problem) {
        if state.withLock({ $0.running >= concurrent && $0.waiters.count >= queued }) { throw Problem.overloaded }
    }

    /// Runs `work` when its turn comes. Throws `Problem.overloaded` if the queue is full, and `CancellationError` if
    /// the task is cancelled while it waits.
    func run<T: Sendable>(_ work: @Sendable () async throws -> T) async throws -> T {
        try await enter()
        defer { leave() }
        return try await work()
    }

    private func enter() async throws {
        let id: UInt64? = try state.withLock { state in
            if state.running < concurrent {
                state.running += 1
                return nil
            }
            if state.waiters.count >= queued { throw Problem.overloaded }
            state.lastID += 1
            return state.lastID
        }
        guard let id else { return }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isOver: Result<Void, any Error>? = state.withLock { state in
                    // An earlier cancellation found no waiter to withdraw.
                    if Task.isCancelled { return .failure(CancellationError()) }
                    // A place may have become free in the meantime.
                    if state.running < concurrent {
                        state.running += 1
                        return .success(())
                    }
                    if state.waiters.count >= queued { return .failure(Problem.overloaded) }
                    state.waiters.append((id, continuation))
                    return nil
                }
                if let isOver { continuation.resume(with: isOver) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiters.firstIndex { $0.id == id }.map { state.waiters.remove(at: $0) }
            }
            waiter?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Passes the place to the request that has waited longest.
    private func leave() {
        let next = state.withLock { state -> CheckedContinuation<Void, any Error>? in
            if state.waiters.isEmpty {
                state.running -= 1
                return nil
            }
            return state.waiters.removeFirst().continuation
        }
        next?.resume()
    }
}
