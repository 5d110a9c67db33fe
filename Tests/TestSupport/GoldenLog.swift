import Foundation
package import LedgerEvents
import LedgerJSON
import LedgerValues
import OptionTrades

/// Events of forty trades of the sample scope, as the log recorded them, for tests that need a realistic history.
package enum GoldenLog {
    package static let folder = projectRoot + "/Tests/LedgerProjectionsTests/Golden/"

    package struct Problem: Error {
        let line: Int
    }

    /// The events in order, at positions from 1 on, without leaf hashes.
    package static func recordedEvents() throws -> [RecordedEvent] {
        guard let bytes = FileManager.default.contents(atPath: folder + "events.ndjson") else { throw Problem(line: 0) }
        return try bytes.split(separator: UInt8(ascii: "\n")).enumerated().map { index, line in
            let root = try JSONDocument(parsing: Array(line)).root
            guard let id = root["event_id"]?.string.flatMap({ UniqueID($0) }), let stream = root["stream"]?.string,
                let version = root["stream_version"]?.integer, let type = root["type"]?.string,
                let schema = root["schema_version"]?.integer, let run = root["run_id"]?.string.flatMap({ UniqueID($0) }),
                let recorded = root["recorded_at"]?.string.flatMap({ Instant($0) }), let payload = root["payload"]
            else { throw Problem(line: index + 1) }
            return RecordedEvent(
                position: Int64(index + 1), eventID: id, stream: stream, streamVersion: version, type: type,
                schemaVersion: Int(schema), recordedAt: recorded,
                effectiveAt: root["effective_at"]?.string.flatMap { Instant($0) }, runID: run,
                payload: try canonicalize(payload), leafHash: Digest32(sha256Of: ""))
        }
    }

    /// The same events in the form for appending to a ledger.
    package static func newEvents() throws -> [NewEvent] { newEvents(try recordedEvents()) }

    /// The same, with what other views need behind them.
    package static func newEventsOfEveryView() throws -> [NewEvent] {
        newEvents(try recordedEvents() + assertions() + orders() + flow() + alerts())
    }

    private static func newEvents(_ events: [RecordedEvent]) -> [NewEvent] {
        events.map { event in
            NewEvent(
                identity: "golden|\(event.position)", stream: event.stream, type: EventType(event.type), schemaVersion: event.schemaVersion,
                effectiveAt: event.effectiveAt, payload: event.payload, expectedVersion: nil)
        }
    }
}

/// A copy of the project's own files in a separate directory, with `alignment` rules v2 beside v1. The labels of v2
/// start ten points lower.
package func projectWithSecondAlignment() throws -> String {
    let home = try temporaryDirectory()
    for folder in ["schema", "projections", "analyses"] {
        try FileManager.default.copyItem(atPath: "\(projectRoot)/\(folder)", toPath: "\(home)/\(folder)")
    }
    try FileManager.default.createSymbolicLink(atPath: "\(home)/docs", withDestinationPath: "\(projectRoot)/docs")
    let rules = try String(contentsOfFile: "\(home)/projections/alignment/rules.v1.yaml", encoding: .utf8)
    try rules.replacing("version: 1\n", with: "version: 2\n").replacing("score: 70", with: "score: 60")
        .replacing("score: 58", with: "score: 48")
        .write(toFile: "\(home)/projections/alignment/rules.v2.yaml", atomically: true, encoding: .utf8)
    return home
}

extension GoldenLog {
    /// Statements about the holdings of the log's first executions, and the withdrawal of one. They come after
    /// ``recordedEvents()``.
    package static func assertions() throws -> [RecordedEvent] {
        let recorded = try recordedEvents()
        var rows: [(holding: HoldingKey, row: ExecutionRow)] = []
        for event in recorded where event.type == EventType.alphaExecutionRecorded.rawValue && rows.count < 6 {
            let row = try ExecutionPayload(decoding: event.payload).row
            if let holding = HoldingKey(of: row) { rows.append((holding, row)) }
        }
        var events: [NewEvent] = []
        for (number, (holding, row)) in rows.enumerated() {
            events.append(
                AssertionStatedPayload(
                    assertionID: "golden-\(number)", holding: holding, kind: AssertionKind.allCases[number % 3], asOf: row.tradeDate,
                    value: row.quantity ?? .zero, tolerance: number == 4 ? FixedDecimal(1_000_000) : nil, statedBy: "operations",
                    reason: "a statement"
                ).event())
        }
        if let first = rows.first {
            events.append(
                AssertionWithdrawnPayload(
                    assertionID: "golden-0", holding: first.holding, withdrawnBy: "operations", reason: "another statement"
                ).event())
        }
        return Self.recorded(events, after: recorded.count)
    }

    /// The order of an intent from its decision to its fill, and what the broker said of the account. They come after
    /// ``assertions()``.
    package static func orders() throws -> [RecordedEvent] {
        let ofIntent: [any IntentPayload] = [
            try brokerSample(TradeIntendedPayload.self), try brokerSample(MarketConsultedPayload.self),
            try brokerSample(AccountConsultedPayload.self),
            try brokerSample(OrderSubmittedPayload.self), try brokerSample(OrderAcknowledgedPayload.self),
            try brokerSample(OrderUpdatedPayload.self),
        ]
        let events =
            ofIntent.enumerated().map { $1.event(previousVersion: Int64($0)) }
            + [
                try brokerSample(BrokerAccountRecordedPayload.self).event(previousVersion: 0),
                try brokerSample(BrokerPositionsObservedPayload.self).event(previousVersion: 0),
            ]
        return recorded(events, after: try recordedEvents().count + assertions().count)
    }

    /// Summaries of trades. They come after ``orders()``.
    package static func flow() throws -> [RecordedEvent] {
        recorded(try sampleFlow(), after: try recordedEvents().count + assertions().count + orders().count)
    }

    /// Alerts of two markets and of the ledger. They come after ``flow()``.
    package static func alerts() throws -> [RecordedEvent] {
        recorded(try sampleAlerts(), after: try recordedEvents().count + assertions().count + orders().count + flow().count)
    }

    /// Events as the log would have recorded them after so many others.
    private static func recorded(_ events: [NewEvent], after count: Int) -> [RecordedEvent] {
        events.enumerated().map { index, event in
            RecordedEvent(
                position: Int64(count + index + 1), eventID: event.eventID, stream: event.stream,
                streamVersion: (event.expectedVersion ?? 0) + 1, type: event.type.rawValue, schemaVersion: event.schemaVersion,
                recordedAt: Instant("2026-11-22T00:00:00Z") ?? .minimum, effectiveAt: event.effectiveAt,
                runID: UniqueID(high: 1, low: 1), payload: event.payload, leafHash: Digest32(sha256Of: ""))
        }
    }
}
