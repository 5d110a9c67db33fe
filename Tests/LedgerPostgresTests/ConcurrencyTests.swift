import EmbeddedPostgres
import Foundation
import LedgerPostgres
import Synchronization
import Testing

@Suite("Connections and pools")
struct ConcurrencyTests {
    @Test func `cancelling a task cancels its statement on the server, and only that`() async throws {
        try await withServer { server in
            let connection = try await PostgresConnection.open(PostgresConfiguration(uri: server.uri))
            for _ in 0..<5 {
                let task = Task {
                    try await connection.run { session in
                        try session.transaction { _ = try session.execute("SELECT pg_sleep(30)") }
                    }
                }
                try await Task.sleep(for: .milliseconds(100))
                task.cancel()
                await #expect(throws: CancellationError.self) { try await task.value }
                let isOpen = try await connection.run { session in
                    _ = try session.execute("SELECT 1")
                    return session.isInTransaction
                }
                #expect(!isOpen)
            }
            await connection.close()
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `cancellations at any moment never hit another run`(seed: UInt64) async throws {
        try await withServer { server in
            let connection = try await PostgresConnection.open(PostgresConfiguration(uri: server.uri))
            for step in 0..<60 {
                let task = Task {
                    try await connection.run { session in
                        for _ in 0..<5 { _ = try session.execute("SELECT pg_sleep(0.001)") }
                    }
                }
                try await Task.sleep(for: .microseconds((UInt64(step) &* 137 &* seed) % 9000))
                task.cancel()
                let value = try await connection.run { try $0.execute("SELECT 42")[0].int4(0) }
                #expect(value == 42, "seed \(seed)")
                do { try await task.value } catch is CancellationError {}
            }
            await connection.close()
        }
    }

    @Test func `a cancelled COPY ends soon`() async throws {
        try await withServer { server in
            let connection = try await PostgresConnection.open(PostgresConfiguration(uri: server.uri))
            let task = Task {
                try await connection.run { session in
                    try session.executeScript("CREATE TEMP TABLE t (i int8)")
                    return try session.copyIn("COPY t FROM STDIN (FORMAT binary)") { writer in
                        while !writer.hasFailed {
                            writer.startRow(columns: 1)
                            writer.int8(1)
                        }
                    }
                }
            }
            try await Task.sleep(for: .milliseconds(300))
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(try await connection.run { try $0.execute("SELECT count(*) FROM t")[0].int8(0) } == 0)
            await connection.close()
        }
    }

    @Test func `notifications arrive, time out, and stop at cancellation`() async throws {
        try await withServer { server in
            let pool = PostgresPool(PostgresConfiguration(uri: server.uri), maximumConnections: 3)
            let (ready, continuation) = AsyncStream<Void>.makeStream()
            let listener = Task {
                try await pool.run { session in
                    try session.listen("Channel \"x\"")
                    continuation.yield()
                    #expect(try session.waitForNotification(timeoutMilliseconds: 20) == nil)
                    var payloads: [String] = []
                    while payloads.count < 3 {
                        if let one = try session.waitForNotification(timeoutMilliseconds: 10_000) {
                            payloads.append(one.payload)
                        }
                    }
                    return payloads
                }
            }
            for await _ in ready { break }
            try await Task.sleep(for: .milliseconds(50))
            try await pool.run { session in
                for value in 1...3 {
                    _ = try session.execute("SELECT pg_notify($1, $2)", [.text("Channel \"x\""), .text("\(value)")])
                }
            }
            #expect(try await listener.value == ["1", "2", "3"])
            let waiting = Task {
                try await pool.run { session in
                    try session.listen("other")
                    _ = try session.waitForNotification(timeoutMilliseconds: 60_000)
                }
            }
            try await Task.sleep(for: .milliseconds(200))
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
            let channels = try await pool.run { try $0.execute("SELECT pg_listening_channels()").rowCount }
            #expect(channels == 0)
            await pool.close()
        }
    }

    @Test func `a pool opens no more connections than its maximum, and serves everyone`() async throws {
        try await withServer { server in
            let pool = PostgresPool(PostgresConfiguration(uri: server.uri), maximumConnections: 3)
            let pids = try await withThrowingTaskGroup(of: Int32.self) { group in
                for _ in 0..<60 {
                    group.addTask {
                        try await pool.run { session in
                            _ = try session.execute("SELECT pg_sleep(0.002)")
                            return session.backendPID
                        }
                    }
                }
                return try await group.reduce(into: Set<Int32>()) { $0.insert($1) }
            }
            #expect(pids.count <= 3)
            await pool.close()
            let closed = await asyncPostgresError { try await pool.run { _ in } }
            #expect(closed?.description == "the connection pool is closed")
        }
    }

    @Test func `a waiter that is cancelled leaves the line, and closing waits for those at work`() async throws {
        try await withServer { server in
            let pool = PostgresPool(PostgresConfiguration(uri: server.uri), maximumConnections: 1)
            let isDone = Mutex(false)
            let busy = Task {
                try await pool.run { session in
                    _ = try session.execute("SELECT pg_sleep(0.5)")
                    isDone.withLock { $0 = true }
                }
            }
            try await Task.sleep(for: .milliseconds(150))
            let waiter = Task { try await pool.run { _ in } }
            try await Task.sleep(for: .milliseconds(50))
            waiter.cancel()
            await #expect(throws: CancellationError.self) { try await waiter.value }
            await pool.close()
            #expect(isDone.withLock { $0 })
            try await busy.value
        }
    }

    @Test func `a transaction left open is rolled back before the next user comes`() async throws {
        try await withServer { server in
            let pool = PostgresPool(PostgresConfiguration(uri: server.uri), maximumConnections: 1)
            try await pool.run { session in
                try session.executeScript("BEGIN; CREATE TABLE left_open (i int)")
            }
            let table = try await pool.run { session in
                #expect(!session.isInTransaction)
                return try session.execute("SELECT to_regclass('left_open')::text")[0].optionalText(0)
            }
            #expect(table == nil)
            await pool.close()
        }
    }

    /// Ends the session that is running a statement, as soon as there is one; nil for any session's.
    private static func terminate(
        _ statement: String, of process: Int32? = nil, by killer: PostgresConnection
    ) async throws {
        while try await killer.run({ session in
            try session.execute(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE query = $1 AND state = 'active' AND pid = coalesce($2::int4, pid)
                """,
                [.text(statement), process.map { .int4($0) } ?? .null]
            ).isEmpty
        }) {
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    @Test func `a killed connection is replaced, and what was under way is reported`() async throws {
        try await withServer { server in
            let pool = PostgresPool(PostgresConfiguration(uri: server.uri), maximumConnections: 2)
            let killer = try await PostgresConnection.open(PostgresConfiguration(uri: server.uri))
            let victim = try await pool.run { $0.backendPID }
            try await killer.run { _ = try $0.execute("SELECT pg_terminate_backend($1, 5000)", [.int4(victim)]) }
            // Idle when it died: nobody notices.
            let second = try await pool.run { session in
                _ = try session.execute("SELECT 1")
                return session.backendPID
            }
            #expect(second != victim)
            // Dead in the middle of a statement: told, or tried again where the body may be repeated.
            func sleepUntilKilled(_ retry: Bool) async throws -> Int {
                let attempts = Mutex(0)
                let task = Task {
                    try await pool.run(retryOnConnectionLoss: retry) { session in
                        let attempt = attempts.withLock {
                            $0 += 1
                            return $0
                        }
                        if attempt == 1 { _ = try session.execute("SELECT pg_sleep(20)") }
                        return attempt
                    }
                }
                try await Self.terminate("SELECT pg_sleep(20)", by: killer)
                return try await task.value
            }
            let error = await asyncPostgresError { _ = try await sleepUntilKilled(false) }
            #expect(error?.isConnectionFailure == true)
            #expect(error?.isUnreachable == false)
            #expect(error?.description.hasPrefix("the connection to Postgres was lost: ") == true)
            #expect(try await sleepUntilKilled(true) == 2)
            await killer.close()
            await pool.close()
        }
    }

    @Test func `a connection lost during COMMIT leaves the outcome unknown`() async throws {
        try await withServer { server in
            let connection = try await PostgresConnection.open(PostgresConfiguration(uri: server.uri))
            let killer = try await PostgresConnection.open(PostgresConfiguration(uri: server.uri))
            try await killer.run { session in
                try session.executeScript(
                    """
                    CREATE TABLE slow (i int);
                    CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS
                      $$ BEGIN PERFORM pg_sleep(20); RETURN NULL; END $$;
                    CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON slow DEFERRABLE INITIALLY DEFERRED
                      FOR EACH ROW EXECUTE FUNCTION dawdle();
                    """)
            }
            let process = try await connection.run { $0.backendPID }
            let task = Task {
                try await connection.run { session in
                    try session.transaction { _ = try session.execute("INSERT INTO slow VALUES (1)") }
                }
            }
            try await Self.terminate("COMMIT", of: process, by: killer)
            let error = await asyncPostgresError { try await task.value }
            #expect(error?.isCommitOutcomeUnknown == true)
            #expect(error?.isConnectionFailure == true)
            try await killer.run { try $0.executeScript("DROP TABLE slow; DROP FUNCTION dawdle()") }
            await connection.close()
            await killer.close()
        }
    }

    @Test func `a pool survives a restart of its server`() async throws {
        let directory = try temporaryDirectory()
        let configuration = EmbeddedPostgres.Configuration(
            dataDirectory: directory, options: ["fsync": "off", "shared_buffers": "16MB"])
        let first = try await EmbeddedPostgres.start(configuration)
        let pool = PostgresPool(PostgresConfiguration(uri: first.uri), maximumConnections: 2)
        try await pool.run { try $0.executeScript("CREATE TABLE kept (i int8); INSERT INTO kept VALUES (9)") }
        await first.stop()
        let down = await asyncPostgresError { try await pool.run { _ in } }
        #expect(down?.isUnreachable == true)
        // While it is down for a moment, a body that may be repeated waits for it.
        let second = try await EmbeddedPostgres.start(configuration)
        #expect(try await pool.run { try $0.execute("SELECT i FROM kept")[0].int8(0) } == 9)
        let started = AsyncStream<Void>.makeStream()
        let task = Task {
            try await pool.run(retryOnConnectionLoss: true) { session in
                started.continuation.yield()
                _ = try session.execute("SELECT pg_sleep(0.5)")
                return try session.execute("SELECT i FROM kept")[0].int8(0)
            }
        }
        for await _ in started.stream { break }
        await second.stop()
        let third = try await EmbeddedPostgres.start(configuration)
        #expect(try await task.value == 9)
        await pool.close()
        await third.stop()
        try FileManager.default.removeItem(atPath: directory)
    }

    @Test func `blocked sessions don't hold up Swift's own threads`() async throws {
        try await withServer { server in
            let pool = PostgresPool(PostgresConfiguration(uri: server.uri), maximumConnections: 12)
            // Twelve blocked sessions, more than there are cores: a task that needs none of them still comes first.
            let order = Order()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<12 {
                    group.addTask {
                        try await pool.run { _ = try $0.execute("SELECT pg_sleep(2)") }
                        order.append("session")
                    }
                }
                try await Task.sleep(for: .milliseconds(50))
                order.append("task")
                try await group.waitForAll()
            }
            #expect(order.all.first == "task")
            await pool.close()
        }
    }
}

private final class Order: Sendable {
    private let names = Mutex<[String]>([])
    var all: [String] { names.withLock { $0 } }
    func append(_ name: String) { names.withLock { $0.append(name) } }
}
