import Synchronization

/// Does a piece of work once for all concurrent callers.
///
/// A caller gets the result of work that began after the call, so it never joins work already in progress but waits for
/// the next round. A cancelled caller stops waiting; the work continues for the others.
final class SharedWork<Value: Sendable>: Sendable {
    private typealias Waiter = CheckedContinuation<Value, any Error>

    private struct Waiting {
        var isWorking = false
        var waiters: [UInt64: Waiter] = [:]
        var lastID: UInt64 = 0
    }

    private let work: @Sendable () async throws -> Value
    private let waiting = Mutex(Waiting())

    init(_ work: @escaping @Sendable () async throws -> Value) { self.work = work }

    func result() async throws -> Value {
        let id = waiting.withLock { waiting in
            waiting.lastID += 1
            return waiting.lastID
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: Waiter) in
                let mustStart: Bool? = waiting.withLock { waiting in
                    // An earlier cancellation found no waiter to withdraw.
                    if Task.isCancelled { return nil }
                    waiting.waiters[id] = continuation
                    defer { waiting.isWorking = true }
                    return !waiting.isWorking
                }
                guard let mustStart else { return continuation.resume(throwing: CancellationError()) }
                if mustStart { Task { await self.serve() } }
            }
        } onCancel: {
            waiting.withLock { $0.waiters.removeValue(forKey: id) }?.resume(throwing: CancellationError())
        }
    }

    private func serve() async {
        while true {
            // Callers that arrive from here on wait for the next round.
            let asked = waiting.withLock { waiting in
                if waiting.waiters.isEmpty { waiting.isWorking = false }
                return Set(waiting.waiters.keys)
            }
            if asked.isEmpty { return }
            let result: Result<Value, any Error>
            do { result = .success(try await work()) } catch { result = .failure(error) }
            let waiters = waiting.withLock { waiting in asked.compactMap { waiting.waiters.removeValue(forKey: $0) } }
            for waiter in waiters { waiter.resume(with: result) }
        }
    }
}
