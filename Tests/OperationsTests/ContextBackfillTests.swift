import Foundation
import LedgerEvents
import LedgerJSON
import LedgerRules
import LedgerStore
import LedgerValues
import Operations
import OptionTrades
import TestSupport
import Testing

/// Backfills of context on a real Postgres.
@Suite struct ContextBackfillTests {
    @Test func `a run whose starter is known ends with an event that says so, unless it appended nothing`() async throws {
        try await withContext { bench in
            try await bench.record([bench.row("A"), bench.row("B", "BTC")])
            let summary = try await bench.run { $0.actor = "alice" }
            let ends = try await bench.events(.backfillCompleted)
            #expect(ends.count == 1 && ends[0].runID == summary.runID && ends[0].stream == "backfill-context")
            let end = try BackfillCompletedPayload(decoding: ends[0].payload)
            #expect(end.actor == "alice" && end.kind == "context" && end.appended == 2 && end.asked == 2)
            #expect(try await bench.head() == ends[0].position)
            _ = try await bench.run { $0.actor = "alice" }
            try await bench.record([bench.row("C")])
            _ = try await bench.run { ($0.actor, $0.apply) = ("alice", false) }
            // As a program of its own that names nobody.
            _ = try await bench.run()
            #expect(try await bench.events(.backfillCompleted).count == 1)
        }
    }

    @Test func `a run stamps every execution and a second appends nothing`() async throws {
        try await withContext { bench in
            try await bench.record([
                bench.row("A"), bench.row("B", "BTC"), bench.row("C", "XYZ"), bench.row("D", nil),
                bench.row("E", status: .busted), bench.row("F", status: .pending),
            ])
            try await bench.observe()
            let head = try await bench.head()
            let summary = try await bench.run()
            #expect(summary.wanted == 4 && summary.appended == 4 && summary.unchanged == 0)
            #expect(summary.byQuality == ["proxy_mapped": 1, "available": 1, "unmapped": 2])
            let stamps = try await bench.stamps()
            #expect(stamps.map(\.sourceTradeID) == ["A", "B", "C", "D"])
            #expect(stamps.map(\.contextKey) == ["BTC", "BTC", "unmapped:XYZ", "unmapped:"])
            #expect(stamps.map(\.observedThroughPosition) == [head, head, head, head])
            #expect(stamps[0].spotAtTrade == FixedDecimal(97_000) && stamps[0].quoteUnderlying == "MSTR")
            #expect(stamps[2].spotAtTrade == nil)
            for again in [try await bench.run(), try await bench.run { $0.force = true }] {
                #expect(again.appended == 0)
            }
            #expect(try await bench.run { $0.force = true }.unchanged == 4)
            #expect(try await bench.head() == head + 4)
        }
    }

    @Test func `a dry run appends nothing and says what it would`() async throws {
        try await withContext { bench in
            try await bench.record([bench.row("A"), bench.row("B")])
            try await bench.observe()
            let head = try await bench.head()
            let summary = try await bench.run { $0.apply = false }
            #expect(summary.dryRun && summary.wanted == 2 && summary.appended == 2)
            #expect(summary.byQuality == ["proxy_mapped": 2])
            #expect(try await bench.head() == head)
        }
    }

