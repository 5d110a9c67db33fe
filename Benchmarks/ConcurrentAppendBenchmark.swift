import LedgerEvents
import LedgerPostgres
import LedgerStore
import LedgerValues
import Operations
import OptionTrades

/// 64 tasks that each append one event at a time, beside one connection that inserts and commits one bare row at a time.
enum ConcurrentAppendBenchmark {
    static let clients = 64

    static func run(_ bench: Bench) async throws {
        let count = min(bench.events, 20_000)
        let payloads = (0..<count).map { GeneratedExecutions.payload($0) }
        var appends: [Double] = []
        var inserts: [Double] = []
        let insertCount = min(count, 2_000)
        for _ in 0..<bench.rounds {
            try await bench.withLedger { ledger in
                let run = ledger.newID()
                appends.append(
                    try await Bench.seconds {
                        try await withThrowingTaskGroup(of: Void.self) { group in
                            for client in 0..<clients {
                                group.addTask {
                                    for number in stride(from: client, to: count, by: clients) {
                                        try await ledger.log.append([payloads[number].recordedEvent()], runID: run)
                                    }
                                }
                            }
                            try await group.waitForAll()
                        }
                    })
                inserts.append(try await insert(ledger, insertCount))
            }
        }
        let commits = Bench.median(appends) / Double(count)
        let single = Bench.median(inserts) / Double(insertCount)
        Bench.line("64 clients, one event an append", count: count, seconds: appends)
        Bench.line("one-row INSERT commits", count: insertCount, seconds: inserts)
        Bench.ratio("appends ÷ INSERT commits (goal ≥ 5)", single / commits)
    }

    private static func insert(_ ledger: Ledger, _ count: Int) async throws -> Double {
        let connection = try await PostgresConnection.open(PostgresConfiguration(uri: ledger.serviceConfiguration.uri))
        let rows = try await connection.run { session in
            try session.executeScript("CREATE TABLE public.inserted (LIKE ledger.events INCLUDING ALL)")
            return try LogReader().events(after: 0, limit: count, session)
        }
        let seconds = try await Bench.seconds {
            try await connection.run { session in
                for row in rows {
                    _ = try session.execute(
                        """
                        INSERT INTO public.inserted (position, event_id, stream, stream_version, type, schema_version,
                            recorded_at, effective_at, run_id, payload, leaf_hash)
                        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
                        """,
                        [
                            .int8(row.position), .uuid(row.eventID.high, row.eventID.low), .text(row.stream),
                            .int8(row.streamVersion), .text(row.type), .int4(Int32(row.schemaVersion)),
                            .timestamptz(microsecondsSince1970: row.recordedAt.microseconds),
                            row.effectiveAt.map { .timestamptz(microsecondsSince1970: $0.microseconds) } ?? .null,
                            .uuid(row.runID.high, row.runID.low), .utf8(row.payload), .bytea(row.leafHash.bytes),
                        ])
                }
            }
        }
        await connection.close()
        return seconds
    }
}
