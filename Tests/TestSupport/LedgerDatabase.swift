import EmbeddedPostgres
import Foundation
import LedgerEvents
package import LedgerPostgres
package import LedgerProjections
package import LedgerStore
import LedgerValues
import OptionTrades
import Synchronization

/// The root of the checkout, from which migrations, schemas and rule files are read.
package let projectRoot = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

/// A server that concurrent tests share. It stops with the last of them.
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
                    .init(
                        dataDirectory: directory, options: serverOptions.merging(["shared_buffers": "64MB"]) { _, own in own }))
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

/// A directory that the server's unprivileged user can enter.
package func temporaryDirectory() throws -> String {
    let path = "/tmp/alpha-ledger-tests-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o711])
    return path
}

/// A migrated ledger in a separate database.
package struct LedgerDatabase: Sendable {
    package let uri: String
    package let configuration: PostgresConfiguration
    package let pool: PostgresPool
    package let log: EventLog
    package let registry: ProjectionRegistry
    private let writer: PostgresPool

    /// - Parameter schemaVersion: the schema version that its program writes; nil for the newest
    package init(
        uri: String, names: LedgerNames = TradeLedger.names, schemaVersion: Int? = nil, settings: [String: String] = [:]
    ) throws {
        self.uri = uri
        var service = PostgresConfiguration.service(
            uri, names, schemaVersion: try schemaVersion ?? projectMigrator().latest)
        service.settings.merge(settings) { _, own in own }
        configuration = service
        pool = PostgresPool(configuration, maximumConnections: 20)
        writer = PostgresPool(configuration, maximumConnections: 1)
        let schemas = try EventSchemas(files: try projectFiles.eventSchemas(), patterns: TradeLedger.model.patterns)
        log = EventLog(writer: writer, schemas: schemas, names: names)
        registry = try projectRegistry()
    }

    /// The same database as another process sees it, with its own writer, log and pool.
    package func another(settings: [String: String] = [:]) throws -> LedgerDatabase {
        try LedgerDatabase(uri: uri, settings: settings)
    }

    package func close() async {
        await writer.close()
        await pool.close()
    }

    /// Runs as the database's owner, a superuser.
    package func asSuperuser<T: Sendable>(_ body: @Sendable (PostgresSession) throws -> T) async throws -> T {
        let connection = try await PostgresConnection.open(PostgresConfiguration(uri: uri))
        do {
            let value = try await connection.run(body)
            await connection.close()
            return value
        } catch {
            await connection.close()
            throw error
        }
    }
}

/// The number of events that a new ledger begins with: the promotion of each projection's first version.
package let activations = Int64(View.all.count)

private let projectFiles = LedgerFiles(engine: projectRoot + "/schema", domain: projectRoot)

/// The installed projections of the checkout.
package func projectRegistry() throws -> ProjectionRegistry {
    try ProjectionRegistry(TradeLedger.model, files: try projectFiles.projectionFiles(), read: projectFiles.projectionFile)
}

package func projectMigrations() throws -> [Migration] { try projectFiles.migrations() }

package func projectMigrator() throws -> Migrator { Migrator(try projectMigrations(), TradeLedger.names) }

/// Runs a test on an empty database of the shared server. The database is dropped after the test. If other tests run,
/// this first waits for a place among them; the server keeps running in the meantime.
package func withDatabase<T>(_ body: (String) async throws -> T) async throws -> T {
    let server = try await SharedServer.shared.enter()
    let result: Result<T, any Error>
    do {
        result = .success(try await TestPlaces.shared.run { try await withDatabase(of: server, body) })
    } catch {
        result = .failure(error)
    }
    await SharedServer.shared.leave()
    return try result.get()
}

private func withDatabase<T>(of server: EmbeddedPostgresHandle, _ body: (String) async throws -> T) async throws -> T {
    let name = "test_\(UUID().uuidString.prefix(8).lowercased())"
    let admin = PostgresConfiguration(uri: server.uri)
    func run(_ sql: String) async throws {
        let connection = try await PostgresConnection.open(admin)
        do {
            try await connection.run { session in try session.executeScript(sql) }
            await connection.close()
        } catch {
            await connection.close()
            throw error
        }
    }
    let result: Result<T, any Error>
    do {
        try await run("CREATE DATABASE \(name)")
        result = .success(try await body(databaseURI(server.uri, name)))
    } catch {
        result = .failure(error)
    }
    try? await run("DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
    try? FileManager.default.removeItem(atPath: ledgerDirectory(name))
    return try result.get()
}

/// The environment of a program on a test's database. The program's key and signed heads go when the database goes; beside
/// the checkout they would be the next test's.
package func ledgerEnvironment(_ uri: String, _ more: [String: String] = [:]) -> [String: String] {
    let name = URLComponents(string: uri).map { String($0.path.dropFirst()) } ?? ""
    return ["DATABASE_URL": uri, "ALPHA_LEDGER_DATA_DIR": ledgerDirectory(name)].merging(more) { _, own in own }
}

private func ledgerDirectory(_ database: String) -> String { "/tmp/alpha-ledger-tests-\(database)" }

/// The server's URI with another database name.
func databaseURI(_ uri: String, _ name: String) -> String {
    guard var parts = URLComponents(string: uri) else { return uri }
    parts.path = "/\(name)"
    return parts.string ?? uri
}

/// Runs a test on a migrated ledger.
package func withLedger<T>(_ body: (LedgerDatabase) async throws -> T) async throws -> T {
    try await withDatabase { uri in try await withLedger(at: uri, body) }
}

/// Runs a test on a ledger that is created in an empty database.
package func withLedger<T>(at uri: String, _ body: (LedgerDatabase) async throws -> T) async throws -> T {
    let migrator = try projectMigrator()
    let ledger = try LedgerDatabase(uri: uri)
    _ = try await ledger.asSuperuser { session in try migrator.migrate(session) }
    let result: Result<T, any Error>
    do { result = .success(try await body(ledger)) } catch { result = .failure(error) }
    await ledger.close()
    return try result.get()
}

/// A rule file of the checkout, by its path below `projections/`.
package func projectRuleFile(_ path: String) -> [UInt8]? {
    FileManager.default.contents(atPath: "\(projectRoot)/projections/\(path)").map { Array($0) }
}

/// A text file of the checkout, by its path from the root.
package func projectText(_ path: String) -> String? {
    FileManager.default.contents(atPath: "\(projectRoot)/\(path)").map { String(decoding: $0, as: UTF8.self) }
}
