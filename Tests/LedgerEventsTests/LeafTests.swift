import LedgerEvents
import LedgerJSON
import LedgerValues
import Testing

@Suite struct LeafTests {
    private func event(stream: String, type: String, effectiveAt: Instant?, payload: [UInt8]) throws -> RecordedEvent {
        RecordedEvent(
            position: 17,
            eventID: Identity.eventID(of: "execution|alpha_sync|TRD-2026-000017|recorded"),
            stream: stream, streamVersion: 1, type: type, schemaVersion: 1,
            recordedAt: try #require(Instant("2026-02-03T21:15:01.000001Z")), effectiveAt: effectiveAt,
            runID: try #require(UniqueID("0b0f8b1e-6c0a-4f8e-9d53-5b1f0c3c7a11")), payload: payload,
            leafHash: Digest32([UInt8](repeating: 0, count: 32)))
    }

    @Test func `the leaf hash is the one that another program works out`() throws {
        let event = try event(
            stream: "execution-alpha_sync:TRD-2026-000017", type: "AlphaExecutionRecorded",
            effectiveAt: Instant("2026-01-21T14:29:58Z"),
            payload: try TestFiles.sample("AlphaExecutionRecorded", version: 1))
        let expected = "9a292bc46eeb372a010cce321f781e0fcff7da56ec69bdcc79e5117c3c40a711"
        #expect(event.computedLeafHash().description == expected)
        var buffer: [UInt8] = Array("left over".utf8)
        #expect(event.computedLeafHash(reusing: &buffer).description == expected)
    }

    @Test(arguments: [
        "sync-a|b", "execution-alpha_sync:\"quoted\"", "back\\slash", "control\u{1}\n", "é – 𝄞", "",
    ])
    func `the leaf is canonical JSON whatever the stream is called`(stream: String) throws {
        for effectiveAt in [nil, Instant.maximum] {
            let event = try event(stream: stream, type: "Type", effectiveAt: effectiveAt, payload: Array("{}".utf8))
            var leaf: [UInt8] = []
            event.appendLeaf(to: &leaf)
            #expect(try isCanonical(leaf))
            let root = try JSONDocument(parsing: leaf).root
            #expect(
                root.members.map(\.key) == [
                    "effective_at", "event_id", "payload", "position", "recorded_at", "run_id", "schema_version",
                    "stream", "stream_version", "type",
                ])
            #expect(root["stream"]?.string == stream)
            #expect(root["effective_at"]?.string == effectiveAt?.description)
            #expect(root["position"]?.integer == 17)
        }
    }

    @Test func `the leaf built in place is the leaf, for random events one after another`() {
        let seed = UInt64.random(in: 0 ... .max)
        var payloads = RandomPayloads(seed: seed)
        var buffer = LeafBuffer()
        for _ in 0..<2_000 {
            let (stream, type, payload) = (payloads.text(), payloads.text(), Array("{\"a\":\"\(payloads.number(0...1_000_000))\"}".utf8))
            let event = RecordedEvent(
                position: Int64(payloads.number(1...Int.max)), eventID: UniqueID(random: &payloads.random), stream: stream,
                streamVersion: Int64(payloads.number(1...10_000)), type: type, schemaVersion: payloads.number(1...20),
                recordedAt: payloads.instant(), effectiveAt: payloads.optional { $0.instant() },
                runID: UniqueID(random: &payloads.random), payload: payload, leafHash: Digest32([UInt8](repeating: 7, count: 32)))
            event.withBytes { buffer.fill($0) }
            var leaf: [UInt8] = []
            event.appendLeaf(to: &leaf)
            #expect(buffer.withBytes { Array($0) } == leaf, "seed \(seed)")
            #expect(buffer.hash == event.computedLeafHash())
            #expect(leaf[buffer.hashOffset...].starts(with: Array("\"payload\":".utf8)))
        }
    }

    @Test func `a log is checked event by event, and the first fault is named`() throws {
        var made: [RecordedEvent] = []
        for position in 1...40 as ClosedRange<Int64> {
            made.append(try Self.chained(position, stream: "s\(position % 7)", version: (position - 1) / 7 + 1))
        }
        func fault(_ events: [RecordedEvent]) -> LogFault? {
            var checker = LogChecker()
            for event in events { if let fault = event.withBytes({ checker.check($0) }) { return fault } }
            return nil
        }
        #expect(fault(made) == nil)
        #expect(fault(Array(made.dropFirst()))?.position == 1)
        #expect(fault(Array(made[..<10] + made[11...]))?.position == 11)
        var changed = made
        changed[9] = try Self.chained(10, stream: "s4", version: 2)
        #expect(fault(changed)?.problem == "stream s4 is at version 2 where 3 was due")
        changed = made
        changed[12] = try Self.chained(13, stream: "s6", version: 2, recordedAt: 1)
        #expect(fault(changed)?.position == 13)
    }

    private static func chained(_ position: Int64, stream: String, version: Int64, recordedAt: Int64? = nil) throws -> RecordedEvent {
        func event(_ hash: Digest32) throws -> RecordedEvent {
            RecordedEvent(
                position: position, eventID: UniqueID(high: 1, low: UInt64(position)), stream: stream, streamVersion: version,
                type: "T", schemaVersion: 1, recordedAt: try #require(Instant(microseconds: recordedAt ?? position + 100)),
                effectiveAt: nil, runID: UniqueID(high: 2, low: 3), payload: Array("{}".utf8), leafHash: hash)
        }
        return try event(event(Digest32([UInt8](repeating: 0, count: 32))).computedLeafHash())
    }

    @Test func `any altered column alters the leaf hash`() throws {
        let event = try event(stream: "s", type: "T", effectiveAt: .minimum, payload: Array("{}".utf8))
        func hash(
            position: Int64 = 17, eventID: UniqueID? = nil, stream: String = "s", version: Int64 = 1,
            type: String = "T",
            schemaVersion: Int = 1, recordedAt: Instant? = nil, effectiveAt: Instant? = .minimum,
            runID: UniqueID? = nil, payload: String = "{}"
        ) -> Digest32 {
            RecordedEvent(
                position: position, eventID: eventID ?? event.eventID, stream: stream, streamVersion: version,
                type: type, schemaVersion: schemaVersion, recordedAt: recordedAt ?? event.recordedAt,
                effectiveAt: effectiveAt, runID: runID ?? event.runID, payload: Array(payload.utf8),
                leafHash: event.leafHash
            ).computedLeafHash()
        }
        let other = UniqueID(high: 1, low: 2)
        let hashes: Set = [
            hash(), hash(position: 18), hash(eventID: other), hash(stream: "t"), hash(version: 2), hash(type: "U"),
            hash(schemaVersion: 2), hash(recordedAt: .maximum), hash(effectiveAt: nil), hash(runID: other),
            hash(payload: "{\"a\":1}"),
        ]
        #expect(hash() == event.computedLeafHash())
        #expect(hashes.count == 11)
    }
}
