package import LedgerPostgres
import Synchronization

/// A transaction on a separate connection that has run some statements and stays open until told to end.
package final class OpenTransaction: Sendable {
    private let isOver: Over
    private let task: Task<Void, any Error>

    private final class Over: Sendable {
        private let value = Mutex(false)
        var isSet: Bool { value.withLock { $0 } }
        func set() { value.withLock { $0 = true } }
    }

    /// Returns after the statements have run.
    package init(_ configuration: PostgresConfiguration, _ statements: String) async throws {
        let isOver = Over()
        self.isOver = isOver
        let connection = try await PostgresConnection.open(configuration)
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        task = Task {
            defer { begin.finish() }
            do {
                try await connection.run { session in
                    try session.transaction(.repeatableRead) {
                        try session.executeScript(statements)
                        begin.yield()
                        while !isOver.isSet { _ = try session.execute("SELECT pg_sleep(0.01)") }
                    }
                }
            } catch {
                await connection.close()
                throw error
            }
            await connection.close()
        }
        for await _ in begun { return }
        try await task.value
    }

    /// Ends the transaction and throws its error, if any.
    package func end() async throws {
        isOver.set()
        try await task.value
    }
}
