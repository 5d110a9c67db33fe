import Foundation
import LedgerJSON
import LedgerPostgres
import LedgerValues
import Operations
import Testing

@testable import API

/// What the service refuses rather than queue, buffer or wait without end.
@Suite struct LimitTests {
    @Test func `requests past the running and the waiting ones are refused, and places are given on in order`() async throws {
        let gate = RequestGate(concurrent: 2, queued: 3)
        let (releases, release) = AsyncStream.makeStream(of: Void.self)
        let order = Order()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<5 {
                group.addTask {
                    try await gate.run {
                        if number < 2 { for await _ in releases { break } }
                        await order.add(number)
                    }
                }
                while gate.load.running + gate.load.waiting < number + 1 { await Task.yield() }
            }
            #expect(gate.load == (2, 3))
            await #expect(throws: Problem.self) { try await gate.run {} }
            release.finish()
            try await group.waitForAll()
        }
        #expect(await order.numbers.count == 5)
        #expect(await order.numbers.filter { $0 >= 2 } == [2, 3, 4])
        #expect(gate.load == (0, 0))
    }

    @Test func `who is cancelled while waiting leaves the line`() async throws {
        let gate = RequestGate(concurrent: 1, queued: 10)
        let (releases, release) = AsyncStream.makeStream(of: Void.self)
        let first = Task { try await gate.run { for await _ in releases {} } }
        while gate.load.running == 0 { await Task.yield() }
        let waiting = Task { try await gate.run {} }
        while gate.load.waiting == 0 { await Task.yield() }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        #expect(gate.load == (1, 0))
        release.finish()
        try await first.value
        #expect(gate.load == (0, 0))
    }

    @Test func `an address with too many wrong keys waits, others don't, and time lets it in again`() {
        let failures = AddressBuckets(burst: 3, perMinute: 6)
        let start = ContinuousClock.now
        for _ in 0..<3 {
            #expect(failures.wait("a", at: start) == nil)
            failures.count("a", at: start)
        }
        #expect(failures.wait("a", at: start) == 10 && failures.wait("b", at: start) == nil)
        #expect(failures.wait("a", at: start + .seconds(4)) == 6)
        #expect(failures.wait("a", at: start + .seconds(10)) == nil)
        // However long it waits, it never has more than the burst.
        let later = start + .seconds(100_000)
        for _ in 0..<3 { failures.count("a", at: later) }
        #expect(failures.wait("a", at: later) == 10)
    }

    @Test func `addresses are forgotten, the least suspicious first, before they fill the memory`() {
        let failures = AddressBuckets(burst: 2, perMinute: 1)
        let now = ContinuousClock.now
        failures.count("guesser", at: now)
        failures.count("guesser", at: now)
        for number in 0..<2 * AddressBuckets.maximumAddresses { failures.count("10.0.\(number)", at: now) }
        #expect(failures.wait("guesser", at: now) != nil)
    }

    @Test func `a read that takes too long is a 503, and its statement ends in the database`() async throws {
        var limits = ServiceLimits()
        limits.readDeadline = .milliseconds(300)
        try await withService(limits: limits, projectors: false) { service in
            let uri = service.ledger.serviceConfiguration.uri
            let owner = try await PostgresConnection.open(PostgresConfiguration(uri: uri))
            let (locks, locked) = AsyncStream.makeStream(of: Void.self)
            let holding = Task {
                try await owner.run { session in
                    try session.transaction {
                        try session.executeScript("LOCK TABLE ledger.events IN ACCESS EXCLUSIVE MODE")
                        locked.yield()
                        try session.executeScript("SELECT pg_sleep(60)")
                    }
                }
            }
            for await _ in locks { break }
            let late = try await service.ask("/api/ledger/events")
            #expect(late.status == 503 && late.headers["retry-after"] == "1")
            #expect(try late.code() == "deadline_exceeded")
            let waiting = try await service.ledger.pool.run { session in
                try session.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")[0].int8(0)
            }
            #expect(waiting == 0)
            holding.cancel()
            _ = try? await holding.value
            await owner.close()
            #expect(try await service.ask("/api/ledger/events").status == 200)
        }
    }

    @Test func `an address that guesses keys is sent away, whatever key it brings next`() async throws {
        var limits = ServiceLimits()
        limits.authenticationFailures = 3
        limits.authenticationFailuresPerMinute = 1
        try await withService(["ALPHA_LEDGER_READ_KEY": "reader-key-of-tests"], limits: limits, projectors: false) { service in
            let path = "/api/ledger/head"
            for guess in ["a", "b", "c"] {
                #expect(try await service.ask(path, headers: [("Authorization", "Bearer \(guess)")]).status == 401)
            }
            let right = try await service.ask(path, headers: [("Authorization", "Bearer reader-key-of-tests")])
            #expect(right.status == 429 && Int(right.headers["retry-after"] ?? "") ?? 0 > 30)
            #expect(try right.code() == "too_many_failures")
            // Without a key nothing is guessed, and a sign of life needs none.
            #expect(try await service.ask(path).status == 401)
            #expect(try await service.ask("/healthz").status == 200)
        }
    }

    private actor Order {
        private(set) var numbers: [Int] = []
        func add(_ number: Int) { numbers.append(number) }
    }
}
