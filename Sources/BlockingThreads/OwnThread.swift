/// Runs blocking work, such as waiting for a file's lock, on a thread of its own. It therefore blocks neither a
/// connection nor one of Swift's few threads.
package func onOwnThread<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
    try await onOwnThread(orFailing: NoThread() as any Error, body)
}

/// The same for work with errors of one type.
///
/// - Parameters:
///   - noThread: the error if the system has no threads left.
///   - body: the work.
package func onOwnThread<T: Sendable, E: Error>(
    orFailing noThread: E, _ body: @escaping @Sendable () throws(E) -> T
) async throws(E) -> T {
    let result: Result<T, E> = await withCheckedContinuation { continuation in
        let isStarted = startThread {
            let result: Result<T, E>
            do throws(E) {
                result = .success(try body())
            } catch {
                result = .failure(error)
            }
            continuation.resume(returning: result)
        }
        if !isStarted { continuation.resume(returning: .failure(noThread)) }
    }
    return try result.get()
}

/// The system cannot start another thread.
package struct NoThread: Error, CustomStringConvertible {
    package let description = "the program has no threads left"

    package init() {}
}
