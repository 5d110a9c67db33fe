import LedgerEvents
import LedgerPostgres
import LedgerStore
import LedgerValues
import Operations
import TestSupport
import Testing

/// What a service runs by itself.
@Suite struct ScheduleTests {
    private func problem(_ text: String) -> String? {
        do {
            _ = try Settings(environment: ["ALPHA_LEDGER_SCHEDULE": text])
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test func `a schedule names jobs and their intervals, and is off by default`() throws {
        #expect(try Settings(environment: [:]).schedule == nil)
        let schedule = try #require(try Settings(environment: ["ALPHA_LEDGER_SCHEDULE": " backfill=2h ; sync=15m;"]).schedule)
        #expect(schedule.jobs.map(\.job) == [.sync, .backfill])
        #expect(schedule.jobs.map(\.seconds) == [900, 7_200])
        #expect(try Schedule(parsing: "sync=7d").jobs.map(\.seconds) == [604_800])
    }

    @Test(arguments: [
        ("sync", "found `sync`"), ("sync=15m=3", "found `sync=15m=3`"), ("snyc=15m", "did you mean `sync`?"), (";", "found no job"),
        ("sync=15m;sync=20m", "found `sync` twice"), ("sync=15", "`15` of `sync`, which is not 1m to 7d"), ("sync=0m", "`0m`"),
        ("sync=+5m", "`+5m`"), ("sync=8d", "`8d`"), ("sync=99999999999999999d", "not 1m to 7d"), ("backfill=", "`` of `backfill`"),
    ])
    func `a bad schedule stops the start and is named with what was expected`(text: String, found: String) {
        let problem = problem(text) ?? ""
        #expect(problem.hasPrefix("ALPHA_LEDGER_SCHEDULE: expected jobs as in sync=15m;backfill=60m"), "\(problem)")
        #expect(problem.contains(found), "\(problem)")
    }

    @Test func `jobs are due a minute after the start and then in their intervals, and missed turns are not made up for`() throws {
        var clock = ScheduleClock(try Schedule(parsing: "sync=15m;backfill=60m"), startingAt: 100)
        #expect(clock.next == 160 && clock.take(at: 159).isEmpty)
        #expect(clock.take(at: 160) == [.sync, .backfill])
        #expect(clock.next == 1_060 && clock.take(at: 1_060) == [.sync])
        // A long run: three turns of the sync were missed.
        #expect(clock.take(at: 3_900) == [.sync, .backfill])
        #expect(clock.next == 4_800 && clock.take(at: 4_799).isEmpty)
    }

    @Test func `one service holds the lease, and it ends with its session`() async throws {
        try await withQuotes { (bench: QuotesBench) async throws -> Void in
            let configuration = bench.ledger.serviceConfiguration
            let first = try #require(try await AdvisoryLock.acquire("schedule", configuration))
            #expect(await first.isHeld())
            #expect(try await AdvisoryLock.acquire("schedule", configuration) == nil)
            let owner = try await PostgresConnection.open(
                PostgresConfiguration(uri: try #require(bench.ledger.settings.databaseURL)))
            try await owner.run { session in
                // Waits until the session is gone, so that its lock is too.
                _ = try session.execute(
                    """
                    SELECT pg_terminate_backend(pid, 60000) FROM pg_locks WHERE locktype = 'advisory' AND granted
                    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                    """)
            }
            await owner.close()
            #expect(await first.isHeld() == false)
            let second = try #require(try await AdvisoryLock.acquire("schedule", configuration))
            #expect(await second.isHeld())
            await second.release()
            await first.release()
        }
    }

    @Test func `a turn runs its job, and one that fails ends nothing`() async throws {
        try await withQuotes { (bench: QuotesBench) async throws -> Void in
            let ledger = bench.ledger
            try await bench.record(try bench.row("T0"))
            let schedule = try Schedule(parsing: "backfill=60m")
            let before = try await ledger.primaryHead()
            let runner = try ScheduleRunner(ledger, schedule)
            await runner.turn(.backfill)
            let types = try await ledger.primaryEvents(after: before, limit: 100).map(\.type)
            #expect(types.contains("ContextStamped") && types.contains("ExecutionBenchmarkRecorded"), "\(types)")

            struct Broken: Error {}
            await ScheduleRunner(ledger, schedule) { _ in throw Broken() }.turn(.backfill)
            #expect(throws: SettingProblem.self) { try ScheduleRunner(ledger, try Schedule(parsing: "sync=15m")) }
        }
    }
}
