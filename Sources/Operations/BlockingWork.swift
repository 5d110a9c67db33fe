import LedgerPostgres

/// Runs blocking work, such as waiting for a file's lock, on a thread of its own. It therefore blocks neither a
/// connection nor one of Swift's few threads.
func onOwnThread<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
        let isStarted = startThread { continuation.resume(with: Result { try body() }) }
        if !isStarted { continuation.resume(throwing: NoThread()) }
    }
}

/// The system cannot start another thread.
struct NoThread: Error, CustomStringConvertible {
    let description = "the program has no threads left"
}
