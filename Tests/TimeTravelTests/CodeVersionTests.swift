import API
import Foundation
import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
import Operations
import OptionTrades
import TestSupport
import Testing

/// A ledger that an earlier release made, whose served code this program has beside a newer one.
@Suite struct CodeVersionTests {
    /// A fill whose slippage is beyond the bound of inputs, and one of 5 USD.
    private static func fills() throws -> [NewEvent] {
        try [("L1", "999999999999999999", "999999999999999999"), ("L2", "1", "12.5")].flatMap { id, quantity, price in
            var row = try sampleRow(id)
            row.quantity = try FixedDecimal(quantity)
            row.price = try FixedDecimal(price)
            row.contractMultiplier = FixedDecimal(1)
            var benchmark = ExecutionBenchmarkPayload(
                source: row.source, sourceTradeID: id, basis: Basis(of: row), lookedUpAt: row.tradeDate)
            var quote = OptionQuote(timestamp: row.tradeDate)
            quote.ask = id == "L1" ? try FixedDecimal("999999999989999999") : try FixedDecimal("7.5")
            quote.bid = quote.ask
            benchmark.quote = quote
            benchmark.quoteSource = "imported_option_quote"
            return [recorded(row), benchmark.event(previousVersion: 0)]
        }
    }

    /// Activates what a program serves that has code version 1 alone, and opens the ledger with this program.
    private func withEarlierLedger(_ body: (TimeTravelBench) async throws -> Void) async throws {
        try await withLedger { earlier in
            let all = earlier.registry.definitions
            let old = ProjectionRegistry(all.filter { $0.identity.codeVersion == 1 })
            try await ProjectionCatalog().activate(
                old, log: earlier.log, pool: earlier.pool, runID: TimeTravelBench.run)
            try await TimeTravelBench.open(earlier.uri) { bench in
                try await bench.append(try Self.fills())
                try await bench.project()
                try await body(bench)
            }
        }
    }

    private func answer(_ bench: TimeTravelBench, _ query: String) async throws -> (bytes: [UInt8], root: JSONValue) {
        let response = await API(bench.ledger).respond(
            to: APIRequest(
                method: "GET", path: "/api/internal/trades/execution-quality", query: query,
                headers: ["host": ["127.0.0.1:8080"]], isFromLoopback: true))
        #expect(response.status == 200, "\(query): \(String(decoding: response.body, as: UTF8.self))")
        return (response.body, try JSONDocument(parsing: response.body).root)
    }

    /// What another process answers, in which nothing is kept.
    private func answerOfAnother(_ bench: TimeTravelBench) async throws -> [UInt8] {
        try await bench.restarted { other in try await answer(other, Self.pinned).bytes }
    }

    private func entry(_ root: JSONValue) throws -> JSONValue {
        try #require(root["aggregates"]?["by_portfolio"]?.elements.first { _ in true })
    }

    private static let pinned = "as_of_position=\(activations + 4)&as_of=2026-01-20T00:00:00Z&receipt=true&rules=execution_quality@v1/c1"

