import Foundation
import LedgerEvents
import LedgerJSON
import LedgerValues
import OptionTrades
import Testing

@Suite struct EventRegistryTests {
    /// The bytes that a typed payload encodes to.
    private func encoded(_ payload: any EventPayload) throws -> [UInt8] {
        let encodings: [[UInt8]?] = [
            payload.payload(as: ExecutionPayload.self)?.encode(), payload.payload(as: PresencePayload.self)?.encode(),
            payload.payload(as: RejectedRowPayload.self)?.encode(), payload.payload(as: SyncCompletedPayload.self)?.encode(),
            payload.payload(as: SyncFailedPayload.self)?.encode(),
            payload.payload(as: ProjectionPromotedPayload.self)?.encode(),
            payload.payload(as: MarketObservedPayload.self)?.encode(),
            payload.payload(as: ContextStampedPayload.self)?.encode(),
            payload.payload(as: ExecutionBenchmarkPayload.self)?.encode(), payload.payload(as: ForwardMarkPayload.self)?.encode(),
            payload.payload(as: AlertDeliveryPayload.self)?.encode(), (payload as? any CodedPayload)?.encode(),
        ]
        return try #require(encodings.compactMap { $0 }.first)
    }

    @Test(arguments: payloadVersions.map { [$0.type.rawValue, "\($0.version)"] })
    func `every stored sample reads as its type and encodes to the same bytes`(sample: [String]) throws {
        let version = try #require(Int(sample[1]))
        let bytes = try TestFiles.sample(sample[0], version: version)
        let payload = try TradeEvents.registry.payload(type: EventType(sample[0]), schemaVersion: version, bytes: bytes)
        #expect(try text(encoded(payload)) == text(version == 1 ? upcast(sample[0], bytes) : bytes))
    }

    /// What a payload of version 1 encodes to: an observation has keys since that say nothing.
    private func upcast(_ type: String, _ bytes: [UInt8]) throws -> [UInt8] {
        guard type == EventType.marketObserved.rawValue else { return bytes }
        let members = try JSONDocument(parsing: bytes).root.members.map { ($0.key, try JSONNode(copying: $0.value)) }
        let later: [(String, JSONNode)] = [
            ("clamped_iv", .null), ("missing_sources", .array([])), ("observed_source", .null), ("source_currency", .null),
        ]
        return JSONNode.object(members + later).canonicalBytes()
    }

    @Test func `every schema has a stored sample`() throws {
        for (type, version) in try TestFiles.schemas().versions {
            #expect(!(try TestFiles.sample(type, version: version)).isEmpty)
        }
    }

