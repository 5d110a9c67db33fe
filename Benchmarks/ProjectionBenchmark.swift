import LedgerEvents
import LedgerPostgres
import LedgerProjections
import LedgerStore
import Operations

/// The live projection of `trades`, including rows, history and checkpoint, beside reading the same events by COPY OUT.
enum ProjectionBenchmark {
    static func run(_ bench: Bench) async throws {
        try await bench.withLedger { ledger in
            let payloads = (0..<bench.events).map { GeneratedExecutions.payload($0) }
            try await AppendBenchmark.append(payloads, to: ledger)
            guard let definition = ledger.registry.firstDefinition("trades") else { return }
            let follower = ProjectionFollower(definition, pool: ledger.projectorPool, owner: ledger.owner)
            let live = try await Bench.seconds { _ = try await follower.catchUp() }
            let read = try await Bench.seconds {
                try await ledger.pool.run { session in
                    try session.copyOut("COPY ledger.events TO STDOUT (FORMAT binary)") { _ in }
                }
            }
            let version = try await ledger.pool.run { session in try ledger.catalog.served("trades", session) }
            guard let version else { return }
            let verifier = ProjectionVerifier(definition, version: version)
            let verify = try await Bench.seconds {
                let outcome = try await ledger.pool.run { session in try verifier.verify(session) }
                if !outcome.matches { throw BenchmarkError("the projection does not verify") }
            }
            let audit = try await Bench.seconds {
                let outcome = try await ledger.pool.run { session in try LogVerifier().verify(session) }
                if outcome.fault != nil { throw BenchmarkError("the log does not verify") }
            }
            Bench.line("live projection of trades (goal ≥ 50,000/s)", count: bench.events, seconds: [live])
            Bench.line("bare COPY OUT", count: bench.events, seconds: [read])
            Bench.ratio("projection ÷ COPY OUT", read / live)
            Bench.line("fold from zero and compare digests", count: bench.events, seconds: [verify])
            Bench.line("verify the log", count: bench.events, seconds: [audit])
        }
    }
}
