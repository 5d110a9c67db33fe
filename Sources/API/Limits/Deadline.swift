/// The time for a piece of work is up; it was cancelled, and has ended.
struct DeadlineExceeded: Error {}

/// Runs work that is cancelled when its time is up, statements in the database included; throws `DeadlineExceeded` then.
func withDeadline<T: Sendable>(_ limit: Duration, _ work: @escaping @Sendable () async throws -> T) async throws -> T {
    try await withThrowingTaskGroup(of: T?.self) { group in
        group.addTask { try await work() }
        group.addTask {
            try await Task.sleep(for: limit)
            return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let value = first else { throw DeadlineExceeded() }
        return value
    }
}
