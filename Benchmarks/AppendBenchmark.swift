import LedgerEvents
import LedgerPostgres
import LedgerStore
import LedgerValues
import Operations
import OptionTrades

/// Appends in batches, with identities, schema checks, deduplication, leaf hashes and tree nodes. The baseline is a bare
/// COPY of exactly the resulting rows into a table with the same indexes and checks.
enum AppendBenchmark {
    static let batch = 10_000

    static func run(_ bench: Bench) async throws {
        let payloads = (0..<bench.events).map { GeneratedExecutions.payload($0) }
        var appends: [Double] = []
        var copies: [Double] = []
        for _ in 0..<bench.rounds {
            try await bench.withLedger { ledger in
                appends.append(try await Bench.seconds { try await append(payloads, to: ledger) })
                copies.append(try await copy(from: ledger))
            }
        }
        Bench.line("append", count: bench.events, seconds: appends)
        Bench.line("bare COPY", count: bench.events, seconds: copies)
        Bench.ratio("append ÷ bare COPY (goal ≥ 0.60)", Bench.median(copies) / Bench.median(appends))
    }

    /// Appends with two batches in progress: one is checked while the other is stored.
    static func append(_ payloads: [ExecutionPayload], to ledger: Ledger) async throws {
        let run = ledger.newID()
        try await withThrowingTaskGroup(of: Void.self) { group in
            var underWay = 0
            for start in stride(from: 0, to: payloads.count, by: batch) {
                if underWay == 2 {
                    try await group.next()
                    underWay -= 1
                }
                let slice = payloads[start..<min(start + batch, payloads.count)]
                group.addTask { try await ledger.log.append(slice.map { $0.recordedEvent() }, runID: run) }
                underWay += 1
            }
            try await group.waitForAll()
        }
    }

    private static func copy(from ledger: Ledger) async throws -> Double {
        let connection = try await PostgresConnection.open(PostgresConfiguration(uri: ledger.serviceConfiguration.uri))
        let rows = try await connection.run { session in
            try CopiedEvents.makeTable(session)
            return try LogReader().events(after: 0, limit: .max, session)
        }
        let seconds = try await Bench.seconds {
            try await connection.run { session in
                try CopiedEvents.copy(rows, session)
            }
        }
        await connection.close()
        return seconds
    }
}
