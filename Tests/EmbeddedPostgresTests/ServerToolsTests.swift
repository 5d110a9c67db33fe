import Foundation
import Testing

@testable import EmbeddedPostgres

@Suite struct ServerToolsTests {
    private func installedVersion() throws -> Int {
        try ServerBinaries.find(given: nil, version: nil, cluster: "").majorVersion
    }

    @Test func `programs of the server's version run, with what they are told in the environment`() async throws {
        let version = try installedVersion()
        let tools = try ServerTools(in: nil, majorVersion: version)
        let printed = try await tools.run("pg_basebackup", ["--version"])
        #expect(printed.exitCode == 0 && printed.lastLines.hasPrefix("pg_basebackup (PostgreSQL) \(version)"))
        // The port of the environment shows in the error.
        let failed = try await tools.run(
            "pg_basebackup", ["--pgdata", "/tmp/never-made", "--no-password", "--dbname", "host=/tmp/no-such-socket"],
            environment: ["PGPORT": "7654"])
        #expect(failed.exitCode != 0 && failed.output.contains("/tmp/no-such-socket/.s.PGSQL.7654"), "\(failed.output)")
    }

    @Test func `another version and a missing program are named`() async throws {
        let version = try installedVersion()
        do {
            _ = try ServerTools(in: nil, majorVersion: 99)
            Issue.record("programs of version 99 were found")
        } catch {
            #expect(error.isVersionMismatch && error.description.contains("the server is Postgres 99"))
        }
        let tools = try ServerTools(in: nil, majorVersion: version)
        await #expect(throws: EmbeddedPostgresError.self) { _ = try await tools.run("pg_no_such_program", []) }
    }

    @Test(.timeLimit(.minutes(1))) func `a cancelled program is killed`() async throws {
        let tools = try ServerTools(in: nil, majorVersion: try installedVersion())
        // It waits for a connection that is never answered.
        let task = Task { try await tools.run("pg_isready", ["--timeout", "50", "--host", "192.0.2.1"]) }
        try await Task.sleep(for: .milliseconds(300))
        task.cancel()
        let began = ContinuousClock.now
        _ = try? await task.value
        #expect(ContinuousClock.now - began < .seconds(20))
    }
}
