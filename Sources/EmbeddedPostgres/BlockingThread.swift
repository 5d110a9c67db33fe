import Glibc

/// Starts a detached thread; false if the system has no threads left.
func startThread(_ body: @escaping @Sendable () -> Void) -> Bool {
    final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    let argument = Unmanaged.passRetained(Body(body))
    var thread = pthread_t()
    let status = pthread_create(
        &thread, &attributes,
        { argument in
            guard let argument else { return nil }
            Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
            return nil
        }, argument.toOpaque())
    if status != 0 { argument.release() }
    return status == 0
}

/// Runs blocking work on a dedicated thread, so that it holds up none of Swift's cooperative threads.
func onThread<T: Sendable>(
    _ body: @escaping @Sendable () throws(EmbeddedPostgresError) -> T
) async throws(EmbeddedPostgresError) -> T {
    let result: Result<T, EmbeddedPostgresError> = await withCheckedContinuation { continuation in
        let isStarted = startThread {
            let result: Result<T, EmbeddedPostgresError>
            do throws(EmbeddedPostgresError) {
                result = .success(try body())
            } catch {
                result = .failure(error)
            }
            continuation.resume(returning: result)
        }
        if !isStarted { continuation.resume(returning: .failure(.system("the program has no threads left"))) }
    }
    return try result.get()
}

/// Milliseconds of a monotonic clock.
func monotonicMilliseconds() -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
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
