import EmbeddedPostgres
import Foundation
import Postgres
import TestSupport
import Testing

/// Makes a streaming replica of a database's server by `pg_basebackup`, and runs a test on its URI.
func withReplica(of uri: String, _ body: (String) async throws -> Void) async throws {
    let owner = try await PostgresConnection.open(PostgresConfiguration(uri: uri))
    let address = try await owner.run { session in session.address }
    let bin = try await owner.run { session in
        try session.execute("SELECT setting FROM pg_config WHERE name = 'BINDIR'")[0].text(0)
    }
    await owner.close()
    let directory = try temporaryDirectory()
    try await blocking {
        let backup = Process()
        backup.executableURL = URL(filePath: "\(bin)/pg_basebackup")
        backup.arguments = [
            "-D", "\(directory)/postgres", "-R", "-X", "stream", "-c", "fast", "--no-sync", "-h", address.host, "-p",
            address.port, "-U", address.user,
        ]
        backup.standardError = FileHandle.nullDevice
        try backup.run()
        backup.waitUntilExit()
        if backup.terminationStatus != 0 { throw RunningService.BadAnswer() }
    }
    let server = try await EmbeddedPostgres.start(
        .init(dataDirectory: directory, options: ["fsync": "off", "shared_buffers": "32MB", "max_connections": "800"]))
    let result: Result<Void, any Error>
    do {
        var parts = try #require(URLComponents(string: server.uri))
        parts.path = "/\(address.database)"
        let replica = try #require(parts.string)
        result = .success(try await body(replica))
    } catch {
        result = .failure(error)
    }
    await server.stop()
    try? FileManager.default.removeItem(atPath: directory)
    try result.get()
}

/// The same on a database of the test's own.
func withReplica(_ body: (_ primary: String, _ replica: String) async throws -> Void) async throws {
    try await withDatabase { uri in try await withReplica(of: uri) { replica in try await body(uri, replica) } }
}
