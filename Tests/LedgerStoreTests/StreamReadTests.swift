import LedgerEvents
import LedgerPostgres
import LedgerStore
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// Reads of many streams at once.
@Suite struct StreamReadTests {
    private let first = UniqueID(high: 1, low: 2)
    private let second = UniqueID(high: 3, low: 4)
    private static let streams = ["execution-alpha_sync:A", "execution-alpha_sync:B"]
    private static let types: [EventType] = [.alphaExecutionRecorded, .alphaExecutionUpdated]

    /// A log of three events: A and B of one run, and an update of A of another.
    private func read<T: Sendable>(_ body: @Sendable @escaping (PostgresSession) throws -> T) async throws -> T {
        try await withLedger { ledger in
            let old = try sampleRow("A")
            try await ledger.log.append([recorded(old), recorded(try sampleRow("B"))], runID: first)
            try await ledger.log.append([updated(try sampleRow("A", updatedAt: 5), from: old, previous: 1)], runID: second)
            return try await ledger.pool.run(body)
        }
    }

    @Test(arguments: [.named(streams), .prefixed("execution-")] as [StreamSet])
    func `Named streams and those of a prefix answer alike`(set: StreamSet) async throws {
        let (all, latest, earlier) = try await read { session in
            var (all, latest, earlier): ([Int64], [String], [String]) = ([], [], [])
            try LogReader().forEachEvent(in: set, upTo: 3, session) { version, _ in all.append(version) }
            try LogReader().forEachLatest(of: Self.types, in: set, upTo: 3, session) { latest.append("\($0) \($1.type)") }
            try LogReader().forEachLatest(of: Self.types, in: set, upTo: 2, session) { earlier.append("\($0) \($1.type)") }
            return (all, latest, earlier)
        }
        #expect(all == [1, 2, 1])
        #expect(latest == ["2 AlphaExecutionUpdated", "1 AlphaExecutionRecorded"])
        #expect(earlier == ["1 AlphaExecutionRecorded", "1 AlphaExecutionRecorded"])
    }

    @Test func `The latest of the streams of a prefix come from all of them, in the order of the log`() async throws {
        let (all, two, none, other) = try await read { session in
            let log = LogReader()
            func positions(_ prefix: StaticString, _ limit: Int) throws -> [Int64] {
                try log.latestEvents(inStreamsPrefixed: prefix, limit: limit, session).map(\.position)
            }
            return (
                try positions("execution-", 10), try positions("execution-", 2), try positions("execution-", 0), try positions("sync-", 10)
            )
        }
        // A was recorded, then B, then A was updated.
        #expect(all == [3, 2, 1] && two == [3, 2] && none == [] && other == [])
    }

    @Test func `The latest of all streams is found by type`() async throws {
        let (latest, updated) = try await read { session in
            var latest: [String] = []
            try LogReader().forEachLatest(of: Self.types, session) { latest.append($0.type) }
            return (latest, try LogReader().streams(whoseLatestOf: Self.types, is: .alphaExecutionUpdated, session))
        }
        #expect(latest == ["AlphaExecutionUpdated", "AlphaExecutionRecorded"])
        #expect(updated == [Self.streams[0]])
    }

    @Test func `Each stream of a list answers under its index, and one without events does not`() async throws {
        let list = ["execution-alpha_sync:none"] + Self.streams
        let (latest, last, counts) = try await read { [second] session in
            var (latest, last, counts): ([Int: Int64], [Int: Int64], [Int: Int]) = ([:], [:], [:])
            try LogReader().forEachLatest(of: [.alphaExecutionRecorded], inEach: list, session) { index, version, stored in
                if stored.type == "AlphaExecutionRecorded" { latest[index] = version }
            }
            try LogReader().forEachLast(inEach: list, session) { index, version, stored in
                if stored.schemaVersion == 1 { last[index] = version }
            }
            try LogReader().forEachEvent(inEach: list, without: second, session) { index, _ in counts[index, default: 0] += 1 }
            return (latest, last, counts)
        }
        // The version is the stream's own, not that of the event of the type.
        #expect(latest == [1: 2, 2: 1] && last == [1: 2, 2: 1] && counts == [1: 1, 2: 1])
    }
}
