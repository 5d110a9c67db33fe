import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// The table of snapshots: hours, corrections, and what is effective by a moment.
@Suite struct SnapshotsProjectionTests {
    private func captured(_ hour: String, _ count: Int64, _ digest: String, type: String = "gex") throws -> SnapshotCapturedPayload {
        let start = try #require(Instant(hour))
        return SnapshotCapturedPayload(
            currency: "BTC", snapshotType: type, hour: start, recordCount: count, digest: Digest32(sha256Of: digest),
            observedSource: "amberdata", pages: 1, windowFrom: start, windowTo: start)
    }

    private func log(_ payloads: [SnapshotCapturedPayload]) -> [RecordedEvent] {
        payloads.enumerated().map { place, payload in
            let event = payload.event(previousVersion: Int64(place))
            return RecordedEvent(
                position: Int64(place + 1), eventID: event.eventID, stream: event.stream, streamVersion: Int64(place + 1),
                type: event.type.rawValue, schemaVersion: event.schemaVersion,
                recordedAt: Instant(microseconds: 1_770_000_000_000_000 + Int64(place + 1) * 1_000_000) ?? .minimum,
                effectiveAt: event.effectiveAt, runID: UniqueID(high: 1, low: 1), payload: event.payload, leafHash: Digest32(sha256Of: ""))
        }
    }

    private func rows(_ payloads: [SnapshotCapturedPayload]) throws -> [String] {
        let definition = try #require(try projectRegistry().firstDefinition("snapshots"))
        let fold = definition.completeFold()
        for record in log(payloads) {
            if let event = try definition.decode(record) { try fold.apply(event) }
        }
        var rows: [String] = []
        try fold.forEachRow { _, document in
            let root = try JSONDocument(parsing: document).root
            #expect(try canonicalize(root) == document && root.members.map(\.key) == definition.columns.columns.map(\.name))
            rows.append(String(decoding: document, as: UTF8.self))
        }
        return rows
    }

    @Test func `of each hour the latest capture counts, and an hour without observations is not covered`() throws {
        let id = Digest32(sha256Of: Array(#"["BTC","2026-02-05","gex"]"#.utf8)).description.prefix(16)
        let rows = try rows([
            captured("2026-02-05T23:00:00Z", 900, "a"), captured("2026-02-05T21:00:00Z", 913, "b"),
            captured("2026-02-05T22:00:00Z", 0, "c"), captured("2026-02-05T23:00:00Z", 905, "d"),
            captured("2026-02-06T00:00:00Z", 1, "e", type: "spot"),
        ])
        #expect(rows.count == 2)
        #expect(
            rows.first
                == #"{"created_at":"2026-02-02T02:40:01Z","currency":"BTC","first_capture":"2026-02-05T21:00:00Z","hours_covered":2,"#
                + #""id":"\#(id)","last_capture":"2026-02-05T23:00:00Z","observed_position":4,"observed_source":"amberdata","#
                + #""record_count":1818,"recorded_at":"2026-02-02T02:40:04Z","snapshot_date":"2026-02-05","snapshot_type":"gex"}"#)
    }

    @Test func `the snapshot of a table's row is the row of the same id`() throws {
        let time = try #require(Instant("2026-02-05T23:03:10Z"))
        let observed = try sampleObserved(.gexStrike, "BTC", at: time)
        let definition = try #require(try projectRegistry().firstDefinition("gex_snapshots"))
        let event = observed.event(previousVersion: 0)
        let record = RecordedEvent(
            position: 1, eventID: event.eventID, stream: event.stream, streamVersion: 1, type: event.type.rawValue,
            schemaVersion: event.schemaVersion, recordedAt: time, effectiveAt: event.effectiveAt, runID: UniqueID(high: 1, low: 1),
            payload: event.payload, leafHash: Digest32(sha256Of: ""))
        let fold = definition.completeFold()
        if let event = try definition.decode(record) { try fold.apply(event) }
        var ids: [String?] = []
        try fold.forEachRow { _, document in ids.append(try JSONDocument(parsing: document).root["snapshot_id"]?.string) }
        let row = try #require(try rows([captured("2026-02-05T23:00:00Z", 1, "a")]).first)
        #expect(ids == [try JSONDocument(parsing: Array(row.utf8)).root["id"]?.string])
    }
}
