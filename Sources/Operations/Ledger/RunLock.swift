import Postgres

/// One run of a kind at a time, whatever the number of programs: a session's advisory lock, which the server releases
/// when the program dies.
struct RunLock: Sendable {
    private let connection: PostgresConnection
    private let name: String

    /// - Parameter name: what runs and on what, as in `sync|<scope key>`.
    /// - Returns: nil where another run holds it.
    static func acquire(_ name: String, _ configuration: PostgresConfiguration) async throws -> RunLock? {
        let lock = RunLock(connection: try await PostgresConnection.open(configuration), name: name)
        do {
            if try await lock.ask("SELECT pg_try_advisory_lock(hashtextextended($1, 0))") { return lock }
        } catch {
            await lock.connection.close()
            throw error
        }
        await lock.connection.close()
        return nil
    }

    /// Gives the lock back before the session ends: the server ends that on its own time, and the next run may come
    /// sooner. A task of its own, so that a cancelled run gives it back too.
    func release() async {
        await Task {
            _ = try? await ask("SELECT pg_advisory_unlock(hashtextextended($1, 0))")
            await connection.close()
        }.value
    }

    private func ask(_ sql: String) async throws -> Bool {
        try await connection.run { [name] session in try session.execute(sql, [.text(name)])[0].bool(0) }
    }
}
