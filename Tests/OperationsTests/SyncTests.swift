import AlphaFeed
import LedgerEvents
import LedgerJSON
import LedgerStore
import LedgerValues
import Operations
import OptionTrades
import SampleScope
import TestSupport
import Testing

@Suite struct SyncTests {
    private func decimal(_ text: String) throws -> FixedDecimal { try FixedDecimal(text) }

    @Test func `the sample scope gives the documented diagnostic and a second run changes nothing`() async throws {
        try await withSync { (bench: SyncBench) async throws -> Void in
            let first = try await bench.sync(full: true)
            #expect(first.inserted == 749 && first.rejected == 0 && first.fetched == 749)
            for summary in [first, try await bench.sync(full: true)] {
                let comparison = try #require(summary.comparison)
                #expect(comparison.sourceRows == 749 && comparison.localRows == 749)
                #expect(comparison.sourceQuantity == FixedDecimal(269_267))
                #expect(comparison.localQuantity == FixedDecimal(269_267))
                #expect(comparison.sourcePremiumUSD == (try decimal("466630651.75")))
                #expect(comparison.localPremiumUSD == (try decimal("466630651.75")))
                #expect(comparison.quantityDelta.isZero && comparison.premiumDeltaUSD.isZero)
                #expect(comparison.unmatchedSourceTradeIDs.isEmpty && comparison.unmatchedLocalTradeIDs.isEmpty)
            }
            let again = try await bench.sync(full: true)
            #expect(again.inserted == 0 && again.updated == 0 && again.unchanged == 749)
            #expect(try await bench.view(.trades).count == 749)
        }
    }

    @Test func `a run says who started it in the second version of its end, and goes on where one of the first version ended`() async throws
    {
        try await withSync { (bench: SyncBench) async throws -> Void in
            let first = try await bench.sync()
            _ = try await bench.operation().run(SyncOptions(apply: true, actor: "alice"))
            let ends = try await bench.events(.alphaSyncCompleted)
            #expect(ends.map(\.schemaVersion) == [1, 2])
            let payloads = try ends.map { try TradeEvents.registry.payload(of: $0).payload(as: SyncCompletedPayload.self) }
            #expect(payloads.map { $0?.actor } == [nil, "alice"])
            #expect(bench.server.requests.last?.contains("updatedSince=") == true)
            // The row of the scope has what the run reported, whichever version said it.
            let state = try #require(try await bench.view(.syncState).first).root
            #expect(state["last_run_summary"]?["unchanged"]?.integer != nil)
            #expect(state["last_successful_watermark"]?.string == first.nextWatermark?.description)
        }
    }

    @Test func `a dry run writes nothing at all`() async throws {
        try await withSync { (bench: SyncBench) async throws -> Void in
            let before = try await bench.events()
            let summary = try await bench.sync(apply: false, full: true)
            #expect(summary.dryRun && summary.inserted == 749)
            #expect(summary.comparison?.localRows == 0)
            #expect(summary.comparison?.unmatchedSourceTradeIDs.count == 749)
            #expect(try await bench.events() == before)
        }
    }

    @Test func `later source updates are updates with evidence and leave the totals`() async throws {
        try await withSync { (bench: SyncBench) async throws -> Void in
            try await bench.sync()
            bench.server.setPhase(.updated)
            let incremental = try await bench.sync()
            #expect(incremental.updated > 0 && incremental.inserted == 0)
            #expect(!incremental.changedFields.isEmpty && incremental.comparison == nil)
            let updates = try await bench.events(.alphaExecutionUpdated)
            #expect(updates.count == incremental.updated)
            for event in updates {
                let changes = try #require(try JSONDocument(parsing: event.payload).root["changed_fields"])
                #expect(changes.count > 0)
                let fields = changes.elements.compactMap { $0["field"]?.string }
                #expect(fields == fields.sorted { $0.isBytewiseLess(than: $1) })
            }
            let full = try await bench.sync(full: true)
            #expect(full.updated == 0 && full.comparison?.quantityDelta.isZero == true)
            #expect(full.comparison?.localPremiumUSD == (try decimal("466630651.75")))
        }
    }

    @Test func `an incremental run starts at the stored watermark`() async throws {
        try await withSync { (bench: SyncBench) async throws -> Void in
            let first = try await bench.sync()
            let watermark = try #require(first.nextWatermark)
            try await bench.sync()
            #expect(bench.server.requests.last?.contains("updatedSince=") == true)
            let state = try #require(try await bench.view(.syncState).first).root
            #expect(state["last_successful_watermark"]?.string == watermark.description)
            #expect(state["scope_key"]?.string == "portfolio_names=ICOI,IMST|include_pending=false")
        }
    }

