import Foundation
import LedgerEvents
import LedgerStore
import LedgerValues
import MarketData
import Operations
import OptionTrades
import TestSupport
import Testing

@Suite struct ObserveImportTests {
    @Test func `a dry run writes nothing and says what the real one then does`() async throws {
        try await withObserve { bench in
            let lines = [
                spotLine("BTC", second: 0, price: 1), spotLine("BTC", second: 1, price: 1),
                spotLine("BTC", second: 0, price: 2), spotLine("BTC", second: 0, price: 2),
                #"{"kind":"open_interest","currency":"BTC","timestamp":"2026-01-21T14:00:00Z","exchange":"x"}"#,
                "no json",
            ]
            let dry = try await bench.importing(lines, apply: false)
            #expect(try await bench.head() == 0)
            #expect(dry.dryRun)
            let real = try await bench.importing(lines)
            #expect(!real.dryRun)
            for summary in [dry, real] {
                #expect(summary.lines == 6)
                #expect(summary.rejected == 1)
                #expect(summary.byKind[.spot] == ImportCounts(inserted: 2, superseding: 1, unchanged: 1))
                #expect(summary.byKind[.openInterest] == ImportCounts(inserted: 1))
                #expect(summary.total == ImportCounts(inserted: 3, superseding: 1, unchanged: 1))
                #expect(summary.faults.map(\.line) == [6])
            }
            let events = try await bench.events()
            #expect(events.map(\.streamVersion) == [1, 1, 2, 1])
            #expect(events.allSatisfy { $0.type == "MarketObserved" && $0.runID == real.runID })
            #expect(events[2].stream == events[0].stream)
            #expect(events[2].effectiveAt == Instant(microseconds: 1_769_000_000_000_000))
        }
    }

    @Test func `a second import of the same files stores nothing`() async throws {
        try await withObserve { bench in
            let csv = try bench.file(
                "quotes.csv",
                """
                kind,underlying,expiry,strike,option_type,timestamp,bid,ask
                option_quote,MSTR,2026-01-30,350,call,2026-01-21T14:00:00Z,12.1,12.6
                option_quote,MSTR,2026-01-30,350.0,call,2026-01-21T15:00:00+01:00,12.10,12.6
                option_quote,MSTR,2026-01-30,350,put,2026-01-21T14:00:00Z,,12.6
                """)
            let json = try bench.file("spot.ndjson", spotLine("BTC", second: 0, price: 1))
            let first = try await bench.run([csv, json])
            // The same quote in other words is the same content.
            #expect(first.byKind[.optionQuote] == ImportCounts(inserted: 2, unchanged: 1))
            #expect(first.byKind[.spot] == ImportCounts(inserted: 1))
            let second = try await bench.run([csv, json])
            #expect(second.total == ImportCounts(unchanged: 4))
            #expect(try await bench.head() == 3)
        }
    }

    @Test func `contents that supersede each other in one file are all kept in their order, once`() async throws {
        try await withObserve { bench in
            let lines = [1, 2, 2, 1, 3].map { spotLine("BTC", second: 0, price: $0) }
            try await bench.importing(lines)
            #expect(try await bench.prices().values.sorted { $0.count < $1.count } == [["1", "2", "1", "3"]])
            let again = try await bench.importing(lines)
            #expect(again.total == ImportCounts(unchanged: 5))
            #expect(try await bench.head() == 4)
        }
    }

