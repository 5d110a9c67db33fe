import LedgerEvents
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
import Operations

/// The time from an append's call until its event is in all views. Events are appended one at a time at a fixed rate,
/// with the projectors in this process.
enum LatencyBenchmark {
    static let eventsPerSecond = 1_000
    static let seconds = 10

    static func run(_ bench: Bench) async throws {
        let count = eventsPerSecond * seconds
        let events = (0..<count).map { GeneratedEvents.event($0) }
        try await bench.withLedger { ledger in
            let signal = LogSignal(ledger.serviceConfiguration)
            let started = ContinuousClock.now
            let run = ledger.newID()
            let base = try await ledger.pool.run { session in try LogReader().head(session).position }
            let latencies = try await withThrowingTaskGroup(of: [Duration]?.self) { group in
                group.addTask {
                    await signal.run(); return nil
                }
                group.addTask {
                    await ProjectionGroup(ledger.registry, pool: ledger.projectorPool, owner: ledger.owner).run(signal)
                    return nil
                }
                group.addTask {
                    try await withThrowingTaskGroup(of: Void.self) { appends in
                        for (number, event) in events.enumerated() {
                            try await Task.sleep(until: moment(number, after: started))
                            appends.addTask { try await ledger.log.append([event], runID: run) }
                        }
                        try await appends.waitForAll()
                    }
                    return nil
                }
                group.addTask { try await watch(ledger, base: base, count: count, started) }
                while let result = try await group.next() {
                    if let latencies = result {
                        group.cancelAll()
                        return latencies
                    }
                }
                return []
            }
            let sorted = latencies.map { Double($0.components.seconds) * 1000 + Double($0.components.attoseconds) / 1e15 }.sorted()
            guard let last = sorted.last else { return }
            Bench.text("append to visible in all \(ledger.registry.names.count) views, \(eventsPerSecond) events/s (goal p99 < 50 ms)")
            Bench.text(
                "p50 \(Bench.fixed(sorted[sorted.count / 2])) ms, p99 \(Bench.fixed(sorted[sorted.count * 99 / 100])) ms, most \(Bench.fixed(last)) ms"
            )
        }
    }

    private static func moment(_ number: Int, after start: ContinuousClock.Instant) -> ContinuousClock.Instant {
        start + .seconds(1) + .microseconds(number * 1_000_000 / eventsPerSecond)
    }

    /// Checks every millisecond how far the slowest projection is. Positions follow the order of the calls, except
    /// among events that share a commit, so the n-th position is measured from the n-th call.
    private static func watch(
        _ ledger: Ledger, base: Int64, count: Int, _ started: ContinuousClock.Instant
    ) async throws -> [Duration] {
        var latencies: [Duration] = []
        while latencies.count < count {
            let slowest = try await ledger.pool.run { session in
                try session.execute("SELECT min(position) FROM ledger.projection_versions")[0].int8(0)
            }
            let now = ContinuousClock.now
            while latencies.count < min(count, Int(slowest - base)) {
                latencies.append(now - moment(latencies.count, after: started))
            }
            try await Task.sleep(for: .milliseconds(1))
        }
        return latencies
    }
}
