import Postgres

/// One run per scope at a time, whatever the number of programs: a session's advisory lock, which the server
/// releases when the program dies.
struct ScopeLock {
    private let connection: PostgresConnection

    /// nil where another run holds it.
    static func acquire(_ scopeKey: String, _ configuration: PostgresConfiguration) async throws -> ScopeLock? {
        let connection = try await PostgresConnection.open(configuration)
        do {
            let isMine = try await connection.run { session in
                try session.execute(
                    "SELECT pg_try_advisory_lock(hashtextextended('sync|' || $1, 0))", [.text(scopeKey)])[0].bool(0)
            }
            if isMine { return ScopeLock(connection: connection) }
            await connection.close()
            return nil
        } catch {
            await connection.close()
            throw error
        }
    }

    func release() async { await connection.close() }
}
