import EmbeddedPostgres
import Foundation
import LedgerPostgres
import Testing

@Suite("Errors")
struct ErrorTests {
    private static func openError(_ uri: String, role: String? = nil) async -> PostgresError? {
        await asyncPostgresError {
            let connection = try await PostgresConnection.open(
                PostgresConfiguration(uri: uri, role: role, connectTimeoutSeconds: 5))
            await connection.close()
        }
    }

    @Test func `a server that isn't there is unreachable`() async throws {
        for uri in [
            "postgresql://user:s3cret@127.0.0.1:1/x", "postgresql:///x?host=/nonexistent",
            "postgresql://no-such-host.invalid/x",
        ] {
            let error = await Self.openError(uri)
            #expect(error?.isUnreachable == true)
            #expect(error?.isConnectionFailure == true)
            let text = error?.description ?? ""
            #expect(text.hasPrefix("Postgres cannot be reached: "))
            #expect(!text.contains("\n") && !text.contains("s3cret"))
        }
    }

    /// A listener on loopback that accepts and says nothing.
    private static func withSilentPort<T>(_ body: (UInt16) async throws -> T) async throws -> T {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(listener, $0, size)
                _ = listen(listener, 5)
                _ = getsockname(listener, $0, &size)
            }
        }
        return try await body(UInt16(bigEndian: address.sin_port))
    }

    @Test func `a server that accepts and says nothing runs into the time limit`() async throws {
        try await Self.withSilentPort { port in
            let error = await Self.openError("postgresql://u@127.0.0.1:\(port)/x?connect_timeout=1")
            #expect(error?.isUnreachable == true)
            #expect(error?.description.contains("did not answer within 1 seconds") == true)
        }
    }

    @Test func `of several servers those that say nothing and those that refuse are passed over`() async throws {
        try await withServer { server in
            try await Self.withSilentPort { silent in
                let words = try PostgresConfiguration(uri: server.uri).parameters()
                let (host, port) = (try #require(words["host"]), try #require(words["port"]))
                let (user, database) = (try #require(words["user"]), try #require(words["dbname"]))
                let configuration = PostgresConfiguration(
                    uri: """
                        host='127.0.0.1,127.0.0.1,\(host),127.0.0.1' port='1,\(silent),\(port),\(silent)' user='\(user)' \
                        dbname='\(database)' target_session_attrs=read-write
                        """, connectTimeoutSeconds: 1)
                let connection = try await PostgresConnection.open(configuration)
                #expect(try await connection.run { try $0.execute("SELECT 7")[0].int4(0) } == 7)
                await connection.close()

                let error = await Self.openError("host='127.0.0.1,127.0.0.1' port=\(silent) user=u dbname=x connect_timeout=1")
                #expect(error?.isUnreachable == true && error?.description.contains("did not answer within 1 seconds") == true)
            }
        }
    }

    @Test func `a URI that can't be read is told apart and not quoted`() async throws {
        for uri in [
            "postgresql://user:s3cret@host:port:x/", "postgresql://u:s3cret@h/x?nonsense=1", "nonsense",
            "postgresql://u:s3cret@h/x?sslmode=perhaps", "postgresql://u:s3cret@[::1/x",
        ] {
            let error = await Self.openError(uri)
            #expect(error?.isInvalidConfiguration == true, "\(uri): \(error?.description ?? "")")
            #expect(error?.description.contains("s3cret") == false)
            #expect("\(PostgresConfiguration(uri: uri))".contains("s3cret") == false)
        }
    }

    @Test func `a configuration never shows its password`() throws {
        let configuration = PostgresConfiguration(uri: "postgresql://u:s3cret@h:5/db?application_name=x")
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped] {
            #expect(!text.contains("s3cret"))
            #expect(text.contains("host=h"))
        }
        #expect(try configuration.parameters()["dbname"] == "db")
        #expect(try configuration.parameters()["password"] == nil)
    }

    @Test func `an unknown database and an unknown role are named`() async throws {
        try await withServer { server in
            let database = await Self.openError(server.uri.replacing("/ledger?", with: "/nothing?"))
            #expect(database?.isUnknownDatabase == true)
            #expect(database?.description.contains("has no database \"nothing\"") == true)
            let role = await Self.openError(server.uri, role: "nobody at all")
            #expect(role?.description.contains("nobody at all") == true)
            let user = await Self.openError(server.uri.replacing("alpha_ledger", with: "stranger"))
            #expect(user?.isAuthenticationFailure == true)
            #expect(user?.isUnreachable == false)
        }
    }

    @Test func `a wrong and a missing password are told in one sentence without it`() async throws {
        let directory = try temporaryDirectory()
        let server = try await EmbeddedPostgres.start(
            .init(dataDirectory: directory, options: ["fsync": "off", "shared_buffers": "16MB"]))
        let connection = try await PostgresConnection.open(PostgresConfiguration(uri: server.uri))
        try await connection.run { session in
            try session.executeScript("CREATE ROLE guarded LOGIN PASSWORD 'right-one'")
        }
        let rules = "\(directory)/postgres/pg_hba.conf"
        let old = try String(contentsOfFile: rules, encoding: .utf8)
        // Written in place, so that it stays the server user's.
        let file = try #require(FileHandle(forWritingAtPath: rules))
        file.truncateFile(atOffset: 0)
        file.write(Data(("local all guarded scram-sha-256\n" + old).utf8))
        try file.close()
        try await connection.run { session in
            _ = try session.execute("SELECT pg_reload_conf()")
            _ = try session.execute("SELECT pg_sleep(0.3)")
        }
        let guarded = server.uri.replacing("user=alpha_ledger", with: "user=guarded")
        let wrong = await Self.openError(guarded + "&password=wrong-one")
        #expect(wrong?.isAuthenticationFailure == true)
        #expect(wrong?.description.contains("refused the password of user \"guarded\"") == true)
        #expect(wrong?.description.contains("wrong-one") == false)
        #expect(String(reflecting: wrong).contains("wrong-one") == false)
        let missing = await Self.openError(guarded)
        #expect(missing?.isAuthenticationFailure == true)
        #expect(missing?.description.contains("none is set") == true)
        let right = try await PostgresConnection.open(PostgresConfiguration(uri: guarded + "&password=right-one"))
        await right.close()
        await connection.close()
        await server.stop()
        try FileManager.default.removeItem(atPath: directory)
    }

    @Test(arguments: ["statement", "script", "pipeline", "COPY", "COMMIT"])
    func `a server that is shut down between two statements is a lost connection`(_ next: String) async throws {
        let directory = try temporaryDirectory()
        let server = try await EmbeddedPostgres.start(.init(dataDirectory: directory, options: ["fsync": "off"]))
        let connection = try await PostgresConnection.open(PostgresConfiguration(uri: server.uri))
        let process = server.processID
        let error = await asyncPostgresError {
            try await connection.run { session in
                try session.transaction {
                    _ = try session.execute("CREATE TABLE t (i int)")
                    let backend = session.backendPID
                    kill(process, SIGQUIT)
                    // The postmaster takes its processes' ends in before its own.
                    while kill(process, 0) == 0 || kill(backend, 0) == 0 { usleep(10_000) }
                    switch next {
                    case "statement": _ = try session.execute("SELECT 1")
                    case "script": try session.executeScript("SELECT 1")
                    case "pipeline": _ = try session.pipeline([(sql: "SELECT 1", parameters: [])])
                    case "COPY": try session.copyOut("COPY t TO STDOUT (FORMAT binary)") { _ in }
                    default: break
                    }
                }
            }
        }
        #expect(error?.isConnectionFailure == true, "\(error.debugDescription)")
        #expect(error?.isCommitOutcomeUnknown == (next == "COMMIT"))
        await connection.close()
        await server.stop()
        try FileManager.default.removeItem(atPath: directory)
    }

    @Test func `errors name what failed by SQLSTATE, constraint and table, and quote no data`() async throws {
        try await withConnection { session in
            try session.executeScript("CREATE TEMP TABLE people (name text CONSTRAINT one_name PRIMARY KEY)")
            _ = try session.execute("INSERT INTO people VALUES ($1)", [.text("hidden")])
            let duplicate = postgresError {
                _ = try session.execute("INSERT INTO people VALUES ($1)", [.text("hidden")])
            }
            #expect(duplicate?.sqlState == .uniqueViolation)
            #expect(duplicate?.constraintName == "one_name")
            #expect(duplicate?.tableName == "people")
            #expect(duplicate?.description.contains("hidden") == false)
            #expect(String(reflecting: duplicate).contains("hidden"))
            let malformed = postgresError { _ = try session.execute("SELECT $1::text::int8", [.text("hidden")]) }
            #expect(malformed?.sqlState?.conditionClass == "22")
            #expect(malformed?.description.contains("hidden") == false)
            let syntax = postgresError { _ = try session.execute("SELEC 1") }
            #expect(syntax?.sqlState == SQLState(rawValue: "42601"))
            #expect(syntax?.isConnectionFailure == false)
        }
    }

    @Test func `a full disk is told as such`() async throws {
        try await withConnection { session in
            let error = postgresError {
                try session.executeScript(
                    "DO $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$")
            }
            #expect(error?.isDiskFull == true)
            #expect(error?.description.hasPrefix("the disk of the Postgres server is full: ") == true)
        }
    }

    @Test func `the session is set up as every caller expects it`() async throws {
        try await withServer { server in
            let connection = try await PostgresConnection.open(
                PostgresConfiguration(
                    uri: server.uri, role: "pg_read_all_data", applicationName: "tests",
                    statementTimeoutMilliseconds: 12_345))
            try await connection.run { session throws in
                func show(_ name: String) throws -> String { try session.execute("SHOW \(name)")[0].text(0) }
                #expect(try show("timezone") == "UTC")
                #expect(try show("client_encoding") == "UTF8")
                #expect(try show("client_min_messages") == "warning")
                #expect(try show("application_name") == "tests")
                #expect(try show("statement_timeout") == "12345ms")
                #expect(try session.execute("SELECT current_user::text")[0].text(0) == "pg_read_all_data")
                #expect(session.serverVersion >= 150_000)
                #expect(session.address.database == "ledger")
                #expect(try session.execute("SELECT pg_backend_pid()")[0].int4(0) == session.backendPID)
            }
            await connection.close()
        }
    }
}
