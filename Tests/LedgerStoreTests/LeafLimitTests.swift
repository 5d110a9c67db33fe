import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@testable import LedgerStore

/// A leaf has at most 65,535 bytes.
@Suite struct LeafLimitTests {
    private let run = UniqueID(high: 6, low: 3)

    /// An event whose longest leaf has so many bytes, written out here.
    private func event(_ name: String, leafBytes: Int, expectedVersion: Int64? = nil) -> NewEvent {
        func make(_ raw: String) -> NewEvent {
            NewEvent(
                identity: name, stream: "s-\(name)", type: .alphaRowRejected,
                payload: Array(#"{"raw":"\#(raw)","reasons":["r"],"source":"s","source_trade_id":null}"#.utf8),
                expectedVersion: expectedVersion)
        }
        let version = expectedVersion.map { "\($0 + 1)" } ?? "9223372036854775807"
        let shortest = make("")
        let leaf = """
            {"effective_at":null,"event_id":"\(shortest.eventID)","payload":\(String(decoding: shortest.payload, as: UTF8.self)),\
            "position":9223372036854775807,"recorded_at":"2199-12-31T23:59:59.999999Z","run_id":"\(run)","schema_version":1,\
            "stream":"s-\(name)","stream_version":\(version),"type":"AlphaRowRejected"}
            """
        return make(String(repeating: "x", count: leafBytes - leaf.utf8.count))
    }

    @Test(arguments: [nil, 0] as [Int64?])
    func `a leaf of 65,535 bytes is appended, and one of 65,536 refused with all that came with it`(expected: Int64?) async throws {
        try await withLedger { ledger in
            let longest = event("a", leafBytes: 65_535, expectedVersion: expected)
            let longer = event("b", leafBytes: 65_536, expectedVersion: expected)
            #expect(LeafLimit.excess(longest) == nil)
            await #expect(
                throws: LedgerError.leafTooLarge(
                    eventID: longer.eventID, stream: "s-b", type: "AlphaRowRejected", bytes: 65_536)
            ) {
                try await ledger.log.append([recorded(try sampleRow("A")), longest, longer], runID: run)
            }
            #expect(try await ledger.pool.run { try LogReader().head($0).position } == 0)
            try await ledger.log.append([longest], runID: run)
            let stored = try #require(try await ledger.pool.run { try LogReader().event(at: 1, $0) })
            var leaf: [UInt8] = []
            stored.appendLeaf(to: &leaf)
            #expect(leaf.count <= 65_535 && leaf.count > 65_480)
            #expect(try await ledger.pool.run { try LogVerifier().verify($0) }.fault == nil)
        }
    }

    /// What the service makes itself, each at its longest, fits.
    @Test func `no event of a sync or an import is too long`() throws {
        let quotes = String(repeating: "\"", count: RejectedRowPayload.longestRaw)
        let reasons = (0..<1_000).map { "invalid:\\u0000\($0)" }
        #expect(
            LeafLimit.excess(
                RejectedRowPayload(
                    source: "alpha_sync", raw: quotes, reasons: reasons, sourceTradeID: String(repeating: "𝄞", count: 128)
                ).event()) == nil)

        var new = try sampleRow(String(repeating: "𝄞", count: 128))
        var old = new
        let text = String(repeating: "\u{1}", count: 680)
        (new.notes, old.notes) = (text, text + "y")
        (new.sourceBroker, old.sourceBroker) = (text, text + "y")
        (new.reconStatus, old.reconStatus) = (text, text + "y")
        (new.sourceCreatedBy, old.sourceCreatedBy) = (text, text + "y")
        let update = ExecutionPayload(
            row: new, scopeKey: "s", unknownFields: [], changedFields: new.changedFields(from: old))
        #expect(LeafLimit.excess(update.updatedEvent(previousVersion: 1)) == nil)
        let unknown = (0..<4).map { (key: "k\($0)", sourceText: String(repeating: "\"", count: 4_096)) }
        #expect(
            LeafLimit.excess(
                ExecutionPayload(row: try sampleRow("A"), scopeKey: "s", unknownFields: unknown).recordedEvent()) == nil)

        let longestText = String(repeating: "\"", count: 64)
        for kind in MarketKind.written(in: 2) {
            let values = kind.fields.map { field -> MarketValue in
                switch field.type {
                case .text: .text(longestText)
                case .identifier: .text(longestText + longestText)
                case .choice(let values): .text(values[0])
                case .instant: .instant(.minimum)
                case .date: .date(.minimum)
                case .optionType: .optionType(.call)
                case .ordinal: .integer(1000)
                case .decimal, .integer, .rows: .null
                }
            }
            let observation = MarketObservedPayload(kind: kind, values: values)
            let found = observation.map { EncodedObservation($0).event(previousVersion: 0) }
            // The rest are at most 40 figures of 30 bytes.
            #expect((found?.payload.count ?? 0) < 30_000)
        }
    }
}
