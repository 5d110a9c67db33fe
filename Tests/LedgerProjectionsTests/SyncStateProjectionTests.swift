import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerRules
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// What a scope's row says after several runs.
@Suite struct SyncStateProjectionTests {
    private static let run = UniqueID(high: 3, low: 3)

    private static func completed(cursor: String?, watermark: Instant?) -> any EventPayload {
        let details = ExecutionScope.details(portfolios: [], includePending: false)
        let summary = RunSummary(
            runID: run, scopeKey: "a|b", dryRun: false, fullScope: false, startedAt: .minimum, finishedAt: .minimum)
        return SyncCompletedPayload(
            scopeKey: "a|b", scopeDetails: details, sourceName: TradeLedger.standardFeed, summary: summary.canonicalBytes(), cursor: cursor,
            watermark: watermark)
    }

    private static func failed() -> any EventPayload {
        SyncFailedPayload(
            runID: run, scopeKey: "a|b", scopeDetails: ExecutionScope.details(portfolios: [], includePending: false),
            sourceName: TradeLedger.standardFeed,
            errorCode: "timed_out", errorMessage: "no answer", startedAt: .minimum, finishedAt: .minimum)
    }

    /// The scope's row after the runs, under a code version.
    private func row(_ codeVersion: Int, _ runs: [any EventPayload], restarts: Bool) throws -> JSONValue {
        var log = TradeEventLog()
        for run in runs { log.entries.append(.init(payload: run, effectiveAt: nil, stream: "sync-a|b")) }
        let projection = SyncStateProjection(
            rules: try SyncStateRules(version: 1, read: projectRuleFile), codeVersion: codeVersion)
        let rows = try log.rows(projection, restarts: restarts)
        #expect(rows.count == 1)
        return try #require(rows.first).root()
    }

    @Test(arguments: [false, true])
    func `A run without a cursor leaves none, and under code version 1 that of the run before`(restarts: Bool) throws {
        let watermark = try #require(Instant("2026-01-30T21:14:08Z"))
        var runs = [Self.completed(cursor: "c1", watermark: watermark), Self.completed(cursor: nil, watermark: nil)]
        #expect(try row(1, runs, restarts: restarts).text("last_successful_cursor") == "c1")
        let newest = try row(2, runs, restarts: restarts)
        #expect(newest.text("last_successful_cursor") == nil)
        // The next run starts at the watermark, so that it stays under either code.
        #expect(newest.text("last_successful_watermark") == "2026-01-30T21:14:08Z")

        runs.append(Self.completed(cursor: "c3", watermark: nil))
        // A run that failed is not a successful one.
        runs.append(Self.failed())
        for code in [1, 2] {
            #expect(try row(code, runs, restarts: restarts).text("last_successful_cursor") == "c3", "code version \(code)")
        }
    }

    @Test func `Both code versions are installed, fold differently, and a new ledger starts with the newer`() throws {
        let registry = try projectRegistry()
        #expect(registry.codes(of: "sync_state", version: "v1") == [1, 2])
        let one = try #require(registry.definition("sync_state", version: "v1", codeVersion: 1))
        let two = try #require(registry.definition("sync_state", version: "v1", codeVersion: 2))
        #expect(!two.foldsAlike(one) && one.foldVersion == 1 && two.foldVersion == 2)
        #expect(registry.firstDefinition("sync_state")?.identity == two.identity)
    }
}
