import EmbeddedPostgres
import LedgerPostgres
import Testing

@Suite("Statements")
struct StatementTests {
    private static func preparedCount(_ session: PostgresSession) throws -> Int64 {
        try session.execute("SELECT count(*) FROM pg_prepared_statements")[0].int8(0)
    }

    @Test func `a statement is prepared once for a text and its types, and the number kept is bounded`() async throws {
        try await withServer { server in
            let connection = try await PostgresConnection.open(
                PostgresConfiguration(uri: server.uri, preparedStatementLimit: 8))
            try await connection.run { session in
                let before = try Self.preparedCount(session)
                for value in 0..<20 { _ = try session.execute("SELECT $1", [.int8(Int64(value))]) }
                #expect(try Self.preparedCount(session) == before + 1)
                #expect(try session.execute("SELECT $1", [.text("other type")])[0].text(0) == "other type")
                #expect(try session.execute("SELECT $1", [.null]).rowCount == 1)
                #expect(try Self.preparedCount(session) == before + 3)
                for value in 0..<40 { _ = try session.execute("SELECT \(value)") }
                #expect(try Self.preparedCount(session) <= 10)
            }
            await connection.close()
        }
    }

    @Test func `texts that only look equal are statements of their own`() async throws {
        try await withConnection { session throws in
            #expect(try session.execute("SELECT 'e\u{301}'")[0].utf8(0) == [0x65, 0xCC, 0x81])
            #expect(try session.execute("SELECT '\u{E9}'")[0].utf8(0) == [0xC3, 0xA9])
        }
    }

    @Test func `a changed table or a deallocated statement is prepared again outside a transaction`() async throws {
        try await withConnection { session in
            try session.executeScript("CREATE TEMP TABLE t (a int8); INSERT INTO t VALUES (1)")
            #expect(try session.execute("SELECT * FROM t").columnNames == ["a"])
            try session.executeScript("ALTER TABLE t ADD COLUMN b text")
            #expect(try session.execute("SELECT * FROM t").columnNames == ["a", "b"])
            try session.executeScript("DEALLOCATE ALL")
            #expect(try session.execute("SELECT * FROM t").columnNames == ["a", "b"])
            try session.executeScript("ALTER TABLE t ADD COLUMN c text")
            let results = try session.pipeline([("SELECT 1", []), ("SELECT * FROM t", [])])
            #expect(results[1].columnNames == ["a", "b", "c"])
            try session.executeScript("ALTER TABLE t ADD COLUMN d text")
            #expect(throws: PostgresError.self) {
                try session.transaction { _ = try session.execute("SELECT * FROM t") }
            }
            let names = try session.transaction { try session.execute("SELECT * FROM t").columnNames }
            #expect(names.count == 4)
        }
    }

    @Test func `a pipeline answers in order, in one transaction`() async throws {
        try await withConnection { session in
            try session.executeScript("CREATE TEMP TABLE t (a int8 PRIMARY KEY)")
            let inserts = (0..<300).map { ("INSERT INTO t VALUES ($1)", [PostgresValue.int8(Int64($0))]) }
            let results = try session.pipeline(inserts + [("SELECT count(*) FROM t", [])])
            #expect(results.count == 301)
            #expect(try results[300][0].int8(0) == 300)
            let error = postgresError {
                _ = try session.pipeline([
                    ("INSERT INTO t VALUES ($1)", [.int8(1000)]), ("INSERT INTO t VALUES ($1)", [.int8(1)]),
                    ("INSERT INTO t VALUES ($1)", [.int8(1001)]), ("SELECT 'never prepared'", []),
                ])
            }
            #expect(error?.isUniqueViolation == true)
            #expect(error?.constraintName == "t_pkey")
            #expect(try session.execute("SELECT count(*) FROM t")[0].int8(0) == 300)
            #expect(try session.execute("SELECT 'never prepared'")[0].text(0) == "never prepared")
        }
    }

    @Test func `a large pipeline does not lock up both sides`() async throws {
        try await withConnection { session in
            let text = String(repeating: "x", count: 100_000)
            let results = try session.pipeline((0..<200).map { _ in ("SELECT $1", [.text(text)]) })
            #expect(results.count == 200)
            #expect(try results[199][0].text(0).utf8.count == 100_000)
        }
    }

    @Test func `a pipeline takes part in a transaction`() async throws {
        try await withConnection { session in
            try session.executeScript("CREATE TEMP TABLE t (a int8)")
            #expect(throws: PostgresError.self) {
                try session.transaction {
                    _ = try session.pipeline([("INSERT INTO t VALUES (1)", []), ("INSERT INTO t VALUES (2)", [])])
                    _ = try session.pipeline([("SELECT 1/0", [])])
                }
            }
            #expect(try session.execute("SELECT count(*) FROM t")[0].int8(0) == 0)
        }
    }

    @Test func `a transaction commits, rolls back on an error, and reports a rollback at its end`() async throws {
        struct Stop: Error {}
        try await withConnection { session in
            try session.executeScript("CREATE TEMP TABLE t (a int8)")
            let value = try session.transaction {
                _ = try session.execute("INSERT INTO t VALUES (1)")
                return 5
            }
            #expect(value == 5)
            #expect(throws: Stop.self) {
                try session.transaction {
                    _ = try session.execute("INSERT INTO t VALUES (2)")
                    throw Stop()
                }
            }
            // The failed statement's error is swallowed, so that COMMIT rolls back.
            #expect(throws: PostgresError.self) {
                try session.transaction { _ = try? session.execute("SELECT 1/0") }
            }
            #expect(throws: PostgresError.self) {
                try session.transaction { try session.transaction {} }
            }
            #expect(throws: PostgresError.self) {
                try session.transaction(.snapshot) { try session.executeScript("CREATE TABLE never (i int)") }
            }
            #expect(!session.isInTransaction)
            #expect(try session.execute("SELECT count(*) FROM t")[0].int8(0) == 1)
        }
    }

    @Test func `a COPY where it doesn't belong leaves the session usable`() async throws {
        try await withConnection { session in
            try session.executeScript("CREATE TEMP TABLE t (a int8)")
            #expect(throws: PostgresError.self) { try session.executeScript("COPY t FROM STDIN") }
            #expect(throws: PostgresError.self) { try session.executeScript("COPY t TO STDOUT") }
            #expect(throws: PostgresError.self) { try session.execute("COPY t FROM STDIN (FORMAT binary)") }
            #expect(throws: PostgresError.self) { _ = try session.copyIn("COPY t FROM STDIN") { _ in } }
            #expect(throws: PostgresError.self) { _ = try session.copyIn("SELECT 1") { _ in } }
            #expect(throws: PostgresError.self) { try session.copyOut("COPY t FROM STDIN (FORMAT binary)") { _ in } }
            #expect(try session.execute("SELECT 1")[0].int8(0) == 1)
        }
    }

    @Test func `identifiers and literals are quoted`() async throws {
        try await withConnection { session in
            let name = "a\"b c"
            try session.executeScript("CREATE TEMP TABLE \(quoteIdentifier(name)) (x int)")
            let row = try session.execute(
                "SELECT \(quoteLiteral("it's \\n")), $1::regclass::text", [.text(quoteIdentifier(name))])[0]
            #expect(try row.text(0) == "it's \\n")
            #expect(try row.text(1) == "\"a\"\"b c\"")
        }
    }
}
