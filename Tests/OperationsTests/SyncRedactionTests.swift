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

/// `redact_fields` in a real sync: what the log never holds.
@Suite struct SyncRedactionTests {
    /// A bench whose ledger redacts those fields.
    private func withRedaction(
        _ uri: String, _ feed: Feed, _ fields: String, _ body: (SyncBench) async throws -> Void
    ) async throws {
        let ledger = try await Ledger.open(
            try Settings(environment: ledgerEnvironment(uri), file: "redact_fields: [\(fields)]"), Resources(root: projectRoot),
            migration: .always)
        let server = try await SampleFeedServer.start(feed: feed, apiKey: "test-key")
        let result: Result<Void, any Error>
        do { result = .success(try await body(SyncBench(ledger: ledger, server: server))) } catch { result = .failure(error) }
        await server.stop()
        await ledger.close()
        try result.get()
    }

    private func row(_ id: String, _ changes: [String: String?] = [:], updated: String = "2026-01-10T15:00:00Z") -> String {
        feedRow(id, updated: updated, ["notes": "\"SECRET\"", "deskTag": "\"SECRET\"", "broker": "\"HARBOR\""].merging(changes) { $1 })
    }

    @Test func `no event holds what is redacted neither in a row nor in a rejected one`() async throws {
        try await withDatabase { uri in
            let rows = [row("A"), row("A", ["notes": "\"SECRET too\""]), row("B", ["price": "-1"]), "\"SECRET\"", row("C", ["notes": nil])]
            try await withRedaction(uri, .rows(rows, filtered: false), "notes, unknown_fields") { (bench: SyncBench) async throws -> Void in
                let summary = try await bench.sync(full: true)
                // Rows that differ in nothing but what is redacted are the same row.
                #expect(summary.inserted == 2 && summary.duplicates == 1 && summary.rejected == 2)
                let events = try await bench.events()
                for event in events { #expect(!event.payload.contains(Array("SECRET".utf8)), "\(event.type)") }
                let first = try JSONDocument(parsing: try #require(events.first { $0.type == "AlphaExecutionRecorded" }).payload).root
                #expect(first["notes"]?.string == "[redacted]" && first["source_broker"]?.string == "HARBOR")
                #expect(first["unknown_fields"]?["deskTag"]?.string == "\"[redacted]\"")
                let last = try JSONDocument(parsing: try #require(events.last { $0.type == "AlphaExecutionRecorded" }).payload).root
                #expect(last["notes"]?.isNull == true)
                let again = try await bench.sync(full: true)
                #expect(again.inserted == 0 && again.updated == 0 && again.unchanged == 2)
            }
        }
    }

    @Test func `naming a field later or no more is no contradiction of the source`() async throws {
        try await withDatabase { uri in
            try await withRedaction(uri, .rows([row("A")]), "") { (bench: SyncBench) async throws -> Void in
                #expect(try await bench.sync(full: true).inserted == 1)
            }
            for fields in ["notes, source_broker", ""] {
                try await withRedaction(uri, .rows([row("A")]), fields) { (bench: SyncBench) async throws -> Void in
                    let summary = try await bench.sync(full: true)
                    #expect(summary.unchanged == 1 && summary.rejected == 0, "\(fields)")
                }
            }
            // A later version is stored as it is asked for now; another contradiction is one still.
            try await withRedaction(uri, .rows([row("A", updated: "2026-01-11T15:00:00Z")]), "notes") {
                (bench: SyncBench) async throws -> Void in
                #expect(try await bench.sync(full: true).updated == 1)
            }
            try await withRedaction(uri, .rows([row("A", ["broker": "\"OTHER\""], updated: "2026-01-11T15:00:00Z")]), "notes") {
                (bench: SyncBench) async throws -> Void in
                #expect(try await bench.sync(full: true).rejectedByReason == ["conflicting_update": 1])
            }
        }
    }

    @Test func `a name that can't be redacted is bad configuration`() {
        #expect(throws: SettingProblem.self) { try Settings(environment: [:], file: "redact_fields: [price]") }
        #expect(throws: SettingProblem.self) { try Settings(environment: ["ALPHA_LEDGER_REDACT_FIELDS": "notes,x"]) }
    }
}
