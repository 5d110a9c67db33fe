import LedgerJSON
import Testing

@testable import Console

/// The operator's checklist, by the documents that it reads.
@Suite struct ChecklistTests {
    private func document(_ text: String) throws -> Loaded { .success(try JSONDocument(parsing: Array(text.utf8))) }

    private func points(
        sync: String = "", projections: String? = #"{"projections":[]}"#, broken: String = #"{"rows":[],"next_cursor":null}"#,
        mark: String = #"{"groups":[]}"#
    ) throws -> [String: Checklist.Point] {
        let list = Checklist(
            syncs: try document(#"{"rows":[\#(sync)]}"#), projections: try projections.map { try document($0) },
            broken: try document(broken), needs: [OperationsPage.Need(.marks, try document(mark))], time: TimeFrame())
        return Dictionary(uniqueKeysWithValues: list.points.map { ($0.title, $0) })
    }

    private func sync(
        ended: String = #""2026-02-01T10:00:00Z""#, failed: String = "null",
        summary: String = #"{"unknown_keys":{},"rejected_by_reason":{}}"#
    ) -> String {
        #"{"scope_key":"s","last_error":"timed_out: no answer","last_error_at":\#(failed),"last_successful_sync_at":\#(ended),"last_run_summary":\#(summary)}"#
    }

    @Test func `a ledger without anything says what it does not know, and never that it holds`() throws {
        let points = try points()
        #expect(points["The last sync ended well"]?.state == .unavailable)
        #expect(points["The source keeps its contract"] == nil)
        #expect(points["Assertions hold"]?.state == .holds)
        let unread = Loaded.failure(PageProblem(status: 503, code: "not_ready", detail: "not now"))
        let none = Checklist(
            syncs: unread, projections: unread, broken: unread, needs: [OperationsPage.Need(.marks, unread)], time: TimeFrame())
        #expect(none.points.allSatisfy { $0.state == .unavailable } && none.points.count == 4)
    }

    @Test func `a sync that failed after the last good one is broken, an older failure is not`() throws {
        let title = "The last sync ended well"
        #expect(try points(sync: sync())[title]?.state == .holds)
        #expect(try points(sync: sync(failed: #""2026-02-01T09:00:00Z""#))[title]?.state == .holds)
        let failed = try points(sync: sync(failed: #""2026-02-01T11:00:00Z""#))[title]
        #expect(failed?.state == .broken && failed?.detail == "timed_out: no answer")
        #expect(try points(sync: sync(ended: "null", failed: #""2026-02-01T11:00:00Z""#))[title]?.state == .broken)
    }

    @Test func `keys that the contract does not know and rejected rows are named with their counts`() throws {
        let title = "The source keeps its contract"
        #expect(try points(sync: sync())[title]?.state == .holds)
        let drift = #"{"unknown_keys":{"deskTag":13},"rejected_by_reason":{"missing:updatedAt":2}}"#
        let point = try points(sync: sync(summary: drift))[title]
        #expect(point?.state == .broken)
        #expect(point?.detail == "keys that it does not know: deskTag 13; rejected rows: missing:updatedAt 2")
        #expect(try points(sync: sync(summary: "null"))[title]?.state == .unavailable)
    }

    @Test func `the source and the ledger agree only if the last run compared them all`() throws {
        let title = "The source and the ledger agree"
        func summary(_ source: String, _ premium: String = "0", _ unmatched: String = "[]") -> String {
            #"{"source_rows":\#(source),"local_rows":3,"quantity_delta":0,"premium_delta_usd":\#(premium),"unmatched_source_trade_ids":\#(unmatched),"unmatched_local_trade_ids":[]}"#
        }
        #expect(try points(sync: sync(summary: summary("null")))[title]?.state == .unavailable)
        #expect(try points(sync: sync(summary: summary("3")))[title]?.state == .holds)
        for wrong in [summary("4"), summary("3", "0.01"), summary("3", "0", #"["T-1"]"#)] {
            #expect(try points(sync: sync(summary: wrong))[title]?.state == .broken, "\(wrong)")
        }
    }

    @Test func `what trades need, broken assertions and stopped projections are told`() throws {
        let needs = try points(mark: #"{"groups":[{"key":["true"],"count":611},{"key":["false"],"count":5}]}"#)
        let point = needs["Trades have their context, benchmarks and marks"]
        #expect(point?.state == .broken && point?.detail == "Horizons that need a mark: 611")
        let broken = try points(broken: #"{"rows":[{"source_portfolio":"IMST","contract_key":"C"}],"next_cursor":"x"}"#)
        #expect(broken["Assertions hold"]?.detail == "broken for IMST C and more")
        let title = "Served projections follow the log"
        let stopped =
            #"{"projections":[{"name":"trades","served":true,"lag":7,"poison":{"position":3}},{"name":"bars","served":false,"lag":900}]}"#
        #expect(try points(projections: stopped)[title]?.detail == "stopped: trades")
        let behind = #"{"projections":[{"name":"trades","served":true,"lag":7,"poison":null}]}"#
        #expect(try points(projections: behind)[title]?.detail == "the last one is 7 events behind")
        #expect(try points(projections: nil)[title] == nil, "nobody recorded a past moment's progress")
    }
}
