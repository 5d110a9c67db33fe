import Postgres

/// Locks that readers have to wait for.
///
/// Whoever asks for one queues behind every reader, and every later reader queues behind the asker. So it is asked for some
/// tens of milliseconds at a time, and again after a pause: nobody waits for longer than that, however long one reader takes.
extension PostgresSession {
    private static var lockMilliseconds: Int { 50 }

    /// Runs statements of PL/pgSQL as a transaction of their own, in one round trip: a program that is stopped meanwhile holds
    /// no lock. False, with nothing done, where a lock can't be had within some tens of milliseconds.
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

    /// Runs a part of the open transaction whose statements wait for locks that long only; nil, with nothing of it done and the
    /// transaction as good as before, where one of them can't be had.
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

/// Ever longer pauses between attempts at something that readers may be in the way of.
struct GrowingPause {
    private var next = Duration.milliseconds(20)

    mutating func wait() async throws {
        try await Task.sleep(for: next)
        next = min(next * 2, .seconds(1))
    }
}
