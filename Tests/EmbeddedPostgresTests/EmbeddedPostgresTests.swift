import Foundation
import LedgerPostgres
import Testing

@testable import EmbeddedPostgres

@Suite("Embedded Postgres")
struct EmbeddedPostgresTests {
    private static let options = ["fsync": "off", "shared_buffers": "16MB"]

    /// Gives a data directory that doesn't exist yet, below one that the server's user can enter.
    private func withDirectory(_ body: (String) async throws -> Void) async throws {
        let parent = "/tmp/embedded-tests-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(
            atPath: parent, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o711])
        defer { try? FileManager.default.removeItem(atPath: parent) }
        try await body("\(parent)/data")
    }

    private func configuration(_ directory: String) -> EmbeddedPostgres.Configuration {
        .init(dataDirectory: directory, options: Self.options, startTimeoutSeconds: 60)
    }

    private func query(_ uri: String, _ sql: String) async throws -> String {
        let connection = try await PostgresConnection.open(PostgresConfiguration(uri: uri))
        let text = try await connection.run { session in
            let result = try session.execute(sql)
            return result.isEmpty || result.columnNames.isEmpty ? "" : try result[0].text(0)
        }
        await connection.close()
        return text
    }

    private func isRunning(_ handle: EmbeddedPostgresHandle) -> Bool { ProcessTable.isRunning(handle.processID) }

    private func embeddedError(_ body: () async throws -> Void) async -> EmbeddedPostgresError? {
        do {
            try await body()
            Issue.record("nothing was thrown")
        } catch let error as EmbeddedPostgresError {
            #expect(!error.description.contains("\n"))
            return error
        } catch {
            Issue.record("another error was thrown: \(error)")
        }
        return nil
    }

    @Test func `a server is made, started, stopped, and has its data when it starts again`() async throws {
        try await withDirectory { directory in
            let first = try await EmbeddedPostgres.start(configuration(directory))
            #expect(!first.joined)
            #expect(try await query(first.uri, "SHOW listen_addresses") == "")
            #expect(try await query(first.uri, "SHOW data_checksums") == "on")
            #expect(try await query(first.uri, "SHOW server_encoding") == "UTF8")
            #expect(try await query(first.uri, "SHOW max_wal_size") == "4GB")
            #expect(
                try await query(first.uri, "SELECT datcollate::text FROM pg_database WHERE datname = 'ledger'") == "C")
            _ = try await query(first.uri, "CREATE TABLE kept AS SELECT 'here'::text AS value")
            await first.stop()
            await first.stop()
            #expect(!isRunning(first))
            let second = try await EmbeddedPostgres.start(configuration(directory))
            #expect(!second.joined)
            #expect(try await query(second.uri, "SELECT value FROM kept") == "here")
            await second.stop()
            #expect(!isRunning(second))
        }
    }

    @Test func `a second user joins, and the last one to leave stops the server`() async throws {
        try await withDirectory { directory in
            let first = try await EmbeddedPostgres.start(configuration(directory))
            let second = try await EmbeddedPostgres.start(configuration(directory))
            #expect(second.joined && second.processID == first.processID)
            await first.stop()
            #expect(isRunning(second))
            #expect(try await query(second.uri, "SELECT 'up'") == "up")
            await second.stop()
            #expect(!isRunning(second))
        }
    }

    @Test func `many starts at once yield one server`() async throws {
        try await withDirectory { directory in
            let configuration = configuration(directory)
            let handles = try await withThrowingTaskGroup(of: EmbeddedPostgresHandle.self) { group in
                for _ in 0..<6 { group.addTask { try await EmbeddedPostgres.start(configuration) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(handles.map(\.processID)).count == 1)
            #expect(handles.filter { !$0.joined }.count == 1)
            await withTaskGroup(of: Void.self) { group in
                for handle in handles { group.addTask { await handle.stop() } }
            }
            #expect(!isRunning(handles[0]))
        }
    }

    @Test func `a server killed with SIGKILL recovers what was committed`() async throws {
        try await withDirectory { directory in
            let first = try await EmbeddedPostgres.start(configuration(directory))
            _ = try await query(first.uri, "CREATE TABLE kept AS SELECT 'committed'::text AS value")
            kill(first.processID, SIGKILL)
            // The first user is still there, and so is its stale postmaster.pid.
            let second = try await EmbeddedPostgres.start(configuration(directory))
            #expect(!second.joined && second.processID != first.processID)
            #expect(try await query(second.uri, "SELECT value FROM kept") == "committed")
            await first.stop()
            #expect(isRunning(second))
            await second.stop()
            #expect(!isRunning(second))
        }
    }

    @Test func `a server without users is taken over and stopped with its new user`() async throws {
        try await withDirectory { directory in
            var first: EmbeddedPostgresHandle? = try await EmbeddedPostgres.start(configuration(directory))
            let process = try #require(first?.processID)
            // As when the program was killed: the locks go, the server stays.
            first = nil
            #expect(ProcessTable.isRunning(process))
            let second = try await EmbeddedPostgres.start(configuration(directory))
            #expect(second.joined && second.processID == process)
            await second.stop()
            #expect(!isRunning(second))
        }
    }

    @Test func `a server whose socket was removed is started again, unless somebody uses it`() async throws {
        try await withDirectory { directory in
            var first: EmbeddedPostgresHandle? = try await EmbeddedPostgres.start(configuration(directory))
            let process = try #require(first?.processID)
            try FileManager.default.removeItem(atPath: "\(directory)/socket")
            let error = await embeddedError { _ = try await EmbeddedPostgres.start(configuration(directory)) }
            #expect(error?.description.contains("doesn't answer on its socket") == true)
            #expect(ProcessTable.isRunning(process))
            first = nil
            let second = try await EmbeddedPostgres.start(configuration(directory))
            #expect(!second.joined && second.processID != process)
            #expect(try await query(second.uri, "SELECT 'up'") == "up")
            await second.stop()
        }
    }

    @Test func `an interrupted initialization is removed and done again`() async throws {
        try await withDirectory { directory in
            let files = FileManager.default
            for path in ["\(directory)/postgres.new-1/base", "\(directory)/postgres/base/1"] {
                try files.createDirectory(
                    atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o711])
            }
            let handle = try await EmbeddedPostgres.start(configuration(directory))
            #expect(try await query(handle.uri, "SELECT 'new'") == "new")
            #expect(!files.fileExists(atPath: "\(directory)/postgres.new-1"))
            await handle.stop()
        }
    }

    @Test func `a cluster with data but without its version is never removed`() async throws {
        try await withDirectory { directory in
            let handle = try await EmbeddedPostgres.start(configuration(directory))
            await handle.stop()
            try FileManager.default.removeItem(atPath: "\(directory)/postgres/PG_VERSION")
            let error = await embeddedError { _ = try await EmbeddedPostgres.start(configuration(directory)) }
            #expect(error?.isDirectoryProblem == true)
            #expect(FileManager.default.fileExists(atPath: "\(directory)/postgres/global/pg_control"))
        }
    }

    @Test func `a cluster of another major version is refused`() async throws {
        try await withDirectory { directory in
            try FileManager.default.createDirectory(
                atPath: "\(directory)/postgres", withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o711])
            try "11\n".write(toFile: "\(directory)/postgres/PG_VERSION", atomically: true, encoding: .utf8)
            let error = await embeddedError { _ = try await EmbeddedPostgres.start(configuration(directory)) }
            #expect(error?.isVersionMismatch == true)
            #expect(error?.description.contains("was made by Postgres 11") == true)
        }
    }

    @Test func `a server that can't start tells why, from its log`() async throws {
        try await withDirectory { directory in
            var configuration = configuration(directory)
            configuration.options["no_such_setting"] = "1"
            let error = await embeddedError { _ = try await EmbeddedPostgres.start(configuration) }
            #expect(error?.description.contains("no_such_setting") == true)
            configuration.options["no_such_setting"] = nil
            let handle = try await EmbeddedPostgres.start(configuration)
            await handle.stop()
        }
    }

    @Test func `programs that are not a server's are refused by name`() async throws {
        try await withDirectory { directory in
            let fake = "\(directory)-bin"
            try FileManager.default.createDirectory(atPath: fake, withIntermediateDirectories: true)
            for name in ["postgres", "initdb"] {
                let path = "\(fake)/\(name)"
                try "#!/bin/sh\necho something else\n".write(toFile: path, atomically: true, encoding: .utf8)
                try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
            }
            var configuration = configuration(directory)
            configuration.binaries = fake
            let error = await embeddedError { _ = try await EmbeddedPostgres.start(configuration) }
            #expect(error?.isMissingBinaries == true)
            #expect(error?.description.contains(fake) == true)
        }
    }

    @Test func `a data directory that is refused is left as it was found`() async throws {
        try await withDirectory { directory in
            let files = FileManager.default
            let parent = String(directory.dropLast("/data".count))
            func make(_ path: String, _ mode: Int = 0o711) throws {
                try files.createDirectory(
                    atPath: "\(parent)/\(path)", withIntermediateDirectories: true,
                    attributes: [.posixPermissions: mode])
            }
            try make("older/postgres")
            try "11\n".write(toFile: "\(parent)/older/postgres/PG_VERSION", atomically: true, encoding: .utf8)
            try make("damaged/postgres/global")
            try "x".write(toFile: "\(parent)/damaged/postgres/global/pg_control", atomically: true, encoding: .utf8)
            try make("closed", 0o700)
            try "x".write(toFile: "\(parent)/file", atomically: true, encoding: .utf8)
            let before = try files.subpathsOfDirectory(atPath: parent).sorted()
            var paths = ["older", "damaged", "file", "file/data"]
            if geteuid() == 0 { paths += ["closed/data", "closed/a/b"] }
            for path in paths {
                let error = await embeddedError { _ = try await EmbeddedPostgres.start(configuration("\(parent)/\(path)")) }
                #expect(error?.isConfigurationProblem == true, "\(path)")
                #expect(try files.subpathsOfDirectory(atPath: parent).sorted() == before, "\(path)")
            }
            // Without programs nothing is made either, nor above the directory.
            var bare = configuration("\(parent)/new/data")
            bare.binaries = "\(parent)/nothing"
            let error = await embeddedError { [bare] in _ = try await EmbeddedPostgres.start(bare) }
            #expect(error?.isMissingBinaries == true)
            #expect(try files.subpathsOfDirectory(atPath: parent).sorted() == before)
        }
    }

    @Test func `a data directory with a long, strange path has its socket elsewhere`() async throws {
        try await withDirectory { directory in
            let long = directory + "/" + String(repeating: "länger ", count: 12) + "\"x', %"
            let handle = try await EmbeddedPostgres.start(configuration(long))
            #expect(!handle.socketDirectory.hasPrefix(long))
            #expect(handle.socketDirectory.utf8.count < 90)
            #expect(try await query(handle.uri, "SELECT 'there'") == "there")
            let second = try await EmbeddedPostgres.start(configuration(long))
            #expect(second.joined)
            await second.stop()
            await handle.stop()
            try? FileManager.default.removeItem(atPath: handle.socketDirectory)
        }
    }

    @Test func `a socket directory of a strange name is found by libpq`() async throws {
        try await withDirectory { directory in
            let handle = try await EmbeddedPostgres.start(configuration(directory + "/a \"b'% ü"))
            #expect(handle.socketDirectory.contains("ü"))
            #expect(try await query(handle.uri, "SELECT 'there'") == "there")
            await handle.stop()
        }
    }

    @Test(.enabled(if: geteuid() == 0))
    func `root is told which directory the server's user can't enter`() async throws {
        try await withDirectory { directory in
            let closed = "\(directory)/closed"
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o711])
            try FileManager.default.createDirectory(
                atPath: closed, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            let error = await embeddedError {
                _ = try await EmbeddedPostgres.start(configuration("\(closed)/data"))
            }
            #expect(error?.isDirectoryProblem == true)
            #expect(error?.description.contains("can't enter the directory \(closed) ") == true)
            let user = try ServerUser.choose(cluster: "\(closed)/none")
            #expect(error?.description.contains("user \(user.name)") == true)
        }
    }

    @Test(.enabled(if: geteuid() == 0))
    func `root's server and its files belong to another user`() async throws {
        try await withDirectory { directory in
            let handle = try await EmbeddedPostgres.start(configuration(directory))
            let owner = try #require(ProcessTable.owner(handle.processID))
            #expect(owner != 0)
            #expect(Files.status("\(directory)/postgres")?.st_uid == owner)
            #expect(Files.status(handle.socketDirectory).map { $0.st_mode & 0o777 } == 0o700)
            let groups = try String(contentsOfFile: "/proc/\(handle.processID)/status", encoding: .utf8)
                .split(separator: "\n").first { $0.hasPrefix("Groups:") }
            #expect(groups?.dropFirst(7).allSatisfy(\.isWhitespace) == true)
            await handle.stop()
        }
    }

    @Test func `the server holds no descriptor of ours`() async throws {
        try await withDirectory { directory in
            // Without close-on-exec, as a careless library would open it.
            let careless = open("/etc/passwd", O_RDONLY)
            defer { close(careless) }
            let handle = try await EmbeddedPostgres.start(configuration(directory))
            let listing = "/proc/\(handle.processID)/fd"
            let targets = Files.names(in: listing).compactMap { Files.resolved("\(listing)/\($0)") }
            #expect(!targets.contains("/etc/passwd"))
            #expect(!targets.contains { $0.hasSuffix(".lock") && $0.contains("/locks/") })
            await handle.stop()
        }
    }

    @Test func `a setting is tried on the programs before a server is started with it`() async throws {
        try await withDirectory { directory in
            let handle = try await EmbeddedPostgres.start(configuration(directory))
            await handle.stop()
            let binaries = try ServerBinaries.find(given: nil, version: nil, cluster: "\(directory)/postgres")
            let user = try ServerUser.choose(cluster: "\(directory)/postgres")
            #expect(binaries.accept("wal_compression", "pglz", "\(directory)/postgres", user))
            #expect(!binaries.accept("wal_compression", "none of these", "\(directory)/postgres", user))
        }
    }

    @Test func `what postmaster.pid and --version say is read as it is meant`() {
        let text = "1234\n/data/postgres\n1700000000\n5432\n/data/socket\n\n 123456  789\nready   \n"
        let file = PostmasterFile(parsing: text)
        #expect(file?.processID == 1234)
        #expect(file?.port == 5432)
        #expect(file?.socketDirectory == "/data/socket")
        #expect(file?.sharedMemory == 789)
        #expect(file?.isReady == true)
        #expect(PostmasterFile(parsing: "12\n")?.isReady == false)
        #expect(PostmasterFile(parsing: "") == nil)
        #expect(ServerBinaries.parseVersion("postgres (PostgreSQL) 15.4 (Debian)\n", named: "postgres") == 15)
        #expect(ServerBinaries.parseVersion("postgres (PostgreSQL) 18beta1\n", named: "postgres") == 18)
        #expect(ServerBinaries.parseVersion("bash 5.2", named: "postgres") == nil)
    }

    @Test func `a number in postmaster.pid that a stranger has by now does not stop a start`() async throws {
        try await withDirectory { directory in
            let first = try await EmbeddedPostgres.start(configuration(directory))
            kill(first.processID, SIGKILL)
            while isRunning(first) { try await Task.sleep(for: .milliseconds(10)) }
            // The stranger is the server of another directory: alive, and the same user's, so that Postgres itself
            // would take it for the old one.
            let stranger = try await EmbeddedPostgres.start(configuration("\(directory)-other"))
            for path in ["\(directory)/postgres/postmaster.pid", "\(directory)/socket/.s.PGSQL.5432.lock"] {
                let lines = try String(contentsOfFile: path, encoding: .utf8)
                    .split(separator: "\n", omittingEmptySubsequences: false).dropFirst()
                let file = try #require(FileHandle(forWritingAtPath: path))
                file.truncateFile(atOffset: 0)
                file.write(Data(([String(stranger.processID)] + lines.map(String.init)).joined(separator: "\n").utf8))
                try file.close()
            }
            let second = try await EmbeddedPostgres.start(configuration(directory))
            #expect(!second.joined)
            #expect(try await query(second.uri, "SELECT 'up'") == "up")
            #expect(isRunning(stranger))
            await first.stop()
            await second.stop()
            await stranger.stop()
            #expect(!isRunning(second))
        }
    }
}
