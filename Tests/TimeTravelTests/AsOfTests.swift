import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerStore
import LedgerValues
import Operations
import OptionTrades
import TestSupport
import Testing

/// Every view at every position of random histories.
@Suite struct AsOfTests {
    /// Appends a history in random batches, projecting now and then, in this program or a restarted one.
    private func fill(_ bench: TimeTravelBench, _ history: RandomHistory, seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed &+ 1)
        var rest = history.events[...]
        while !rest.isEmpty {
            let count = Int.random(in: 1...15, using: &random)
            try await bench.append(rest.prefix(count))
            rest = rest.dropFirst(count)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: try await bench.restarted { try await $0.project() }
            case 1, 2: try await bench.project()
            default: break
            }
        }
        try await bench.project()
    }

    @Test(arguments: 1...2 as ClosedRange<UInt64>)
    func `rows as of every position are a fold from zero under the served rules and under others`(seed: UInt64) async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            try await fill(bench, try RandomHistory(seed: seed, trades: 8, events: 70), seed: seed)
            let events = try await bench.events()
            for view in someViews(seed: seed, of: 2) {
                let served = FoldFromZero(try bench.definition(view, "v1"))
                let other = FoldFromZero(try bench.definition(view, "v2"))
                var ask = ViewRequest()
                var differing = 0
                for position in 0...events.count {
                    if position > 0 {
                        try served.apply(events[position - 1])
                        try other.apply(events[position - 1])
                    }
                    let now = position == 0 ? .minimum : events[position - 1].recordedAt
                    ask.asOfPosition = Int64(position)
                    ask.rules = .served
                    let read = try await bench.list(view, ask)
                    let expected = try served.rows(now: now)
                    #expect(read.rows == expected, "seed \(seed), \(view.name) at \(position)")
                    #expect(read.last.asOf == now && read.last.position == Int64(position))
                    if position % 4 != 0 { continue }
                    ask.rules = .version(VersionReference(version: "v2"))
                    let under = try await bench.list(view, ask)
                    let expectedUnder = try other.rows(now: now)
                    #expect(under.rows == expectedUnder, "seed \(seed), \(view.name) under v2 at \(position)")
                    #expect(under.last.version.version == "v2")
                    if expected != expectedUnder { differing += 1 }
                    if position % 20 == 0 {
                        ask.hasReceipt = true
                        let derived = try await bench.list(view, ask).last.receipt
                        let otherDigest = try other.digest()
                        #expect(derived?.digest == otherDigest)
                        ask.rules = .served
                        let stored = try await bench.list(view, ask).last.receipt
                        let servedDigest = try served.digest()
                        #expect(stored?.digest == servedDigest)
                        ask.hasReceipt = false
                    }
                }
                // Rules that change nothing would prove nothing.
                if view.isOfTrades, view.name != "context" { #expect(differing > 0, "\(view.name)") }
            }
        }
    }

    /// The thing that an event says something about: its latest event counts, or none does.
    private static func thing(_ event: RecordedEvent) throws -> String {
        guard event.type == EventType.contextStamped.rawValue else { return event.stream }
        let payload = try ContextStampedPayload(decoding: event.payload)
        return "\(event.stream)|\(payload.contextKey)"
    }

    @Test(arguments: 11...13 as ClosedRange<UInt64>)
    func `what had not happened by then counts as not recorded`(seed: UInt64) async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            try await fill(bench, try RandomHistory(seed: seed, trades: 9, events: 90), seed: seed)
            let events = try await bench.events()
            var random = SeededGenerator(seed: seed &+ 2)
            for _ in 0..<8 {
                let position = Int.random(in: 20...events.count, using: &random)
                let known = events.prefix(position)
                let moment = try instant("2026-01-10T14:30:00Z", plusSeconds: Int.random(in: 0..<130, using: &random) * 86_400)
                // The latest version of each thing by knowledge; where that holds only later, no version of it.
                var latest: [String: Instant] = [:]
                for event in known {
                    if let effective = event.effectiveAt { latest[try Self.thing(event)] = effective }
                }
                let held = try known.filter { event in
                    guard let effective = latest[try Self.thing(event)] else { return true }
                    return effective <= moment
                }
                for view in someViews(seed: seed, of: 3) {
                    for version in ["v1", "v2"] {
                        let fold = FoldFromZero(try bench.definition(view, version))
                        for event in held { try fold.apply(event) }
                        var ask = ViewRequest()
                        ask.asOfPosition = Int64(position)
                        ask.effectiveAt = moment
                        ask.rules = .version(VersionReference(version: version))
                        let read = try await bench.list(view, ask)
                        let expected = try fold.rows(now: min(moment, events[position - 1].recordedAt))
                        #expect(read.rows == expected, "seed \(seed), \(view.name) \(version) at \(position), \(moment)")
                    }
                }
            }
        }
    }

    @Test(arguments: 21...22 as ClosedRange<UInt64>)
    func `a pinned answer is the same bytes after later appends and restarts`(seed: UInt64) async throws {
        try await withTimeTravel { (bench: TimeTravelBench) async throws -> Void in
            let history = try RandomHistory(seed: seed, trades: 9, events: 120)
            try await bench.append(history.events.prefix(60))
            try await bench.project()
            let head = Int64(try await bench.events().count)
            var asked: [(view: View, ask: ViewRequest, bytes: [UInt8])] = []
            for view in someViews(seed: seed, of: 2) {
                for position in [head, head / 2, head * 3 / 4] {
                    for rules in try [RulesChoice.asServed]
                        + ["v1", "v2"].map({ .version(try bench.definition(view, $0).identity.reference) })
                    {
                        var ask = ViewRequest()
                        ask.asOfPosition = position
                        ask.asOf = Instant("2026-02-03T04:05:06Z")
                        ask.rules = rules
                        ask.hasReceipt = true
                        ask.limit = 5
                        let page = try await ViewReader(bench.ledger).page(view, ask)
                        #expect(page.isPinned == (rules != .asServed))
                        asked.append((view, ask, page.json()))
                        // The second page of a list pins what the first one stood on.
                        ask.cursor = page.nextCursor
                        asked.append((view, ask, try await ViewReader(bench.ledger).page(view, ask).json()))
                    }
                }
            }
            try await bench.append(history.events.dropFirst(60))
            try await bench.project()
            try await bench.restarted { again in
                for (view, ask, bytes) in asked {
                    let answer = try await ViewReader(again.ledger).page(view, ask).json()
                    #expect(answer == bytes, "seed \(seed), \(view.name) at \(ask.asOfPosition ?? -1)")
                }
            }
        }
    }
}