    @Test func `What an earlier release serves goes on being served, and is no less pinned once newer code is promoted`() async throws {
        try await withEarlierLedger { bench in
            // The version is followed, not frozen, though this program has newer code.
            let status = try await ProjectionStatus.all(bench.ledger)
            #expect(status.versions.count == View.all.count)
            #expect(status.versions.allSatisfy { $0.codeVersion == 1 && !$0.isFrozen && $0.lag == 0 })
            let served = try await answer(bench, "")
            #expect(served.root["ledger"]?["code_version"]?.integer == 1)
            #expect(served.root["ledger"]?["frozen"] == nil)
            // Code version 1 left the larger fill out.
            let old = try entry(served.root)
            #expect(old["count"]?.integer == 2 && old["quoted"]?.integer == 2)
            #expect(old["sum_fill_vs_mid_usd"]?.sourceText == "5" && old["with_fill_vs_mid_usd"] == nil)
            let before = try await answer(bench, Self.pinned)

            // Rules without code mean the newest code; nothing is built for it, since its rows are the same.
            let newest = try await answer(bench, "rules=execution_quality@v1")
            #expect(newest.root["ledger"]?["code_version"]?.integer == 2)
            #expect(newest.root["rows"]?.sourceText == served.root["rows"]?.sourceText)
            let new = try entry(newest.root)
            #expect(new["sum_fill_vs_mid_usd"]?.sourceText == "9999999999999999990000005")
            #expect(new["with_fill_vs_mid_usd"]?.integer == 2)

            let name = "execution_quality"
            let (one, two) = (VersionReference(version: "v1", codeVersion: 1), VersionReference(version: "v1", codeVersion: 2))
            #expect(try await bench.ledger.references([name], nil).map(\.version) == [one])
            _ = try await bench.ledger.rebuild([(name, VersionReference(version: "v1"))])
            let diff = try await bench.ledger.diff(name, from: one, to: two)
            #expect(diff.changedRows == 0)
            _ = try await bench.ledger.promote(name, two, position: diff.position, digest: diff.digest)
            try await bench.project()
            let now = try await answer(bench, "")
            #expect(now.root["ledger"]?["code_version"]?.integer == 2)
            #expect(try entry(now.root)["sum_fill_vs_mid_usd"]?.sourceText == "9999999999999999990000005")

            // What was pinned is answered as it was: by this process, by another one, and when its own tables are gone.
            #expect(try await answer(bench, Self.pinned).bytes == before.bytes)
            #expect(try await answerOfAnother(bench) == before.bytes)
            #expect(
                try await answer(bench, "rules=as_served&as_of_position=\(activations + 4)").root["ledger"]?["code_version"]?.integer == 1)
            _ = try await bench.ledger.drop(name, one, includingPrevious: true)
            #expect(try await answerOfAnother(bench) == before.bytes)
        }
    }

    /// A run of a scope that ended well.
    private static func run(_ number: UInt64, cursor: String?) -> NewEvent {
        let id = UniqueID(high: 4, low: number)
        let summary = RunSummary(
            runID: id, scopeKey: "a|b", dryRun: false, fullScope: false, startedAt: .minimum, finishedAt: .minimum)
        return SyncCompletedPayload(
            scopeKey: "a|b", scopeDetails: ExecutionScope.details(portfolios: [], includePending: false),
            sourceName: TradeLedger.standardFeed,
            summary: summary.canonicalBytes(), cursor: cursor, watermark: nil
        ).event(runID: id)
    }

    private func syncState(_ bench: TimeTravelBench, _ query: String) async throws -> (status: Int, bytes: [UInt8]) {
        let response = await API(bench.ledger).respond(
            to: APIRequest(
                method: "GET", path: "/api/internal/trades/sync-state", query: query,
                headers: ["host": ["127.0.0.1:8080"]], isFromLoopback: true))
        return (response.status, response.body)
    }

    private func cursor(_ answer: (status: Int, bytes: [UInt8])) throws -> String? {
        #expect(answer.status == 200, "\(String(decoding: answer.bytes, as: UTF8.self))")
        let rows = try #require(try JSONDocument(parsing: answer.bytes).root["rows"])
        return try #require(rows.elements.first { _ in true }?["last_successful_cursor"]).string
    }

    @Test func `A fold whose rows changed is built beside the old one, which goes on as it was and stays pinned`() async throws {
        try await withEarlierLedger { bench in
            try await bench.append([Self.run(1, cursor: "c1"), Self.run(2, cursor: nil)])
            try await bench.project()
            let name = "sync_state"
            let head = Int64(try await bench.events().count)
            let pinned = "as_of_position=\(head)&as_of=2026-01-20T00:00:00Z&receipt=true&rules=sync_state@v1/c1"
            let before = try await syncState(bench, pinned)
            #expect(try cursor(before) == "c1")
            #expect(try cursor(await syncState(bench, "")) == "c1")
            // The rows of the newer code do not follow from what is stored: it is built before it can be asked for.
            let missing = try await syncState(bench, "rules=sync_state@v1")
            #expect(missing.status != 200)
            #expect(String(decoding: missing.bytes, as: UTF8.self).contains("projection rebuild sync_state --rules v1"))
            let ask = try ExplainRequest(view: name, key: ["alpha_trade_feed", "a|b"], field: "last_successful_cursor")
            let old = try await bench.ledger.explain(ask)
            #expect(!old.hasMismatch)
            #expect(try JSONDocument(parsing: old.json()).root["value"]?.string == "c1")

            let (one, two) = (VersionReference(version: "v1", codeVersion: 1), VersionReference(version: "v1", codeVersion: 2))
            _ = try await bench.ledger.rebuild([(name, VersionReference(version: "v1"))])
            let diff = try await bench.ledger.diff(name, from: one, to: two)
            #expect(diff.changedRows == 1)
            #expect(try cursor(await syncState(bench, "rules=sync_state@v1")) == nil)
            #expect(try cursor(await syncState(bench, "")) == "c1")
            _ = try await bench.ledger.promote(name, two, position: diff.position, digest: diff.digest)
            try await bench.project()
            #expect(try cursor(await syncState(bench, "")) == nil)
            let new = try await bench.ledger.explain(ask)
            #expect(!new.hasMismatch)
            #expect(try JSONDocument(parsing: new.json()).root["value"]?.isNull == true)

            #expect(try await syncState(bench, pinned).bytes == before.bytes)
            let another = try await bench.restarted { other in try await syncState(other, pinned).bytes }
            #expect(another == before.bytes)
            let verified = try await bench.ledger.verifyProjections()
            #expect(verified.count == View.all.count && verified.allSatisfy(\.matches))
        }
    }

    @Test func `A new ledger serves the newest code, and answers for the older one`() async throws {
        try await withTimeTravel { bench in
            try await bench.append(try Self.fills())
            try await bench.project()
            let served = try await answer(bench, "")
            #expect(served.root["ledger"]?["code_version"]?.integer == 2)
            let old = try await answer(bench, Self.pinned)
            #expect(old.root["ledger"]?["code_version"]?.integer == 1)
            #expect(try entry(old.root)["sum_fill_vs_mid_usd"]?.sourceText == "5")
        }
    }

    @Test func `Lists that go over several pages keep the sums of the code that they began with`() async throws {
        try await withEarlierLedger { bench in
            let first = try await answer(bench, "limit=1")
            let name = "execution_quality"
            _ = try await bench.ledger.rebuild([(name, VersionReference(version: "v1"))])
            let two = VersionReference(version: "v1", codeVersion: 2)
            let diff = try await bench.ledger.diff(name, from: VersionReference(version: "v1", codeVersion: 1), to: two)
            _ = try await bench.ledger.promote(name, two, position: diff.position, digest: diff.digest)
            let second = try await answer(bench, "limit=1&cursor=\(try #require(first.root["next_cursor"]?.string))")
            #expect(second.root["ledger"]?["code_version"]?.integer == 1)
            #expect(second.root["aggregates"]?.sourceText == first.root["aggregates"]?.sourceText)
        }
    }

    @Test func `A service follows old and new code side by side, and both verify`() async throws {
        try await withEarlierLedger { bench in
            let name = "execution_quality"
            _ = try await bench.ledger.rebuild([(name, VersionReference(version: "v1"))])
            try await bench.append([recorded(try sampleRow("L3"))])
            let group = ProjectionGroup(bench.ledger.registry, pool: bench.ledger.pool, owner: "group")
            let signal = LogSignal(PostgresConfiguration(uri: bench.uri))
            let running = Task { await group.run(signal) }
            let head = Int64(try await bench.events().count)
            var positions: [Int64] = []
            for _ in 0..<400 {
                positions = try await bench.ledger.pool.run { session in
                    try ProjectionCatalog().versions(of: name, session).map(\.position)
                }
                if positions == [head, head] { break }
                try await Task.sleep(for: .milliseconds(25))
            }
            running.cancel()
            await running.value
            #expect(positions == [head, head])
            try await bench.project()
            let verified = try await bench.ledger.verifyProjections()
            #expect(verified.count == View.all.count && verified.allSatisfy(\.matches))
        }
    }
}
