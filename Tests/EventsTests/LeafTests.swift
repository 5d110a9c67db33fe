import Events
import JSON
import Testing
import Values

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