    @Test func `an older content that comes back in another file supersedes again`() async throws {
        try await withObserve { bench in
            for price in [1, 2, 1] { try await bench.importing([spotLine("BTC", second: 0, price: price)]) }
            #expect(try await bench.prices().values.first == ["1", "2", "1"])
            // Two contents that end otherwise than the log does.
            try await bench.importing([2, 1, 2].map { spotLine("BTC", second: 0, price: $0) })
            #expect(try await bench.prices().values.first == ["1", "2", "1", "2"])
        }
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `a run that stopped anywhere is completed by the next, whatever supersedes what`(seed: UInt64) async throws {
        try await withObserve { bench in
            var random = SeededGenerator(seed: seed)
            // More lines than two batches hold, over few streams: contents return across batches.
            let streams = Int.random(in: 1...400, using: &random)
            let lines = (0..<9_500).map { _ in
                spotLine(
                    "BTC", second: Int.random(in: 0..<streams, using: &random),
                    price: Int.random(in: 1...3, using: &random))
            }
            let stop = Int.random(in: 0...lines.count, using: &random)
            try await bench.importing(Array(lines[..<stop]))
            let dry = try await bench.importing(lines, apply: false)
            let resumed = try await bench.importing(lines)
            #expect(dry.byKind == resumed.byKind, "seed \(seed)")
            let prices = try await bench.prices()
            let head = try await bench.head()
            try await withObserve { other in
                let whole = try await other.importing(lines)
                #expect(try await other.prices() == prices, "seed \(seed), stopped at \(stop)")
                #expect(whole.total.inserted + whole.total.superseding == Int(head), "seed \(seed)")
                let dry = try await other.importing(lines, apply: false)
                #expect(dry.total == ImportCounts(unchanged: lines.count), "seed \(seed)")
            }
        }
    }

    @Test func `a cancelled run leaves whole batches, and the next one finds them`() async throws {
        try await withObserve { bench in
            let lines = (0..<20_000).map { spotLine("BTC", second: $0, price: 1) }
            let path = try bench.file("many.ndjson", lines.joined(separator: "\n"))
            let task = Task {
                try await bench.run([path]) { progress in
                    if progress.lines > 6_000 { withUnsafeCurrentTask { $0?.cancel() } }
                }
            }
            await #expect(throws: CancellationError.self) { try await task.value }
            let stored = Int(try await bench.head())
            #expect(stored > 6_000 && stored < 20_000)
            let rest = try await bench.run([path])
            #expect(rest.total == ImportCounts(inserted: 20_000 - stored, unchanged: stored))
        }
    }

    @Test func `two imports of overlapping files at a time: one runs, the other is told`() async throws {
        try await withObserve { bench in
            let path = try bench.file(
                "a.ndjson", (0..<30_000).map { spotLine("BTC", second: $0, price: 1) }.joined(separator: "\n"))
            let outcomes = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<3 {
                    group.addTask {
                        do {
                            try await bench.run([path])
                            return true
                        } catch {
                            guard case ObservationImportError.alreadyRunning = error else { return true }
                            return false
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.contains(true))
            #expect(try await bench.head() == 30_000)
        }
    }

    @Test func `another writer between look-up and append is noticed, and the batch decided again`() async throws {
        try await withObserve { bench in
            let lines = (0..<8_000).map { spotLine("BTC", second: $0, price: 1) }
            let path = try bench.file("a.ndjson", lines.joined(separator: "\n"))
            // The same observations by another hand, from the other end.
            let other = try bench.ledger.another()
            let writer = Task {
                for start in stride(from: 7_900, through: 0, by: -100) {
                    let events = try (start..<start + 100).map { second in
                        guard let payload = spot(second, price: 2) else { throw CancellationError() }
                        return payload.event(previousVersion: 0)
                    }
                    _ = try? await other.log.append(events, runID: UniqueID(high: 1, low: 2))
                }
            }
            let summary = try await bench.run([path])
            try await writer.value
            await other.close()
            #expect(summary.total.inserted + summary.total.superseding == 8_000)
            let prices = try await bench.prices()
            #expect(prices.count == 8_000)
            #expect(prices.values.allSatisfy { $0 == ["1"] || $0 == ["2", "1"] })
        }
    }

    private func spot(_ second: Int, price: Int) -> MarketObservedPayload? {
        guard let instant = Instant(microseconds: 1_769_000_000_000_000 + Int64(second) * 1_000_000) else { return nil }
        return MarketObservedPayload(
            kind: .spot,
            fields: [
                ("currency", .text("BTC")), ("timestamp", .instant(instant)), ("price", .decimal(FixedDecimal(price))),
            ])
    }

    @Test func `strict stores nothing where any line is bad, and everything where none is`() async throws {
        try await withObserve { bench in
            let good = (0..<9_000).map { spotLine("BTC", second: $0, price: 1) }
            let refused = try await bench.importing(good + ["{}"], strict: true)
            #expect(refused.isRefused)
            #expect(refused.lines == 9_001)
            #expect(refused.faults == [ImportFault(file: refused.files[0], line: 9_001, reason: "kind is missing")])
            #expect(refused.total == ImportCounts())
            #expect(try await bench.head() == 0)
            let stored = try await bench.importing(good, strict: true)
            #expect(!stored.isRefused)
            #expect(stored.lines == 9_000)
            #expect(stored.total == ImportCounts(inserted: 9_000))
        }
    }

    @Test func `bad lines are counted all and shown up to a limit, with their file and line`() async throws {
        try await withObserve { bench in
            let first = try bench.file("a.ndjson", "x\n" + spotLine("BTC", second: 0, price: 1) + "\ny\n")
            let second = try bench.file("b.csv", "kind,currency,timestamp\nspot,BTC\nspot,BTC,2026-01-21T14:00:00Z\n")
            let summary = try await bench.run([first, second], shown: 2)
            #expect(summary.rejected == 3)
            #expect(summary.faults.map { "\($0.file):\($0.line)" } == ["\(first):1", "\(first):3"])
            #expect(summary.total == ImportCounts(inserted: 2))
            let node = try jsonText(summary.node.httpBytes())
            #expect(node.contains(#""rejected":3"#))
            #expect(node.contains(#""bad_lines_not_shown":1"#))
        }
    }

    private func jsonText(_ bytes: [UInt8]) throws -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func `a file that can't be read is one clear error, and nothing is stored`() async throws {
        try await withObserve { bench in
            let good = try bench.file("a.ndjson", spotLine("BTC", second: 0, price: 1))
            for (path, problem) in [
                ("\(bench.folder)/none", "No such file or directory"), (bench.folder, "it is a directory"),
            ] {
                do {
                    try await bench.run([good, path])
                    Issue.record("\(path) was read")
                } catch {
                    #expect("\(error)" == "\(path) can't be read: \(problem)")
                }
            }
            #expect(try await bench.head() == 0)
            let empty = try await bench.run([try bench.file("empty.ndjson", "")])
            #expect(empty.lines == 0)
        }
    }

    @Test func `a pipe is read like a file, and so twice where that is needed`() async throws {
        try await withObserve { bench in
            let path = "\(bench.folder)/pipe"
            #expect(mkfifo(path, 0o600) == 0)
            let lines = [1, 2].map { spotLine("BTC", second: 0, price: $0) }.joined(separator: "\n")
            for expected in [ImportCounts(inserted: 1, superseding: 1), ImportCounts(unchanged: 2)] {
                Thread.detachNewThread {
                    try? Data(lines.utf8).write(to: URL(fileURLWithPath: path), options: [])
                }
                let summary = try await bench.run([path], strict: true)
                #expect(summary.total == expected)
            }
        }
    }

    @Test func `what was stored in version 1, or by another source, is not stored again`() async throws {
        try await withObserve { bench in
            let time = "2026-01-21T14:00:00Z"
            let observed = try #require(
                MarketObservedPayload(
                    kind: .spot,
                    fields: [("currency", .text("SOL")), ("timestamp", .instant(try instant(time))), ("price", .decimal(.init(150)))]))
            // Its bytes as a program of version 1 wrote them.
            let payload =
                #"{"currency":"SOL","kind":"spot","price":"150","rounded":false,"source":null,"timestamp":"\#(time)","unit_source":null}"#
            let old = NewEvent(
                identity: "old", stream: observed.stream, type: .marketObserved, schemaVersion: 1, effectiveAt: observed.timestamp,
                payload: Array(payload.utf8))
            try await bench.ledger.log.append([old], runID: UniqueID(high: 1, low: 1))
            func line(_ currency: String, _ price: Int, _ more: String = "") -> String {
                #"{"kind":"spot","currency":"\#(currency)","timestamp":"\#(time)","price":\#(price)\#(more)}"#
            }
            for lines in [
                [line("SOL", 150)], [line("SOL_USDC", 150)], [line("SOL", 150, #","observed_source":"amberdata","unit_source":"x""#)],
            ] {
                #expect(try await bench.importing(lines).total == ImportCounts(unchanged: 1), "\(lines)")
            }
            // A new figure supersedes it, and a source that failed is content.
            #expect(try await bench.importing([line("SOL_USDC", 151)]).total == ImportCounts(superseding: 1))
            #expect(
                try await bench.importing([line("SOL", 151, #","missing_sources":["spot"]"#)]).total == ImportCounts(superseding: 1))
            #expect(
                try await bench.importing([line("SOL", 151, #","missing_sources":["spot"],"rounded":true"#)]).total
                    == ImportCounts(unchanged: 1))
            let events = try await bench.events()
            #expect(events.map(\.schemaVersion) == [1, 2, 2] && events.map(\.streamVersion) == [1, 2, 3])
            #expect(String(decoding: events[1].payload, as: UTF8.self).contains(#""source_currency":"SOL_USDC""#))
            // The same lines once more are known in their order, the first content as one of version 1.
            let again = [line("SOL", 150), line("SOL", 151), line("SOL", 151, #","missing_sources":["spot"]"#)]
            #expect(try await bench.importing(again).total == ImportCounts(unchanged: 3))
        }
    }

    @Test func `fractions are stored as vol points with their source`() async throws {
        try await withObserve { bench in
            let path = try bench.file(
                "vol.csv", "kind,currency,timestamp,dvol\nvol_metrics,BTC,2026-01-21T14:00:00Z,0.583\n")
            try await bench.run([path], unit: .fraction)
            let payload = String(decoding: try await bench.events()[0].payload, as: UTF8.self)
            #expect(payload.contains(#""dvol":"58.3""#))
            #expect(payload.contains(#""unit_source":"fraction""#))
        }
    }

    @Test func `the log verifies after imports`() async throws {
        try await withObserve { bench in
            try await bench.importing((0..<5_000).map { spotLine("BTC", second: $0 % 3_000, price: $0) })
            for event in try await bench.events() { #expect(event.computedLeafHash() == event.leafHash) }
        }
    }
}
