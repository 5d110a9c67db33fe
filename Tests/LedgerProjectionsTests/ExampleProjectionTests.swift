import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerRules
import LedgerValues
import OptionTrades
import TestSupport
import Testing

// example: docs/engineer.md
/// Why rows of the feed were rejected: for each source and reason how many, and the last one's position.
struct RejectionsProjection: Projection {
    struct Facts: Sendable {
        var source: String
        var reason: String
        var count: Int64
        var lastPosition: Int64
    }

    static let consumes: [EventType: Set<Int>] = [.alphaRowRejected: [1]]
    let identity: ProjectionIdentity

    init(rules: RuleFile) {
        identity = ProjectionIdentity(name: "rejections", codeVersion: 1, ownRules: rules, rules: [rules])
    }

    // A row can be rejected for several reasons: each is an entity of its own.
    func entities(touchedBy event: DecodedEvent) -> [RowKey] {
        guard let payload = event.payload(as: RejectedRowPayload.self) else { return [] }
        return payload.reasons.map { RowKey([payload.source, $0]) }
    }

    func apply(_ event: DecodedEvent, to facts: inout Facts?, of entity: RowKey) {
        facts = Facts(
            source: entity.parts[0].text, reason: entity.parts[1].text, count: (facts?.count ?? 0) + 1,
            lastPosition: event.record.position)
    }

    func writeRows(of facts: Facts, to rows: inout RowWriter) {
        encode(facts, to: &rows.out)
        rows.endRow(RowKey([facts.source, facts.reason]))
    }

    func encode(_ facts: Facts, to out: inout JSONWriter) {
        out.beginObject()
        out.key("count"); out.integer(facts.count)
        out.key("last_position"); out.integer(facts.lastPosition)
        out.key("reason"); out.string(facts.reason)
        out.key("source"); out.string(facts.source)
        out.endObject()
    }

    struct Damaged: Error {}

    func facts(from document: [UInt8]) throws -> Facts {
        let root = try JSONDocument(parsing: document).root
        guard let source = root["source"]?.string, let reason = root["reason"]?.string,
            let count = root["count"]?.integer, let position = root["last_position"]?.integer
        else { throw Damaged() }
        return Facts(source: source, reason: reason, count: count, lastPosition: position)
    }

    // A rejection has no time in the world: it is there as soon as it is known.
    func facts(_ facts: Facts, effectiveBy instant: Instant) -> Facts? { facts }
}
// end

@Suite struct ExampleProjectionTests {
    @Test func `the example of the guide counts what was rejected`() throws {
        let projection = RejectionsProjection(rules: RuleFile(path: "rejections/rules.v1.yaml", version: 1, digest: ""))
        var state: [RowKey: RejectionsProjection.Facts] = [:]
        for (index, reasons) in [["missing:quantity"], ["missing:price", "missing:quantity"], ["missing:price"]].enumerated() {
            let payload = RejectedRowPayload(source: "alpha_sync", raw: "{\"row\":\(index)}", reasons: reasons, sourceTradeID: nil)
            let record = RecordedEvent(
                position: Int64(index + 1), eventID: UniqueID(high: 0, low: UInt64(index)), stream: "rejections-alpha_sync",
                streamVersion: Int64(index + 1), type: "AlphaRowRejected", schemaVersion: 1, recordedAt: .minimum,
                effectiveAt: nil, runID: UniqueID(high: 0, low: 0), payload: payload.encode(), leafHash: Digest32(sha256Of: ""))
            let event = DecodedEvent(record: record, payload: payload)
            for entity in projection.entities(touchedBy: event) {
                // Through their stored form, as a restart would.
                var facts = try state[entity].map { try projection.facts(from: projection.encode($0)) }
                projection.apply(event, to: &facts, of: entity)
                state[entity] = facts
            }
        }
        let rows = state.sorted { $0.key < $1.key }.flatMap { projection.rows(of: $0.value) }
        #expect(
            rows.map { String(decoding: $0.document, as: UTF8.self) } == [
                #"{"count":2,"last_position":3,"reason":"missing:price","source":"alpha_sync"}"#,
                #"{"count":2,"last_position":2,"reason":"missing:quantity","source":"alpha_sync"}"#,
            ])
    }

    @Test func `the guide shows this very code`() throws {
        let own = try #require(projectText("Tests/LedgerProjectionsTests/ExampleProjectionTests.swift"))
        let guide = try #require(projectText("docs/engineer.md"))
        let parts = own.components(between: "// example: docs/engineer.md\n", and: "// end\n")
        #expect(parts.count == 1)
        for part in parts { #expect(guide.contains("```swift\n\(part)```")) }
    }
}

extension String {
    fileprivate func components(between start: String, and end: String) -> [Substring] {
        ranges(of: start).compactMap { from in
            self[from.upperBound...].firstRange(of: end).map { self[from.upperBound..<$0.lowerBound] }
        }
    }
}