    @Test func `limits and trade i ds narrow a run`() async throws {
        try await withContext { bench in
            // The earliest first, whatever the order of arrival.
            try await bench.record([
                bench.row("C", minutes: 3), bench.row("A", minutes: 1), bench.row("B", minutes: 2),
            ])
            try await bench.observe()
            #expect(try await bench.run { $0.limit = 1 }.wanted == 1)
            #expect(try await bench.stamps().map(\.sourceTradeID) == ["A"])
            #expect(try await bench.run { $0.tradeIDs = ["C"] }.appended == 1)
            #expect(try await bench.run { $0.tradeIDs = ["C", "A"] }.wanted == 0)
            #expect(
                try await bench.run {
                    $0.tradeIDs = ["C", "A"]; $0.force = true
                }.unchanged == 2)
            #expect(try await bench.run().appended == 1)
            #expect(try await bench.stamps().map(\.sourceTradeID) == ["A", "C", "B"])
        }
    }

    @Test func `options that cannot be are refused`() async throws {
        try await withContext { bench in
            await #expect(throws: BackfillError.self) { try await bench.run { $0.limit = 0 } }
            await #expect(throws: BackfillError.self) { try await bench.run { $0.tradeIDs = ["nobody"] } }
            await #expect(throws: RuleError.self) { try await bench.run { $0.rulesVersion = 99 } }
        }
    }

    @Test func `a changed basis is asked for again and a former one too`() async throws {
        try await withContext { bench in
            let first = try bench.row("A")
            var second = first
            second.strike = FixedDecimal(360)
            var feesOnly = first
            feesOnly.feesUSD = nil
            try await bench.record([first])
            try await bench.observe()
            #expect(try await bench.run().appended == 1)
            try await bench.update(feesOnly, from: first)
            #expect(try await bench.run().wanted == 0)
            try await bench.update(second, from: feesOnly)
            #expect(try await bench.run().appended == 1)
            try await bench.update(first, from: second)
            #expect(try await bench.run().appended == 1)
            #expect(try await bench.run().wanted == 0)
            let stamps = try await bench.stamps()
            #expect(stamps.map(\.basis.strike) == [FixedDecimal(350), FixedDecimal(360), FixedDecimal(350)])
            #expect(stamps[0].contentDigest == stamps[2].contentDigest)
            // Another symbol is another context key.
            var other = first
            other.underlyingSymbol = "XYZ"
            try await bench.update(other, from: first)
            #expect(try await bench.run().byQuality == ["unmapped": 1])
        }
    }

    @Test func `force stamps again where observations came in since`() async throws {
        try await withContext { bench in
            try await bench.record([bench.row("A"), bench.row("B", "XYZ")])
            #expect(try await bench.run().byQuality == ["unavailable": 1, "unmapped": 1])
            try await bench.observe()
            #expect(try await bench.run().wanted == 0)
            let summary = try await bench.run { $0.force = true }
            #expect(summary.wanted == 2 && summary.appended == 1 && summary.unchanged == 1)
            #expect(try await bench.stamps().map(\.contextQuality) == ["unavailable", "unmapped", "proxy_mapped"])
        }
    }

    @Test func `a later observation of one identity supersedes and another markets do not mix`() async throws {
        try await withContext { bench in
            try await bench.record([bench.row("A")])
            try await bench.observe("BTC", spot: 97_000)
            // Markets whose stream names begin like BTC's, and one that SQL would stumble over.
            try await bench.observe("BTC:PERP", spot: 1)
            try await bench.observe("BTC'; --", spot: 2)
            try await bench.observe("BTC2", spot: 3)
            #expect(try await bench.run().appended == 1)
            #expect(try await bench.stamps().last?.spotAtTrade == FixedDecimal(97_000))
            try await bench.observe("BTC", spot: 98_000, previous: 1)
            #expect(try await bench.run { $0.force = true }.appended == 1)
            #expect(try await bench.stamps().last?.spotAtTrade == FixedDecimal(98_000))
        }
    }

    @Test func `the reader gives what was current at a position`() async throws {
        try await withContext { bench in
            try await bench.observe("BTC", spot: 1)
            try await bench.observe("BTC", spot: 2, previous: 1)
            try await bench.observe("BTC:PERP", spot: 3)
            try await bench.observe("O'X\\", spot: 4)
            func read(_ subject: String?, upTo: Int64) async throws -> [String] {
                try await bench.ledger.pool.run { session in
                    var found: [String] = []
                    try ObservationReader().forEach(
                        kinds: [.gexHourly, .volMetrics, .spot], subject: subject, upTo: upTo, session
                    ) { position, payload in
                        found.append("\(position) \(payload.subject) \(payload.decimal("spot").map { "\($0)" } ?? "-")")
                    }
                    return found.sorted()
                }
            }
            let first = try await bench.head() - 3
            #expect(try await read("BTC", upTo: first) == ["\(first) BTC 1"])
            #expect(try await read("BTC", upTo: first + 3) == ["\(first + 1) BTC 2"])
            #expect(try await read("BTC:PERP", upTo: first + 3) == ["\(first + 2) BTC:PERP 3"])
            #expect(try await read("O'X\\", upTo: first + 3) == ["\(first + 3) O'X\\ 4"])
            #expect(try await read("BT", upTo: first + 3).isEmpty)
            #expect(try await read(nil, upTo: first + 3).count == 3)
        }
    }

    @Test func `a run that died between transactions is completed by the next`() async throws {
        try await withContext { bench in
            try await bench.record(try (0..<2_050).map { try bench.row("T\($0)", minutes: $0) })
            try await bench.observe()
            let run = Task {
                // Cancelled when the first transaction is in.
                try await ContextBackfill(ledger: bench.ledger) { _ in withUnsafeCurrentTask { $0?.cancel() } }
                    .run(ContextBackfillOptions(apply: true))
            }
            await #expect(throws: CancellationError.self) { try await run.value }
            #expect(try await bench.stamps().count == 2_000)
            #expect(try await bench.run().appended == 50)
            #expect(try await bench.run().wanted == 0)
        }
    }

    @Test func `other rules append stamps of their own`() async throws {
        let root = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: root) }
        for folder in ["schema", "projections"] {
            try FileManager.default.copyItem(atPath: "\(projectRoot)/\(folder)", toPath: "\(root)/\(folder)")
        }
        let first = String(decoding: try #require(projectRuleFile("context/rules.v1.yaml")), as: UTF8.self)
        let second = first.replacing("version: 1", with: "version: 2").replacing("upper: 0.10", with: "upper: 0.30")
        try Data(second.utf8).write(to: URL(fileURLWithPath: "\(root)/projections/context/rules.v2.yaml"))
        try await withContext(root: root) { bench in
            try await bench.record([bench.row("A")])
            try await bench.observe()
            #expect(try await bench.run().appended == 1)
            #expect(try await bench.run { $0.rulesVersion = 1 }.wanted == 0)
            #expect(try await bench.run { $0.rulesVersion = 2 }.appended == 1)
            #expect(try await bench.run { $0.rulesVersion = 2 }.wanted == 0)
            // Asked for by no version, a stamp by whatever rules will do.
            #expect(try await bench.run().wanted == 0)
            let stamps = try await bench.stamps()
            #expect(stamps.map(\.gammaRegime) == ["long_gamma", "neutral"])
            #expect(stamps.map { $0.rules[0].file } == ["context/rules.v1.yaml", "context/rules.v2.yaml"])
            #expect(stamps.map { $0.rules[0].version } == [1, 2])
        }
    }

    @Test func `what a limit left is done by the next run`() async throws {
        try await withContext { bench in
            let rows = try (0..<30).map { try bench.row("T\($0)", minutes: $0) }
            try await bench.record(rows)
            try await bench.observe()
            #expect(try await bench.run { $0.limit = 11 }.appended == 11)
            #expect(try await bench.run().appended == 19)
            #expect(try await bench.run().wanted == 0)
            let stamped = try await bench.stamps().map(\.sourceTradeID)
            #expect(stamped == rows.map(\.sourceTradeID))
        }
    }

    @Test func `one backfill of context at a time`() async throws {
        try await withContext { bench in
            let lock = try await BackfillLock.acquire(.context, bench.ledger.serviceConfiguration)
            await #expect(throws: BackfillError.self) { try await bench.run() }
            await lock.release()
            #expect(try await bench.run().wanted == 0)
        }
    }

    @Test func `stamps show in the view as of their executions`() async throws {
        try await withContext { bench in
            let row = try bench.row("A")
            try await bench.record([row, bench.row("B", "XYZ")])
            try await bench.observe()
            try await bench.run()
            #expect(try await bench.rows().map { $0.root["context_quality"]?.string } == ["proxy_mapped", "unmapped"])
            var busted = row
            busted.tradeStatus = .busted
            try await bench.update(busted, from: row)
            #expect(try await bench.rows().map { $0.root["source_trade_id"]?.string } == ["B"])
        }
    }

    @Test func `stamps match their schema`() async throws {
        try await withContext { bench in
            try await bench.record([bench.row("A"), bench.row("B", "XYZ"), bench.row("C", "ETH")])
            try await bench.observe()
            try await bench.run()
            let schemas = try EventSchemas(
                files: try bench.ledger.resources.files.eventSchemas(), patterns: TradeLedger.model.patterns)
            let events = try await bench.events(.contextStamped)
            #expect(events.count == 3)
            for event in events {
                try schemas.validate(
                    type: event.type, version: event.schemaVersion, payload: try JSONDocument(parsing: event.payload))
                #expect(event.effectiveAt == (try instant("2026-01-10T14:30:00Z")))
            }
        }
    }
}
