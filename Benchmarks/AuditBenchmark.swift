import Glibc
import LedgerEvents
import LedgerMerkle
import LedgerPostgres
import LedgerStore
import LedgerValues
import Operations

/// `audit verify` of the log, beside the work that it can't avoid: reading every event, and hashing every leaf and node.
/// Afterwards, the server's time for a proof.
enum AuditBenchmark {
    static func run(_ bench: Bench) async throws {
        try await bench.withLedger { ledger in
            let head = try await fill(ledger, bench.events)
            var reads = Times()
            var hashes = Times()
            var verifies = Times()
            for _ in 0..<bench.rounds {
                try await reads.add {
                    try await ledger.pool.run { session in
                        try LogReader().forEachBytes(after: 0, upTo: head, session) { _ in }
                    }
                }
                try await hashes.add {
                    try await ledger.pool.run { session in
                        var last = MerkleHash.emptyRoot
                        try LogReader().forEachBytes(after: 0, upTo: head, session) { event in
                            last = MerkleHash.node(last, MerkleHash.leaf(event.payload))
                        }
                    }
                }
                try await verifies.add {
                    let found = try await ledger.pool.run { session in try LogVerifier().verify(session) }
                    if found.fault != nil { throw BenchmarkError("the log does not verify") }
                }
            }
            let count = Int(head)
            Bench.line("COPY OUT alone", count: count, seconds: reads.wall)
            Bench.line("COPY OUT, SHA-256 of each payload and of a node", count: count, seconds: hashes.wall)
            Bench.line("verify (goal ≥ 300,000/s)", count: count, seconds: verifies.wall)
            Bench.ratio("verify ÷ COPY OUT and SHA-256", Bench.median(hashes.wall) / Bench.median(verifies.wall))
            // The server is another process. On a busy machine only this program's own processor time shows the cost of
            // verifying.
            Bench.line("COPY OUT and SHA-256, processor time of this program", count: count, seconds: hashes.processor)
            Bench.line("verify, processor time of this program", count: count, seconds: verifies.processor)
            Bench.ratio("the same as a ratio", Bench.median(hashes.processor) / Bench.median(verifies.processor))
            try await proofs(ledger, head)
        }
    }

    /// Appends generated events, and returns the head's position.
    private static func fill(_ ledger: Ledger, _ count: Int) async throws -> Int64 {
        let run = ledger.newID()
        for start in stride(from: 0, to: count, by: 4_000) {
            try await ledger.log.append((start..<min(start + 4_000, count)).map(GeneratedEvents.event), runID: run)
        }
        return try await ledger.pool.run { session in
            _ = try session.execute("ANALYZE ledger.events")
            return try LogReader().head(session).position
        }
    }

    private static func proofs(_ ledger: Ledger, _ head: Int64) async throws {
        let asked = (0..<2_000).map { _ in
            let size = Int64.random(in: 1...head)
            return (Int64.random(in: 1...size), size)
        }
        let times = try await ledger.pool.run { session in
            var inclusions: [Double] = []
            var consistencies: [Double] = []
            for (position, size) in asked {
                let start = ContinuousClock.now
                _ = try session.transaction(.snapshot) {
                    try LogProofs().inclusion(position: position, size: size, session)
                }
                let middle = ContinuousClock.now
                _ = try session.transaction(.snapshot) {
                    try LogProofs().consistency(from: position, to: size, session)
                }
                inclusions.append((middle - start) / .milliseconds(1))
                consistencies.append((ContinuousClock.now - middle) / .milliseconds(1))
            }
            return (inclusions, consistencies)
        }
        for (name, values) in [("inclusion", times.0), ("consistency", times.1)] {
            let sorted = values.sorted()
            Bench.text(
                "\(name) proof at \(head) events (goal within 5 ms): \(Bench.fixed(sorted[1_000])) ms p50, \(Bench.fixed(sorted[1_980])) ms p99"
            )
        }
    }

    /// The times of each round, by the clock and in processor time of this program.
    private struct Times {
        var wall: [Double] = []
        var processor: [Double] = []

        mutating func add(_ body: () async throws -> Void) async throws {
            let before = Self.processorSeconds()
            wall.append(try await Bench.seconds(body))
            processor.append(Self.processorSeconds() - before)
        }

        private static func processorSeconds() -> Double {
            var time = timespec()
            clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
            return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        }
    }
}
