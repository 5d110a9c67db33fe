import LedgerPostgres
import LedgerProjections

/// Transactions as the log's owner that change its tables. What needs a lock that readers hold waits for 2 s at most and is tried
/// again, because everybody who comes later waits behind it.
struct OwnerTransactions: Sendable {
    let names: LedgerNames
    /// The number of times that a lock is asked for.
    let attempts: Int

    /// Runs a transaction, again while a lock is not to be had. Throws `PartitionError.busy` in the end.
    func run<T: Sendable>(
        _ connection: PostgresConnection, _ body: @Sendable (PostgresSession) throws -> T
    ) async throws -> T {
        var pause = GrowingPause()
        for _ in 0..<attempts {
            do {
                return try await connection.run { session in
                    try session.transaction {
                        try session.executeScript("SET LOCAL ROLE \(names.ownerRole); SET LOCAL lock_timeout = '2s'")
                        return try body(session)
                    }
                }
            } catch let error as PostgresError where error.sqlState == .lockNotAvailable || error.sqlState == .deadlockDetected {
                try await pause.wait()
            }
        }
        throw PartitionError.busy
    }
}

extension AdvisoryLock {
    /// Runs work that changes the partitions of the log, of which there is one piece at a time. Throws `PartitionError.alreadyRunning`
    /// if another program is at it.
    static func alone<T: Sendable>(
        _ configuration: PostgresConfiguration, _ body: (PostgresConnection) async throws -> T
    ) async throws -> T {
        guard let lock = try await acquire("partition|log", configuration) else { throw PartitionError.alreadyRunning }
        let result: Result<T, any Error>
        do {
            let connection = try await PostgresConnection.open(configuration)
            do {
                result = .success(try await body(connection))
            } catch {
                result = .failure(error)
            }
            await connection.close()
        } catch {
            result = .failure(error)
        }
        await lock.release()
        return try result.get()
    }
}
