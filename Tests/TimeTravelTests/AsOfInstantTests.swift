import LedgerPostgres
import LedgerStore
import LedgerValues
import Operations
import TestSupport
import Testing

/// `as_of=<instant>`: which position it means.
@Suite struct AsOfInstantTests {
    private func clock(_ bench: TimeTravelBench) async throws -> Instant {
        let microseconds = try await bench.ledger.pool.run { session in
            try session.execute("SELECT clock_timestamp()")[0].timestamptz(0)
        }
        return try #require(Instant(microseconds: microseconds))
    }

    private func position(_ bench: TimeTravelBench, _ asOf: Instant) async throws -> Int64 {
        var ask = ViewRequest()
        ask.asOf = asOf
        return try await ViewReader(bench.ledger).page(.syncState, ask).position
    }

    @Test func `it is the largest position recorded by then`() async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            for number in 0..<5 { try await bench.append([recorded(try sampleRow("T\(number)"))]) }
            try await bench.project()
            let events = try await bench.events()
            for event in events {
                let then = events.last { $0.recordedAt <= event.recordedAt }?.position
                #expect(try await position(bench, event.recordedAt) == then)
                let before = try #require(event.recordedAt.advanced(byMicroseconds: -1))
                let earlier = events.last { $0.recordedAt <= before }?.position ?? 0
                #expect(try await position(bench, before) == earlier)
            }
            #expect(try await position(bench, .minimum) == 0)
            let future = try #require(try await clock(bench).advanced(byMicroseconds: 3_600_000_000))
            await #expect(throws: ViewError.self) { try await position(bench, future) }
            // The position pins the knowledge, the instant "now", future or not.
            var ask = ViewRequest()
            ask.asOf = future
            ask.asOfPosition = 3
            let both = try await ViewReader(bench.ledger).page(.syncState, ask)
            #expect(both.position == 3 && both.asOf == future && both.headPosition == 3)
        }
    }

    /// An append has taken its `recorded_at` and has not committed: an answer as of a later instant waits for it.
    @Test func `an append under way is waited for where it could still land before`() async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            try await bench.project()
            let head = Int64(try await bench.events().count)
            let (starts, start) = AsyncStream.makeStream(of: Void.self)
            let event = recorded(try sampleRow("late"))
            async let appended = bench.ledger.log.append([event], runID: TimeTravelBench.run) { session, _ in
                start.finish()
                _ = try session.execute("SELECT pg_sleep(0.4)")
            }
            for await _ in starts {}
            let asOf = try await clock(bench)
            let follower = Task {
                while true {
                    try await bench.project()
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            let first = try await position(bench, asOf)
            #expect(first == head + 1)
            _ = try await appended
            follower.cancel()
            _ = try? await follower.value
            #expect(try await position(bench, asOf) == first)
            // What was recorded before the head's last event is settled: no append under way is waited for.
            let later = recorded(try sampleRow("later"))
            async let blocked = bench.ledger.log.append([later], runID: TimeTravelBench.run) { session, _ in
                _ = try session.execute("SELECT pg_sleep(0.4)")
            }
            let events = try await bench.events()
            let opening = try #require(events.first).recordedAt
            #expect(try await position(bench, opening) >= 1)
            _ = try await blocked
        }
    }
}
