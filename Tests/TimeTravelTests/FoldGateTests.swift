import LedgerJSON
import LedgerProjections
import LedgerStore
import Synchronization
import TestSupport
import Testing

@testable import Operations

/// The bounds on what readers have worked out.
@Suite struct FoldGateTests {
    /// How many folds are under way, and the most that ever were.
    private final class Gauge: Sendable {
        private let state = Mutex((now: 0, most: 0, runs: 0))

        func run() async throws -> FoldResult {
            let run = state.withLock { state in
                state.now += 1
                state.most = max(state.most, state.now)
                state.runs += 1
                return state.runs
            }
            try await Task.sleep(for: .milliseconds(30))
            state.withLock { $0.now -= 1 }
            return .node(.integer(Int64(run)))
        }

        var most: Int { state.withLock { $0.most } }
        var runs: Int { state.withLock { $0.runs } }
    }

    @Test func `texts that look the same and are other bytes are other folds`() async throws {
        let gate = FoldGate()
        let gauge = Gauge()
        for key in ["caf\u{e9}", "cafe\u{301}", "caf\u{e9}"] {
            _ = try await gate.result(key, isBounded: true) { _ in try await gauge.run() }
        }
        #expect(gauge.runs == 2)
    }

    @Test func `readers of the same share one fold and its result is kept`() async throws {
        let gate = FoldGate()
        let gauge = Gauge()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                group.addTask { _ = try await gate.result("same", isBounded: true) { _ in try await gauge.run() } }
            }
            try await group.waitForAll()
        }
        _ = try await gate.result("same", isBounded: true) { _ in try await gauge.run() }
        #expect(gauge.runs == 1)
    }

    @Test func `results are kept for their size in memory, which is not that of their text`() async throws {
        let gate = FoldGate()
        // Two hundred of them take 40 MB and more as nodes, and 15 MB as texts. 32 MiB are kept.
        let node = JSONNode.object((0..<6_000).map { ("k\($0)", .null) })
        #expect(node.httpBytes().count < 100_000)
        let runs = Mutex(0)
        for number in Array(0..<200) + [199, 0] {
            _ = try await gate.result("\(number)", isBounded: true) { _ in
                runs.withLock { $0 += 1 }
                return .node(node)
            }
        }
        // The latest is there, and the first is not.
        #expect(runs.withLock { $0 } == 201)
    }

    @Test func `a reader who comes as the last other one leaves gets a fold of its own`() async throws {
        let gate = FoldGate()
        let (starts, started) = AsyncStream.makeStream(of: Void.self)
        let (ends, ended) = AsyncStream.makeStream(of: Void.self)
        let first = Task {
            try await gate.result("same", isBounded: true) { _ in
                started.yield()
                // Work that does not notice at once that it is cancelled.
                await Task { for await _ in ends { break } }.value
                try Task.checkCancellation()
                return .node(.integer(1))
            }
        }
        for await _ in starts { break }
        first.cancel()
        // The gate hears of it in a task of its own.
        try await Task.sleep(for: .milliseconds(50))
        let second = try await gate.result("same", isBounded: true) { _ in .node(.integer(2)) }
        guard case .node(.integer(2)) = second else {
            Issue.record("the second reader got another one's fold")
            return
        }
        ended.yield()
        await #expect(throws: CancellationError.self) { try await first.value }
    }

    @Test func `two folds run at a time`() async throws {
        let gate = FoldGate()
        let gauge = Gauge()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<9 {
                group.addTask { _ = try await gate.result("\(number)", isBounded: true) { _ in try await gauge.run() } }
            }
            try await group.waitForAll()
        }
        #expect(gauge.runs == 9 && gauge.most == 2)
    }

    @Test func `who gets no turn in time or finds too many waiting is refused and a later one is served`() async throws {
        let gate = FoldGate(slots: 1, maximumWaiting: 1, limit: .milliseconds(50))
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        let (starts, start) = AsyncStream.makeStream(of: Void.self)
        let long = Task {
            try await gate.result("long", isBounded: true) { deadline in
                start.finish()
                for await _ in ends {}
                try deadline.check()
                return .node(.null)
            }
        }
        for await _ in starts {}
        let waiting = Task { try await gate.result("waiting", isBounded: true) { _ in .node(.null) } }
        await #expect(throws: FoldDeadline.Passed.self) { try await waiting.value }
        end.finish()
        await #expect(throws: FoldDeadline.Passed.self) { try await long.value }
        // A failure is not kept.
        _ = try await gate.result("long", isBounded: true) { _ in .node(.null) }
    }

    @Test func `a fold without bounds needs no turn and has no deadline`() async throws {
        let gate = FoldGate(slots: 0, maximumWaiting: 0, limit: .zero)
        await #expect(throws: FoldDeadline.Passed.self) { try await gate.result("a", isBounded: true) { _ in .node(.null) } }
        _ = try await gate.result("a", isBounded: false) { deadline in
            try deadline.check()
            return .node(.null)
        }
    }

    @Test func `the server ends a statement of a fold that takes too long`() async throws {
        try await withDatabase { uri in
            try await TimeTravelBench.open(uri) { bench in
                let deadline = FoldDeadline(instant: .now + .milliseconds(100))
                await #expect(throws: FoldDeadline.Passed.self) {
                    try await deadline.read(ReadDatabase(bench.ledger), .latest) { session in
                        _ = try session.execute("SELECT pg_sleep(60)")
                    }
                }
            }
        }
    }

    @Test func `a read that is too large names the command that does it`() async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            try await bench.append([recorded(try sampleRow("it's"))])
            try await bench.project()
            let reader = ViewReader(bench.ledger, folds: FoldGate(limit: .zero))
            var ask = ViewRequest()
            ask.filters = try ViewReader.filters(.alignment, [("portfolio", "it's"), ("from", "2026-01-01")])
            ask.effectiveAt = try instant("2026-02-01T00:00:00Z")
            ask.asOfPosition = activations + 1
            ask.rules = .version(VersionReference(version: "v2"))
            let error = await #expect(throws: ViewError.self) { try await reader.page(.alignment, ask) }
            let command =
                "alpha-ledger view alignment --portfolio 'it'\\''s' --from 2026-01-01T00:00:00Z --effective-at 2026-02-01T00:00:00Z --as-of-position \(activations + 1) --as-of 2026-02-01T00:00:00Z --rules alignment@v2/c1 --limit 100 --json"
            #expect(error == .foldTooLarge(command: command))
            // Rows that are stored need no fold.
            _ = try await reader.page(.trades, ViewRequest())
            _ = try await ViewReader(bench.ledger, isBounded: false, folds: FoldGate(limit: .zero)).page(.alignment, ask)
        }
    }
}