    @Test func `samples read as what they say`() throws {
        let update = try #require(
            TradeEvents.registry.payload(
                type: "AlphaExecutionUpdated", schemaVersion: 1,
                bytes: TestFiles.sample("AlphaExecutionUpdated", version: 1)
            ).payload(as: ExecutionPayload.self))
        #expect(update.row.tradeStatus == .busted)
        #expect(update.row.premiumUSD == nil)
        #expect(update.row.tradedIV == FixedDecimal(units: 582_500_000_000))
        #expect(update.changedFields?.map(\.field) == ["premium_usd", "source_updated_at", "trade_status"])
        #expect(update.changedFields?.first?.old == .decimal(try FixedDecimal("12100.25")))
        let completed = try #require(
            TradeEvents.registry.payload(
                type: "AlphaSyncCompleted", schemaVersion: 1, bytes: TestFiles.sample("AlphaSyncCompleted", version: 1)
            ).payload(as: SyncCompletedPayload.self))
        #expect(text(completed.scopeDetails) == #"{"include_pending":false,"portfolios":["ICOI","IMST"]}"#)
        #expect(try JSONDocument(parsing: completed.summary).root["fetched"]?.integer == 749)
        let failed = try #require(
            TradeEvents.registry.payload(
                type: "AlphaSyncFailed", schemaVersion: 1, bytes: TestFiles.sample("AlphaSyncFailed", version: 1)
            ).payload(as: SyncFailedPayload.self))
        #expect(failed.errorText == "cursor_repeated: the feed gave a cursor a second time")
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func `every payload comes back as it was encoded`(seed: UInt64) throws {
        var payloads = RandomPayloads(seed: seed)
        for (type, bytes) in payloads.all() {
            #expect(try isCanonical(bytes), "seed \(seed), \(type)")
            let payload = try TradeEvents.registry.payload(type: type, schemaVersion: type.randomVersion, bytes: bytes)
            #expect(try encoded(payload) == bytes, "seed \(seed), \(type)")
        }
    }

    @Test(arguments: [
        [
            "SnapshotCaptured", #""snapshot_date":"2026-02-05""#, #""snapshot_date":"2026-02-06""#,
            "/snapshot_date is not the date of the hour",
        ],
        [
            "OrderSubmitted", #""client_order_id":"al-9f86d081884c7d659a2feaa0c55ad015a3bf4f1b","day""#,
            #""client_order_id":"al-0000d081884c7d659a2feaa0c55ad015a3bf4f1b","day""#, "/client_order_id is not that of the body",
        ],
        ["AssertionStated", #""contract_key""#, #""contract_kez""#, "the payload lacks the key contract_key"],
        ["IntentExpired", "{", #"{"another":1,"#, "the payload has an unknown key"],
    ])
    func `a payload is read strictly, with the fields that follow from others`(fault: [String]) throws {
        let sound = try text(TestFiles.sample(fault[0], version: 1))
        let faulty = try #require(sound.contains(fault[1]) ? sound.replacing(fault[1], with: fault[2], maxReplacements: 1) : nil)
        #expect("\(fault[0])") {
            try TradeEvents.registry.payload(type: EventType(fault[0]), schemaVersion: 1, bytes: Array(faulty.utf8))
        } throws: { error in
            guard case .malformed(_, _, let problem)? = error as? UpcastError else { return false }
            return problem.description == fault[3]
        }
    }

    @Test func `an unknown type or version is a typed error`() throws {
        let bytes = try TestFiles.sample("AlphaExecutionMissing", version: 1)
        #expect(throws: UpcastError.unknownType("AlphaExecutionLost")) {
            try TradeEvents.registry.payload(type: "AlphaExecutionLost", schemaVersion: 1, bytes: bytes)
        }
        for (type, _) in payloadVersions {
            for version in [-1, 0, 2, 3, 4] where !payloadVersions.contains(where: { $0.type == type && $0.version == version }) {
                #expect(throws: UpcastError.unknownVersion(type: type.rawValue, version: version)) {
                    try TradeEvents.registry.payload(type: type, schemaVersion: version, bytes: bytes)
                }
            }
        }
    }

    private func shape(_ type: EventType) -> String {
        type.rawValue.replacing("Alpha", with: "").replacing("ExecutionReappeared", with: "ExecutionMissing")
            .replacing("CancelRequested", with: "IntentCancelled").replacing("DispatchResumed", with: "DispatchHalted")
    }

    @Test func `a payload of another type is malformed`() throws {
        for (type, version) in payloadVersions {
            for (other, otherVersion) in payloadVersions where other != type {
                // Every source has the same payloads. What is missing and what has reappeared have the same shape; so have what is
                // wanted cancelled and what is, and a halt and a resume.
                if shape(type) == shape(other) { continue }
                let bytes = try TestFiles.sample(other.rawValue, version: otherVersion)
                #expect("\(other) as \(type)") {
                    try TradeEvents.registry.payload(type: type, schemaVersion: version, bytes: bytes)
                } throws: { error in
                    if case .malformed? = error as? UpcastError { true } else { false }
                }
            }
        }
    }

    @Test func `damaged bytes are malformed, never a crash`() throws {
        for (type, version) in payloadVersions {
            let sample = try TestFiles.sample(type.rawValue, version: version)
            for end in stride(from: 0, to: sample.count, by: 7) {
                #expect(throws: UpcastError.self) {
                    try TradeEvents.registry.payload(type: type, schemaVersion: version, bytes: Array(sample[..<end]))
                }
            }
        }
    }
}
