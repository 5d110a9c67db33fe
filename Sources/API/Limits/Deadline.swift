/// The time for a piece of work is up. The work was cancelled and has ended.
struct DeadlineExceeded: Error {}

/// Runs work with a deadline. At the deadline the work is cancelled, including statements in the database, and
/// `DeadlineExceeded` is thrown.
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
