import LedgerEvents
import LedgerStore
import LedgerValues
import Operations
import SampleScope
import TestSupport
import Testing

/// The moments at which something happened to the whole ledger.
@Suite struct LedgerTickTests {
    @Test func `ticks are the runs of all scopes and what was served, latest first`() async throws {
        try await withSync { (bench: SyncBench) async throws -> Void in
            let promotions = try await bench.ledger.ticks(limit: 200)
            #expect(promotions.count == bench.ledger.registry.names.count)
            #expect(promotions.allSatisfy { $0.kind == .promotion && $0.text.contains(/^[a-z_]+ v1\/c[0-9]+$/) })

            try await bench.sync(portfolios: ["IMST"])
            try await bench.sync()
            bench.server.setPhase(.updated)
            let corrected = try await bench.sync()
            try await bench.sync()
            bench.server.setFailures(.every(.status(404)))
            _ = try? await bench.sync()

            let ticks = try await bench.ledger.ticks(limit: 200)
            #expect(ticks.map(\.position) == ticks.map(\.position).sorted(by: >))
            let runs = ticks.filter { $0.kind != .promotion }
            #expect(runs.map(\.kind) == [.failure, .sync, .correction, .sync, .sync])
            #expect(runs.map(\.text).prefix(3) == ["http_404", "nothing new", "\(corrected.updated) corrected"])
            #expect(runs.last?.text.contains(/^[0-9]+ new$/) == true)
            // A tick is the run's own event: all that it stored was recorded by then.
            let events = try await bench.events()
            for tick in ticks {
                let event = try #require(events.first { $0.position == tick.position })
                #expect(event.recordedAt == tick.recordedAt)
            }
            // The latest ones alone.
            #expect(try await bench.ledger.ticks(limit: 2) == Array(ticks.prefix(2)))
        }
    }

    @Test func `the clock of New York is that of the newest installed rules`() async throws {
        try await withSync { (bench: SyncBench) async throws -> Void in
            let clock = try bench.ledger.newYork()
            #expect(clock.timeName(at: try instant("2026-07-01T12:00:00Z")) == "EDT")
            #expect(clock.timeName(at: try instant("2026-01-01T12:00:00Z")) == "EST")
        }
    }
}
