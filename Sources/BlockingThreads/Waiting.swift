/// Blocks the thread until asynchronous work has ended. For threads of sessions and of ``onOwnThread(_:)`` alone: one of Swift's few
/// threads must not wait for another.
package func waiting<T: Sendable, E: Error>(for body: @escaping @Sendable () async throws(E) -> T) throws(E) -> T {
    let ended = Monitor<Result<T, E>?>(nil)
    Task.detached {
        let result: Result<T, E>
        do throws(E) {
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        ended.withLock { $0 = result }
    }
    return try ended.wait { $0 }.get()
}
