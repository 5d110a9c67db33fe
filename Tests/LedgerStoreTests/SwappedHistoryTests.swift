import LedgerEvents
import LedgerMerkle
import LedgerPostgres
import LedgerValues
import OptionTrades
import Synchronization
import TestSupport
import Testing

@testable import LedgerStore

/// Programs that append to a log whose history is swapped under them.
@Suite struct SwappedHistoryTests {
    private let run = UniqueID(high: 8, low: 8)
    /// A schedule begins with so many events at most: each is verified from the first event on.
    private static let longestStart: Int64 = 24

    private enum Step {
        case append(program: Int, events: Int)
        case loseSession(program: Int)
        /// A failover that lost the last events.
        case cut(events: Int64)
        /// Other events in the place of the last ones, at the same positions and times.
        case replace(events: Int64)
        /// The same in a database with another ledger's id.
        case restore(events: Int64)
    }

    /// A schedule always ends with each program's append.
    private func steps(_ random: inout SeededGenerator) -> [Step] {
        var steps: [Step] = []
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let events = Int64.random(in: 1...4, using: &random)
            switch Int.random(in: 0..<32, using: &random) {
            case 0: steps.append(.loseSession(program: Int.random(in: 0..<2, using: &random)))
            case 1..<10: steps.append(.append(program: Int.random(in: 0..<2, using: &random), events: Int(events)))
            case 10..<18: steps.append(.cut(events: events))
            case 18..<28: steps.append(.replace(events: events))
            default: steps.append(.restore(events: events))
            }
        }
        return steps + [.append(program: 0, events: 1), .append(program: 1, events: 1)]
    }

    @Test(.timeLimit(.minutes(30))) func `ten thousand schedules of appends, lost sessions and swapped histories leave a sound log`()
        async throws
    {
        try await withLedger { ledger in
            let programs = [ledger, try ledger.another()]
            let superuser = try await PostgresConnection.open(PostgresConfiguration(uri: ledger.uri))
            let base = NewEvent(
                identity: "base", stream: "rejections-base", type: .alphaRowRejected,
                payload: RejectedRowPayload(source: "s", raw: "1", reasons: ["r"], sourceTradeID: nil).encode())
            let numbers = Atomic<Int>(0)
            @Sendable func event() -> NewEvent {
                let number = numbers.add(1, ordering: .relaxed).newValue
                return NewEvent(identity: "\(number)", stream: "s-\(number)", type: base.type, payload: base.payload)
            }
            try await superuser.run { try SwappedHistory.prepare($0) }
            for seed in 1...10_000 as ClosedRange<UInt64> {
                var random = SeededGenerator(seed: seed)
                let start = Int64.random(in: 1...Self.longestStart, using: &random)
                _ = try await superuser.run { session in
                    let head = try LogReader().head(session).position
                    if head > start { try SwappedHistory(session: session).cut(after: start) }
                }
                for step in steps(&random) {
                    switch step {
                    case .append(let program, let events):
                        try await programs[program].log.append((0..<events).map { _ in event() }, runID: run)
                    case .loseSession(let program):
                        // In the midst of an append, which then asks again.
                        let isFirst = Atomic<Bool>(true)
                        try await programs[program].log.append([event()], runID: run) { session, _ in
                            if isFirst.exchange(false, ordering: .relaxed) {
                                try session.executeScript("RESET ROLE; SELECT pg_terminate_backend(pg_backend_pid())")
                            }
                        }
                    case .cut(let events), .replace(let events), .restore(let events):
                        try await superuser.run { session in
                            let history = SwappedHistory(session: session)
                            let head = try LogReader().head(session).position
                            let position = max(min(1, head), head - events)
                            switch step {
                            case .cut: try history.cut(after: position)
                            default: try history.replace(after: position) { _ in event() }
                            }
                            if case .restore = step {
                                try session.executeScript("UPDATE ledger.head SET ledger_id = gen_random_uuid()")
                            }
                        }
                    }
                }
                let fault = try await superuser.run { try LogVerifier().verify($0).fault }
                #expect(fault == nil, "seed \(seed): \(fault?.problem ?? "")")
                if fault != nil { break }
            }
            await superuser.close()
            await programs[1].close()
        }
    }
}
