package import EmbeddedPostgres
import Foundation
import LedgerPostgres

/// The options of test servers. Nothing waits for a disk, and an option tells the program that this is intended.
let serverOptions = [
    "fsync": "off", "alpha_ledger.allow_unsafe_durability": "on", "shared_buffers": "32MB", "max_connections": "800",
]

/// Runs a test on a separate server, which may be stopped or killed.
///
/// - Parameter options: settings of the server besides those of all tests
package func withServer<T>(
    in place: String? = nil, options: [String: String] = [:], _ body: (EmbeddedPostgresHandle) async throws -> T
) async throws -> T {
    let directory = try place ?? temporaryDirectory()
    let server = try await EmbeddedPostgres.start(
        .init(dataDirectory: directory, options: serverOptions.merging(options) { _, own in own }))
    let result: Result<T, any Error>
    do {
        result = .success(try await body(server))
    } catch {
        result = .failure(error)
    }
    await server.stop()
    if place == nil { try? FileManager.default.removeItem(atPath: directory) }
    return try result.get()
}

/// Makes a streaming replica of a database's server with `pg_basebackup`, and runs a test on its URI.
package func withReplica(
    of uri: String, options: [String: String] = [:], _ body: (String) async throws -> Void
) async throws {
    let owner = try await PostgresConnection.open(PostgresConfiguration(uri: uri))
    let address = try await owner.run { session in session.address }
    let bin = try await owner.run { session in
        try session.execute("SELECT setting FROM pg_config WHERE name = 'BINDIR'")[0].text(0)
    }
    await owner.close()
    let directory = try temporaryDirectory()
    try await run(
        "\(bin)/pg_basebackup",
        [
            "-D", "\(directory)/postgres", "-R", "-X", "stream", "-c", "fast", "--no-sync", "-h", address.host, "-p",
            address.port, "-U", address.user,
        ])
    let result: Result<Void, any Error>
    do {
        try await withServer(in: directory, options: options) { server in
            try await body(databaseURI(server.uri, address.database))
        }
        result = .success(())
    } catch {
        result = .failure(error)
    }
    try? FileManager.default.removeItem(atPath: directory)
    try result.get()
}

/// Makes a replica of the test's own database.
package func withReplica(_ body: (_ primary: String, _ replica: String) async throws -> Void) async throws {
    try await withDatabase { uri in try await withReplica(of: uri) { replica in try await body(uri, replica) } }
}

/// A URI with both servers, which connects to the one that takes writes.
package func writableURI(_ first: String, _ second: String) -> String {
    guard var parts = URLComponents(string: first), let others = URLComponents(string: second)?.queryItems else { return first }
    parts.queryItems = parts.queryItems?.map { item in
        guard item.name == "host" || item.name == "port", let other = others.first(where: { $0.name == item.name })?.value
        else { return item }
        return URLQueryItem(name: item.name, value: "\(item.value ?? ""),\(other)")
    }
    parts.queryItems?.append(URLQueryItem(name: "target_session_attrs", value: "read-write"))
    return parts.string ?? first
}

private struct Failed: Error {
    let program: String
}

private func run(_ program: String, _ arguments: [String]) async throws {
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        process.terminationHandler = { ended in
            continuation.resume(
                with: ended.terminationStatus == 0 ? .success(()) : .failure(Failed(program: program)))
        }
        do { try process.run() } catch { continuation.resume(throwing: error) }
    }
}