    @Test func `rejected rows are kept with their reasons and the run goes on`() async throws {
        let rows = [
            feedRow("A"), feedRow("B", ["price": "-1", "side": "\"HOLD\""]), feedRow("C", ["tradeStatus": nil]), "17",
            feedRow("D", ["portfolioName": "\"OTHER\""]),
        ]
        try await withSync(feed: .rows(rows, filtered: false)) { (bench: SyncBench) async throws -> Void in
            let summary = try await bench.sync(full: true)
            #expect(summary.fetched == 5 && summary.normalized == 1 && summary.rejected == 4 && summary.inserted == 1)
            #expect(
                summary.rejectedByReason == [
                    "invalid:price": 1, "invalid:side": 1, "missing:tradeStatus": 1, "invalid:row": 1,
                    "out_of_scope:portfolioName": 1,
                ])
            let events = try await bench.events(.alphaRowRejected)
            let raws = try events.map { try #require(try JSONDocument(parsing: $0.payload).root["raw"]?.string) }
            #expect(raws == Array(rows[1...]))
            // The same rejects again are the same events.
            try await bench.sync(full: true)
            #expect(try await bench.events(.alphaRowRejected).count == 4)
        }
    }

    @Test func `a row that is too long is rejected by its digest and the run goes on`() async throws {
        let long = feedRow("L", ["notes": "\"\(String(repeating: "n", count: 70_000))\""])
        try await withSync(feed: .rows([feedRow("A"), long], filtered: false)) { (bench: SyncBench) async throws -> Void in
            let summary = try await bench.sync(full: true)
            #expect(summary.inserted == 1 && summary.rejected == 1 && summary.rejectedByReason == ["invalid:row": 1])
            let event = try #require(try await bench.events(.alphaRowRejected).first)
            let root = try JSONDocument(parsing: event.payload).root
            #expect(event.schemaVersion == 2 && root["raw"]?.isNull == true)
            #expect(root["raw_bytes"]?.integer == Int64(long.utf8.count) && root["source_trade_id"]?.string == "L")
            #expect(root["raw_sha256"]?.string == Digest32(sha256Of: long).description)
            try await bench.sync(full: true)
            #expect(try await bench.events(.alphaRowRejected).count == 1)
        }
    }

