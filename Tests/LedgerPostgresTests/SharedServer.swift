import EmbeddedPostgres
import Foundation
import LedgerPostgres
import Testing

/// A server that the tests running at a time share; it goes with the last of them.
actor SharedServer {
    static let shared = SharedServer()

    private var users = 0
    private var start: Task<(EmbeddedPostgresHandle, String), any Error>?

    func enter() async throws -> EmbeddedPostgresHandle {
        users += 1
        let task =
            start
            ?? Task {
                let directory = try temporaryDirectory()
                let handle = try await EmbeddedPostgres.start(
                    .init(dataDirectory: directory, options: ["fsync": "off", "shared_buffers": "32MB"]))
                return (handle, directory)
            }
        start = task
        return try await task.value.0
    }

    func leave() async {
        users -= 1
        guard users == 0, let task = start else { return }
        start = nil
        guard let (handle, directory) = try? await task.value else { return }
        await handle.stop()
        try? FileManager.default.removeItem(atPath: directory)
    }
}

/// A directory that the server's user can enter.
func temporaryDirectory() throws -> String {
    let path = "/tmp/postgres-tests-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o711])
    return path
}

/// Runs a test against the shared server.
func withServer<T>(_ body: (EmbeddedPostgresHandle) async throws -> T) async throws -> T {
    let handle = try await SharedServer.shared.enter()
    do {
        let value = try await body(handle)
        await SharedServer.shared.leave()
        return value
    } catch {
        await SharedServer.shared.leave()
        throw error
    }
}

/// Runs a test on a connection of its own.
func withConnection<T: Sendable>(
    _ body: @Sendable (PostgresSession) throws -> T
) async throws -> T {
    try await withServer { server in
        let connection = try await PostgresConnection.open(PostgresConfiguration(uri: server.uri))
        let result: Result<T, any Error>
        do { result = .success(try await connection.run(body)) } catch { result = .failure(error) }
        await connection.close()
        return try result.get()
    }
}

/// The `PostgresError` that `body` throws.
func asyncPostgresError(_ body: () async throws -> Void) async -> PostgresError? {
    do {
        try await body()
        Issue.record("nothing was thrown")
        return nil
    } catch let error as PostgresError {
        return error
    } catch {
        Issue.record("another error was thrown: \(error)")
        return nil
    }
}

func postgresError(_ body: () throws -> Void) -> PostgresError? {
    do {
        try body()
        Issue.record("nothing was thrown")
        return nil
    } catch let error as PostgresError {
        return error
    } catch {
        Issue.record("another error was thrown: \(error)")
        return nil
    }
}
