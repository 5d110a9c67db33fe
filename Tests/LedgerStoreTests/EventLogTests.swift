import LedgerEvents
import LedgerMerkle
import LedgerPostgres
import LedgerStore
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@Suite struct EventLogTests {
    let run = UniqueID(high: 1, low: 2)

    @Test func `an append answers with positions and versions`() async throws {
        try await withLedger { ledger in
            let old = try sampleRow("A")
            let new = try sampleRow("A", updatedAt: 5, quantity: 11)
            let answers = try await ledger.log.append(
                [recorded(old), recorded(try sampleRow("B")), updated(new, from: old, previous: 1)], runID: run)
            #expect(
                answers == [
                    AppendedEvent(position: 1, streamVersion: 1, isNew: true),
                    AppendedEvent(position: 2, streamVersion: 1, isNew: true),
                    AppendedEvent(position: 3, streamVersion: 2, isNew: true),
                ])
            let head = try await ledger.pool.run { try LogReader().head($0) }
            #expect(head.position == 3)
        }
    }

    @Test func `the same identity with an equal payload is a no op whatever version it expects`() async throws {
        try await withLedger { ledger in
            let row = try sampleRow("A")
            try await ledger.log.append([recorded(row)], runID: run)
            let again = try await ledger.log.append([recorded(row)], runID: UniqueID(high: 9, low: 9))
            #expect(again == [AppendedEvent(position: 1, streamVersion: 1, isNew: false)])
            #expect(try await ledger.pool.run { try LogReader().head($0).position } == 1)
        }
    }

    @Test func `the same identity with another payload is a conflict and stores nothing`() async throws {
        try await withLedger { ledger in
            try await ledger.log.append([recorded(try sampleRow("A"))], runID: run)
            await #expect(throws: LedgerError.self) {
                _ = try await ledger.log.append(
                    [recorded(try sampleRow("B")), recorded(try sampleRow("A", quantity: 99))], runID: run)
            }
            #expect(try await ledger.pool.run { try LogReader().head($0).position } == 1)
        }
    }

    @Test func `an unexpected version is a typed conflict`() async throws {
        try await withLedger { ledger in
            let old = try sampleRow("A")
            let new = try sampleRow("A", updatedAt: 5)
            try await ledger.log.append([recorded(old)], runID: run)
            await #expect(throws: LedgerError.versionConflict(stream: "execution-alpha_sync:A", expected: 4, actual: 1)) {
                try await ledger.log.append([updated(new, from: old, previous: 4)], runID: run)
            }
        }
    }

    @Test func `a payload that does not match its schema is refused`() async throws {
        try await withLedger { ledger in
            let event = NewEvent(
                identity: "x", stream: "execution-alpha_sync:A", type: .alphaExecutionRecorded,
                payload: Array(#"{"price":12.5}"#.utf8))
            await #expect(throws: LedgerError.self) { try await ledger.log.append([event], runID: run) }
            let head = try await ledger.pool.run { try LogReader().head($0) }
            #expect(head.position == 0)
        }
    }

    @Test func `stored events read back with leaf hashes and the root is that of their rows`() async throws {
        try await withLedger { ledger in
            var events: [NewEvent] = []
            for index in 0..<300 { events.append(recorded(try sampleRow("T\(index)"))) }
            // By COPY, then by arrays, then one by one.
            try await ledger.log.append(Array(events[..<200]), runID: run)
            try await ledger.log.append(Array(events[200..<290]), runID: run)
            for event in events[290...] { try await ledger.log.append([event], runID: run) }
            let stored = try await ledger.pool.run { try LogReader().events(after: 0, limit: 1000, $0) }
            #expect(stored.map(\.position) == Array(1...300))
            #expect(stored.map(\.payload) == events.map(\.payload))
            #expect(stored.allSatisfy { $0.leafHash == $0.computedLeafHash() })
            var tree = MerkleFrontier()
            for event in stored { tree.append(event.leafHash) { _, _, _ in } }
            let root = try await ledger.pool.run { try LogReader().root(at: 300, $0) }
            #expect(root == tree.root)
            let half = try await ledger.pool.run { try LogReader().root(at: 137, $0) }
            var smaller = MerkleFrontier()
            for event in stored[..<137] { smaller.append(event.leafHash) { _, _, _ in } }
            #expect(half == smaller.root)
        }
    }

    /// Large groups are tried without look-ups first: what is there already, and what conflicts, is found all the same.
    @Test func `large appends find repetitions and conflicts`() async throws {
        try await withLedger { ledger in
            let rows = try (0..<400).map { try sampleRow("T\($0)") }
            let events = rows.map { recorded($0) }
            try await ledger.log.append(Array(events[..<200]), runID: run)
            // A half is there: nothing of it is appended twice.
            let mixed = try await ledger.log.append(Array(events[100..<300]), runID: run)
            #expect(mixed.map(\.isNew) == (100..<300).map { $0 >= 200 })
            #expect(mixed.map(\.position) == (100..<300).map { Int64($0 + 1) })
            let again = try await ledger.log.append(Array(events[..<300]), runID: run)
            #expect(again.allSatisfy { !$0.isNew })

            // The same identity with another payload: nothing of the request is stored.
            var altered = try sampleRow("T7")
            altered.quantity = FixedDecimal(999)
            await #expect(throws: LedgerError.self) {
                try await ledger.log.append(Array(events[300...]) + [recorded(altered)] + Array(events[..<50]), runID: run)
            }
            // A stream that another identity opened.
            let stream = Streams.execution(source: "alpha_sync", id: "T3")
            let taken = NewEvent(
                identity: "another", stream: stream, type: .alphaExecutionRecorded, payload: events[3].payload,
                expectedVersion: 0)
            await #expect(throws: LedgerError.versionConflict(stream: stream, expected: 0, actual: 1)) {
                try await ledger.log.append(Array(events[300...]) + Array(events[300...]) + [taken], runID: run)
            }
            #expect(try await ledger.pool.run { try LogReader().head($0).position } == 300)

            // Twice in one request, and an update that follows its trade's first event.
            var newer = rows[399]
            newer.quantity = FixedDecimal(5)
            let last = try await ledger.log.append(
                Array(events[300...]) + Array(events[300...]) + [updated(newer, from: rows[399], previous: 1)], runID: run)
            #expect(last.map(\.position) == Array(301...400) + Array(301...400) + [401])
            let stored = try await ledger.pool.run { try LogReader().events(after: 0, limit: 1000, $0) }
            #expect(stored.map(\.position) == Array(1...401))
            var tree = MerkleFrontier()
            for event in stored { tree.append(event.computedLeafHash()) { _, _, _ in } }
            #expect(try await ledger.pool.run { try LogReader().root(at: 401, $0) } == tree.root)
        }
    }

    @Test func `recorded at grows with every commit and is resolved by binary search`() async throws {
        try await withLedger { ledger in
            for index in 0..<20 { try await ledger.log.append([recorded(try sampleRow("T\(index)"))], runID: run) }
            let stored = try await ledger.pool.run { try LogReader().events(after: 0, limit: 100, $0) }
            for (a, b) in zip(stored, stored.dropFirst()) { #expect(a.recordedAt < b.recordedAt) }
            for event in stored {
                let position = try await ledger.pool.run {
                    try LogReader().position(asOf: event.recordedAt, head: 20, $0)
                }
                #expect(position == event.position)
            }
            let before = try #require(stored[0].recordedAt.advanced(byMicroseconds: -1))
            #expect(try await ledger.pool.run { try LogReader().position(asOf: before, head: 20, $0) } == 0)
        }
    }

    @Test func `appends are refused while the clock is behind the head`() async throws {
        try await withLedger { ledger in
            try await ledger.asSuperuser { session in
                try session.executeScript("UPDATE ledger.head SET recorded_at = clock_timestamp() + interval '2 minutes'")
            }
            do {
                try await ledger.log.append([recorded(try sampleRow("A"))], runID: run)
                Issue.record("the append was accepted")
            } catch let error as LedgerError {
                guard case .clockRegressed = error else { throw error }
            }
            try await ledger.asSuperuser { session in
                try session.executeScript("UPDATE ledger.head SET recorded_at = clock_timestamp() + interval '30 seconds'")
            }
            try await ledger.log.append([recorded(try sampleRow("A"))], runID: run)
        }
    }

    @Test(arguments: [
        "UPDATE ledger.events SET payload = '{}'", "DELETE FROM ledger.events", "TRUNCATE ledger.events",
        "UPDATE ledger.merkle_nodes SET index = 7", "DELETE FROM ledger.merkle_nodes", "TRUNCATE ledger.merkle_nodes",
        "DELETE FROM ledger.head",
    ])
    func changesAreRefusedForTheServiceAndForTheOwner(_ sql: String) async throws {
        try await withLedger { ledger in
            try await ledger.log.append([recorded(try sampleRow("A")), recorded(try sampleRow("B"))], runID: run)
            for role in ["alpha_ledger_service", "alpha_ledger_owner", nil] {
                let refused = try await ledger.asSuperuser { session in
                    if let role { try session.executeScript("SET ROLE \(role)") }
                    do {
                        try session.executeScript(sql)
                        return false
                    } catch let error as PostgresError {
                        return error.sqlState?.rawValue == "42501" || error.sqlState?.rawValue == "23001"
                    }
                }
                #expect(refused, "\(role ?? "superuser")")
            }
            #expect(try await ledger.pool.run { try LogVerifier().verify($0) }.fault == nil)
        }
    }
}