    @Test func `duplicates and conflicts within a run are settled before anything is stored`() async throws {
        let rows = [
            feedRow("same"), feedRow("same", ["price": "12.1"]),
            feedRow("clash"), feedRow("clash", ["price": "99"]),
            feedRow("two", updated: "2026-01-10T16:00:00Z", ["filledQuantity": "11"]), feedRow("two"),
        ]
        try await withSync(feed: .rows(rows)) { (bench: SyncBench) async throws -> Void in
            let summary = try await bench.sync(full: true)
            #expect(summary.duplicates == 1 && summary.rejected == 2)
            #expect(summary.rejectedByReason == ["conflicting_duplicate": 2])
            // The two versions are applied in the order of their updatedAt, whatever the order of arrival.
            #expect(summary.inserted == 2 && summary.updated == 1)
            #expect(summary.fetched == summary.normalized + summary.rejected)
            #expect(
                summary.normalized == summary.inserted + summary.updated + summary.unchanged + summary.staleIgnored
                    + summary.duplicates)
            #expect(summary.comparison?.sourceRows == 2 && summary.comparison?.sourceQuantity == FixedDecimal(21))
            #expect(summary.comparison?.localQuantity == FixedDecimal(21))
        }
    }

    @Test func `a run names the rows that it inserts, updates and rejects, with the reasons, and no more of each than is asked`()
        async throws
    {
        let rows = [feedRow("A"), feedRow("B"), feedRow("C", ["side": "\"HOLD\""]), feedRow("D"), feedRow("D", ["price": "3"])]
        try await withSync(feed: .rows(rows)) { bench in
            try await bench.sync()
            bench.server.replace(
                feed: .rows(
                    [feedRow("A", updated: "2026-01-10T16:00:00Z", ["price": "3"]), feedRow("E"), feedRow("F"), feedRow("G")]
                        + rows.dropFirst(1) + [feedRow("B", ["price": "9"])]))
            for apply in [false, true] {
                let run = try await bench.operation().run(SyncOptions(apply: apply))
                #expect(run.summary.comparison == nil, "an incremental run")
                #expect(run.rows.inserted == ["E", "F", "G"] && run.rows.updated == ["A"], "\(run.rows)")
                #expect(
                    run.rows.rejected.map { "\($0.sourceTradeID ?? "none"): \($0.reasons.joined(separator: " "))" }
                        == [
                            "C: invalid:side", "B: conflicting_duplicate", "D: conflicting_duplicate", "D: conflicting_duplicate",
                            "B: conflicting_duplicate",
                        ],
                    "\(run.rows)")
                // Nothing of it goes into the event that ends the run, whose members are what they were.
                if case .object(let members) = run.summary.node { #expect(!members.contains { $0.0 == "inserted_ids" }) }
            }
            bench.server.replace(feed: .rows((0..<5).map { feedRow("N\($0)", updated: "2026-01-10T16:00:00Z") }))
            let few = try await bench.operation().run(SyncOptions(apply: false, namedRows: 2))
            #expect(few.summary.inserted == 5 && few.rows.inserted.count == 2)
        }
    }

    @Test func `stale rows change nothing and equal times with other content conflict`() async throws {
        try await withSync(feed: .rows([feedRow("A", updated: "2026-01-10T16:00:00Z"), feedRow("B")])) {
            (bench: SyncBench) async throws -> Void in
            try await bench.sync()
            bench.server.replace(
                feed: .rows([feedRow("A", updated: "2026-01-10T15:59:59Z", ["price": "1"]), feedRow("B", ["price": "2"])]))
            let summary = try await bench.sync(full: true, reset: true)
            #expect(summary.staleIgnored == 1 && summary.rejectedByReason == ["conflicting_update": 1])
            #expect(summary.updated == 0)
            #expect(summary.comparison?.unmatchedLocalTradeIDs == ["B"])
            #expect(summary.missing == 0)
        }
    }

    @Test func `a new updated at alone is an update and a change of unknown keys alone is none`() async throws {
        try await withSync(feed: .rows([feedRow("A"), feedRow("B")])) { (bench: SyncBench) async throws -> Void in
            try await bench.sync()
            bench.server.replace(
                feed: .rows([
                    feedRow("A", updated: "2026-01-10T15:00:01Z"), feedRow("B", ["desk": "\"x\"", "price": "12.1000"]),
                ]))
            let summary = try await bench.sync()
            #expect(summary.updated == 1 && summary.changedFields == ["source_updated_at": 1])
            #expect(summary.unchanged == 1 && summary.unknownKeys == ["desk": 1])
        }
    }

    @Test func `trades that leave the source are flagged and come back`() async throws {
        try await withSync(feed: .rows([feedRow("A"), feedRow("B"), feedRow("C")])) { (bench: SyncBench) async throws -> Void in
            try await bench.sync(full: true)
            // B comes broken: it is found, though not accepted. C is gone.
            bench.server.replace(feed: .rows([feedRow("A"), feedRow("B", ["price": "\"x\""])]))
            #expect(try await bench.sync().missing == 0)
            let preview = try await bench.sync(apply: false, full: true)
            #expect(preview.missing == 1)
            let gone = try await bench.sync(full: true)
            #expect(gone.missing == 1 && gone.reappeared == 0)
            #expect(gone.comparison?.unmatchedLocalTradeIDs == ["B", "C"])
            #expect(try await bench.sync(full: true).missing == 0)
            let flagged = try await bench.view(.trades).filter {
                $0.root["flags"]?.elements.contains { $0.string == "missing_upstream" } ?? false
            }
            #expect(flagged.compactMap { $0.root["source_trade_id"]?.string } == ["C"])
            bench.server.replace(feed: .rows([feedRow("A"), feedRow("B"), feedRow("C", updated: "2026-01-11T00:00:00Z")]))
            let back = try await bench.sync(full: true)
            #expect(back.reappeared == 1 && back.updated == 1)
            let rows = try await bench.view(.trades)
            #expect(rows.allSatisfy { !($0.root["flags"]?.elements.contains { $0.string == "missing_upstream" } ?? true) })
        }
    }

    @Test func `pending rows need to be asked for`() async throws {
        let rows = [feedRow("A"), feedRow("P", ["tradeStatus": "\"PENDING\""])]
        try await withSync(feed: .rows(rows, filtered: false)) { (bench: SyncBench) async throws -> Void in
            let without = try await bench.sync()
            #expect(without.rejectedByReason == ["pending_not_requested": 1])
            let summary = try await bench.sync(full: true, includePending: true)
            #expect(summary.inserted == 1 && summary.unchanged == 1)
            #expect(summary.scopeKey == "portfolio_names=ICOI,IMST|include_pending=true")
        }
    }

    @Test func `a lower watermark is refused unless it is reset`() async throws {
        try await withSync(feed: .rows([feedRow("A", updated: "2026-01-10T16:00:00Z")])) { (bench: SyncBench) async throws -> Void in
            try await bench.sync()
            bench.server.replace(feed: .rows([feedRow("A")]))
            await #expect(throws: SyncError.self) { try await bench.sync(full: true) }
            let failed = try await bench.events(.alphaSyncFailed)
            #expect(failed.count == 1)
            // Without the full scope it is refused as it is asked for; a dry run shows what the reset would give.
            await #expect(throws: SyncError.self) { try await bench.sync(apply: false, reset: true) }
            await #expect(throws: SyncError.self) { try await bench.sync(reset: true) }
            let preview = try await bench.sync(apply: false, full: true, reset: true)
            #expect(preview.dryRun && preview.nextWatermark?.description == "2026-01-10T15:00:00Z")
            #expect(try await bench.events(.alphaSyncFailed).count == 1)
            let state = try #require(try await bench.view(.syncState).first).root
            #expect(state["last_error"]?.string?.contains("watermark_below_stored") == true)
            #expect(state["last_successful_watermark"]?.string == "2026-01-10T16:00:00Z")
            let summary = try await bench.sync(full: true, reset: true)
            #expect(summary.nextWatermark?.description == "2026-01-10T15:00:00Z")
            // A later success keeps the error for comparison.
            let after = try #require(try await bench.view(.syncState).first).root
            #expect(after["last_error"]?.string?.contains("watermark_below_stored") == true)
            #expect(after["last_successful_watermark"]?.string == "2026-01-10T15:00:00Z")
        }
    }

    @Test func `an empty scope keeps the stored watermark`() async throws {
        try await withSync(feed: .rows([feedRow("A")])) { (bench: SyncBench) async throws -> Void in
            try await bench.sync()
            bench.server.replace(feed: .rows([]))
            let summary = try await bench.sync()
            #expect(summary.fetched == 0 && summary.nextWatermark?.description == "2026-01-10T15:00:00Z")
            #expect(try await bench.sync().nextWatermark?.description == "2026-01-10T15:00:00Z")
        }
    }

    @Test func `a failed real run is recorded and a dry one is not`() async throws {
        try await withSync { (bench: SyncBench) async throws -> Void in
            bench.server.setFailures(.every(.status(403)))
            await #expect(throws: SyncError.self) { try await bench.sync(apply: false) }
            #expect(try await bench.events(.alphaSyncFailed).isEmpty)
            await #expect(throws: SyncError.self) { try await bench.sync() }
            #expect(try await bench.events(.alphaSyncFailed).count == 1)
            #expect(try await bench.events(.alphaExecutionRecorded).isEmpty)
        }
    }

    @Test func `a contract failure on the last page stores no rows`() async throws {
        try await withSync { (bench: SyncBench) async throws -> Void in
            bench.server.setFailures(.requests([1: .body(Array("{\"rows\": [".utf8))]))
            await #expect(throws: SyncError.self) { try await bench.sync() }
            #expect(try await bench.events(.alphaExecutionRecorded).isEmpty)
            #expect(try await bench.events(.alphaRowRejected).isEmpty)
            bench.server.setFailures(.none)
            #expect(try await bench.sync().inserted == 749)
        }
    }

    @Test func `a second run of the scope is a conflict and another scope is not`() async throws {
        try await withSync { (bench: SyncBench) async throws -> Void in
            bench.server.setFailures(.requests([0: .delay(seconds: 2)]))
            let slow = Task { try await bench.sync() }
            try await Task.sleep(for: .milliseconds(700))
            do {
                try await bench.sync()
                Issue.record("two runs of one scope at a time")
            } catch SyncError.alreadyRunning {}
            #expect(try await bench.sync(portfolios: ["IMST"]).rejected == 0)
            _ = try await slow.value
        }
    }

    @Test func `the same history comes out of any page and chunk boundaries`() async throws {
        // More rows than one transaction takes, twice: the second run finds nothing to do.
        try await withSync(feed: .generated(count: 4_321)) { (bench: SyncBench) async throws -> Void in
            let summary = try await bench.sync(full: true)
            #expect(summary.inserted == 4_321 && summary.comparison?.localRows == 4_321)
            #expect(summary.comparison?.premiumDeltaUSD.isZero == true)
            let events = try await bench.events()
            #expect(try await bench.sync(full: true).unchanged == 4_321)
            #expect(try await bench.events().count == events.count + 1)
            let completion = try #require(events.last)
            #expect(completion.type == "AlphaSyncCompleted")
            // The completion shares the transaction of the run's last rows.
            #expect(completion.recordedAt == events[events.count - 2].recordedAt)
        }
    }
}
