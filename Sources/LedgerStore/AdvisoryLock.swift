package import LedgerPostgres

/// Permits one piece of work under a name at a time across all programs. It is a session's advisory lock, which the server
/// releases when the program dies.
package struct AdvisoryLock: Sendable {
    private let connection: PostgresConnection
    private let name: String

    /// - Parameter name: the kind of work and its subject, as in `sync|<scope key>`
    /// - Returns: the lock, nil if somebody else holds it
    package static func acquire(_ name: String, _ configuration: PostgresConfiguration) async throws -> AdvisoryLock? {
        let lock = AdvisoryLock(connection: try await PostgresConnection.open(configuration), name: name)
        do {
            if try await lock.ask("SELECT pg_try_advisory_lock(hashtextextended($1, 0))") { return lock }
        } catch {
            await lock.connection.close()
            throw error
        }
        await lock.connection.close()
        return nil
    }

    /// Releases the lock before the session ends, because the server ends the session in its own time and the next holder
    /// may come sooner. It runs in a task of its own, so that a cancelled holder releases the lock too.
    package func release() async {
        await Task {
            _ = try? await ask("SELECT pg_advisory_unlock(hashtextextended($1, 0))")
            await connection.close()
        }.value
    }

    /// Whether the session that holds the lock still lives.
    package func isHeld() async -> Bool {
        let sql = "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid())"
        return (try? await connection.run { session in try session.execute(sql)[0].bool(0) }) ?? false
    }

    private func ask(_ sql: String) async throws -> Bool {
        try await connection.run { [name] session in try session.execute(sql, [.text(name)])[0].bool(0) }
    }
}
