import LedgerPostgres

/// Locks that wait for readers.
///
/// A request for such a lock queues behind every current reader, and every later reader queues behind the request. The
/// lock is therefore requested for some tens of milliseconds at a time, and again after a pause. Nobody waits longer
/// than that, however long a reader takes.
extension PostgresSession {
    private static var lockMilliseconds: Int { 50 }

    /// Runs PL/pgSQL statements as a transaction of their own, in one round trip, so a program that is stopped in the
    /// meantime holds no lock. False, with nothing done, if a lock is not available within some tens of milliseconds.
    func executeWithShortLocks(_ statements: String) throws(PostgresError) -> Bool {
        do throws(PostgresError) {
            try executeScript(
                """
                SET LOCAL lock_timeout = '\(Self.lockMilliseconds)ms';
                DO $short_locks$ BEGIN
                \(statements)
                END $short_locks$
                """)
            return true
        } catch {
            guard error.sqlState == .lockNotAvailable else { throw error }
            return false
        }
    }

    /// Runs a part of the open transaction whose statements wait only that long for locks. Nil if a lock is not
    /// available; the part is then undone, and the transaction can continue.
    func withShortLocks<T>(_ body: () throws -> T) throws -> T? {
        let before = try execute("SELECT current_setting('lock_timeout')")[0].text(0)
        try executeScript("SAVEPOINT short_locks")
        do {
            try executeScript("SET LOCAL lock_timeout = '\(Self.lockMilliseconds)ms'")
            let value = try body()
            _ = try execute("SELECT set_config('lock_timeout', $1, true)", [.text(before)])
            try executeScript("RELEASE SAVEPOINT short_locks")
            return value
        } catch let error as PostgresError where error.sqlState == .lockNotAvailable {
            try executeScript("ROLLBACK TO SAVEPOINT short_locks; RELEASE SAVEPOINT short_locks")
            return nil
        }
    }
}

/// Growing pauses between attempts at work that readers may block.
struct GrowingPause {
    private var next = Duration.milliseconds(20)

    mutating func wait() async throws {
        try await Task.sleep(for: next)
        next = min(next * 2, .seconds(1))
    }
}
