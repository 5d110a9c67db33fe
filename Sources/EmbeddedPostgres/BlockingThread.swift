import BlockingThreads
import Glibc

/// Runs blocking work on a dedicated thread, so that it holds up none of Swift's cooperative threads.
func onThread<T: Sendable>(
    _ body: @escaping @Sendable () throws(EmbeddedPostgresError) -> T
) async throws(EmbeddedPostgresError) -> T {
    try await onOwnThread(orFailing: .system(NoThread().description), body)
}

/// Calls `body` every few milliseconds until it has an answer or the time is up.
func poll<T>(
    forMilliseconds limit: Int64, everyMilliseconds interval: UInt32 = 10,
    _ body: () throws(EmbeddedPostgresError) -> T?
) throws(EmbeddedPostgresError) -> T? {
    let deadline = monotonicMilliseconds() + limit
    while true {
        if let answer = try body() { return answer }
        if monotonicMilliseconds() >= deadline { return nil }
        usleep(interval * 1000)
    }
}
