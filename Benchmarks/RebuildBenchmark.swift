import Foundation
import LedgerPostgres
import LedgerProjections
import LedgerStore
import Operations

/// The rebuild of all projections beside its floor: a bare COPY OUT of the log, a bare COPY IN of exactly the rebuilt
/// rows into tables of the same form, and their indexes. A tenth of the log is rebuilt first, for the rate at another
/// size. That is done `--rounds` times, because a short run suffers more from other work on the machine.
///
/// All tables are vacuumed and analyzed before each part, because the log is usually vacuumed when somebody rebuilds.
/// Otherwise autovacuum would start in the middle of a part.
enum RebuildBenchmark {
    static func run(_ bench: Bench) async throws {
        try await bench.withLedger { ledger in
            let small = bench.events / 10
            try await GeneratedLog.append(0..<small, to: ledger)
            var first: [Cost] = []
            for _ in 0..<bench.rounds {
                try await settle(ledger)
                try bench.fillPageCache()
                first.append(try await rebuild(ledger).cost)
            }
            first.sort { $0.seconds < $1.seconds }
            let ofSmall = first[first.count / 2]
            try await GeneratedLog.append(small..<bench.events, to: ledger)
            try await settle(ledger)
            let read = try await copyOut(ledger)
            try await settle(ledger)
            try bench.fillPageCache()
            let whole = try await rebuild(ledger)
            let peak = try Bench.peakMebibytes()
            try await settle(ledger)
            try bench.fillPageCache()
            let (write, index, bytes) = try await copyIn(ledger)

            let floor = read + write + index
            let rows = whole.summary.versions.reduce(0) { $0 + $1.rows + $1.historyRows }
            Bench.line("bare COPY OUT of the log", count: bench.events, seconds: [read.seconds])
            Bench.line("bare COPY IN of the rows and facts, \(bytes >> 20) MiB", count: rows, seconds: [write.seconds])
            Bench.text("their indexes: \(Bench.fixed(index.seconds)) s; the floor: \(Bench.fixed(floor.seconds)) s")
            Bench.line("rebuild of all seven, \(rows) rows with history", count: bench.events, seconds: [whole.cost.seconds])
            Bench.ratio("rebuild ÷ floor (goal ≤ 1.5)", whole.cost.seconds / floor.seconds)
            Bench.line("rebuild of the first \(small)", count: small, seconds: first.map(\.seconds))
            Bench.ratio(
                "time an event at \(bench.events) ÷ at \(small) (goal 0.85…1.15)",
                whole.cost.seconds / Double(bench.events) / (ofSmall.seconds / Double(small)))
            Bench.text("largest resident set so far: \(peak) MiB (goal < 1024), \(whole.summary.workers) workers")
            for (name, cost, count) in [
                ("COPY OUT", read, bench.events), ("COPY IN", write, bench.events), ("indexes", index, bench.events),
                ("rebuild and digests", whole.cost, bench.events), ("the same of the first \(small)", ofSmall, small),
            ] {
                Bench.text("\(name): \(cost.processor(each: count))")
            }
            Bench.ratio("processor time of the rebuild and the digests ÷ the floor's", whole.cost.processor / floor.processor)
        }
    }

    private static func rebuild(_ ledger: Ledger) async throws -> (summary: RebuildSummary, cost: Cost) {
        var summary: RebuildSummary?
        var cost = try await Cost.of(ledger) {
            summary = try await ledger.rebuild(
                ledger.registry.names.compactMap { name in
                    ledger.registry.firstDefinition(name).map { (name, $0.identity.reference) }
                })
        }
        guard let summary else { throw BenchmarkError("nothing was rebuilt") }
        // Reading the rows back for their digests does not count.
        cost.seconds = summary.seconds
        return (summary, cost)
    }

    private static func copyOut(_ ledger: Ledger) async throws -> Cost {
        try await Cost.of(ledger) {
            try await ledger.pool.run { session in
                try session.copyOut("COPY ledger.events TO STDOUT (FORMAT binary)") { _ in }
            }
        }
    }

    /// Copies the rows of every table, in COPY's own form, into a table of the same form, then makes its indexes. The
    /// tables come one after the other, in sessions like the rebuild's. The time to read the rows does not count.
    private static func copyIn(_ ledger: Ledger) async throws -> (write: Cost, index: Cost, bytes: Int) {
        var configuration = ledger.serviceConfiguration
        configuration.settings["synchronous_commit"] = "off"
        configuration.settings["maintenance_work_mem"] = "256MB"
        let pool = PostgresPool(configuration, maximumConnections: 1)
        var (write, index, bytes) = (Cost(), Cost(), 0)
        for version in try await pool.run({ session in try ledger.catalog.versions(session) }) {
            guard let definition = ledger.registry.definition(of: version) else { continue }
            let tables =
                [(version.tableName, definition.columns.key)]
                + (definition.rowsAreFacts ? [] : [("\(version.tableName)_facts", definition.entityKey)])
            for (name, columns) in tables {
                let rows = try await rows(of: name, pool)
                bytes += rows.reduce(0) { $0 + $1.count }
                let copy = "projection.\(name)_copy"
                try await pool.run { session in
                    try session.executeScript(
                        """
                        CREATE TABLE \(copy) (LIKE projection.\(name) INCLUDING COMPRESSION) WITH (autovacuum_enabled = off)
                        """)
                }
                write += try await Cost.of(ledger) {
                    try await pool.run { session in
                        _ = try session.copyIn("COPY \(copy) FROM STDIN (FORMAT binary)") { writer in
                            for part in rows { writer.append(part) }
                        }
                    }
                }
                index += try await Cost.of(ledger) {
                    let key = columns.map { "\"\($0)\"" }.joined(separator: ", ")
                    try await pool.run {
                        try $0.executeScript(
                            """
                            ALTER TABLE \(copy) ADD PRIMARY KEY (\(key), valid_from);
                            CREATE INDEX ON \(copy) (era, \(key), valid_from) WHERE era IS NOT NULL;
                            """)
                    }
                }
                try await pool.run { try $0.executeScript("DROP TABLE \(copy)") }
            }
        }
        await pool.close()
        return (write, index, bytes)
    }

    private static func rows(of table: String, _ pool: PostgresPool) async throws -> [[UInt8]] {
        try await pool.run { session in
            var writer = BinaryCopyWriter()
            var parts: [[UInt8]] = []
            try session.copyOut("COPY projection.\(table) TO STDOUT (FORMAT binary)") { row in
                writer.startRow(columns: row.columnCount)
                for column in 0..<row.columnCount {
                    let isNull = try row.withBytes(column) { writer.bytea($0) } == nil
                    if isNull { writer.null() }
                }
                if writer.byteCount > 1 << 20 { parts.append(try writer.take()) }
            }
            return parts + [try writer.take()]
        }
    }

    private static func settle(_ ledger: Ledger) async throws {
        let connection = try await PostgresConnection.open(PostgresConfiguration(uri: ledger.serviceConfiguration.uri))
        try await connection.run { session in
            // As separate statements, because a vacuum can't run in a transaction.
            try session.executeScript("VACUUM (ANALYZE)")
            try session.executeScript("CHECKPOINT")
        }
        await connection.close()
    }
}
