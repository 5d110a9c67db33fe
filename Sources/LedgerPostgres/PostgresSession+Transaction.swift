import CLedgerLibPQ

/// The isolation and access mode of a transaction.
public struct TransactionMode: Sendable, Hashable {
    let begin: String

    /// The server's default, READ COMMITTED unless configured otherwise.
    public static let standard = TransactionMode(begin: "BEGIN")
    public static let repeatableRead = TransactionMode(begin: "BEGIN ISOLATION LEVEL REPEATABLE READ")
    public static let serializable = TransactionMode(begin: "BEGIN ISOLATION LEVEL SERIALIZABLE")
    /// One snapshot for all statements, and no changes.
    public static let snapshot = TransactionMode(begin: "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
}

extension PostgresSession {
    /// Runs `body` in a transaction, which is committed when `body` returns and rolled back when it throws.
    ///
    /// Throws `isCommitOutcomeUnknown` if the connection is lost while COMMIT waits for its answer. Throws an error if
    /// the server rolled back instead, because `body` swallowed the error of a failed statement. Not nestable.
    public func transaction<T>(_ mode: TransactionMode = .standard, _ body: () throws -> T) throws -> T {
        guard !isInTransaction else {
            if PQstatus(connection) == CONNECTION_BAD { throw lostConnection() }
            throw PostgresError.misuse("a transaction is open already")
        }
        try executeScript(mode.begin)
        let value: T
        do {
            value = try body()
            try checkCancelled()
        } catch {
            rollBack()
            throw error
        }
        try commit()
        return value
    }

    private func commit() throws(PostgresError) {
        if PQstatus(connection) == CONNECTION_BAD { throw lostConnection() }
        let result: ResultStorage
        do throws(PostgresError) {
            result = try checked(PQexec(connection, "COMMIT"))
        } catch {
            rollBack()
            throw error.breaksConnection ? error.reclassified(as: .commitOutcomeUnknown) : error
        }
        if String(cString: PQcmdStatus(result.result)) != "COMMIT" {
            throw PostgresError(.rolledBack, "the transaction was rolled back, because a statement in it had failed")
        }
    }

    /// Rolls back an open transaction. A concurrent cancellation can hit the ROLLBACK itself, so it is retried. A
    /// session that stays in the transaction is marked as broken.
    func rollBack() {
        for _ in 0..<3 where isInTransaction && PQstatus(connection) == CONNECTION_OK {
            PQclear(PQexec(connection, "ROLLBACK"))
        }
        if isInTransaction { isBroken = true }
    }
}
