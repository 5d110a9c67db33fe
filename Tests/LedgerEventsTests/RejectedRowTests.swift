import LedgerEvents
import LedgerJSON
import LedgerValues
import OptionTrades
import Testing

@Suite struct RejectedRowTests {
    private func payload(_ raw: String) -> RejectedRowPayload {
        RejectedRowPayload(source: "alpha_sync", raw: raw, reasons: ["invalid:row"], sourceTradeID: "T")
    }

    @Test func `a row is carried whole up to its limit, and beyond it by length, digest and beginning`() throws {
        let longest = String(repeating: "x", count: RejectedRowPayload.longestRaw)
        #expect(payload(longest).schemaVersion == 1 && payload(longest).raw == longest)
        #expect(payload(longest).event().schemaVersion == 1)
        let longer = payload(longest + "y")
        #expect(longer.event().schemaVersion == 2)
        #expect(longer.raw == nil && longer.rawByteCount == 16_385 && longer.rawDigest == Digest32(sha256Of: longest + "y"))
        #expect(longer.rawPrefix == String(repeating: "x", count: 1_024))
        let bytes = longer.encode()
        #expect(try isCanonical(bytes))
        #expect(
            try TradeEvents.registry.payload(type: .alphaRowRejected, schemaVersion: 2, bytes: bytes).isEqual(to: longer))
        #expect(throws: UpcastError.self) { try TradeEvents.registry.payload(type: .alphaRowRejected, schemaVersion: 1, bytes: bytes) }
        try TestFiles.schemas().validate(type: "AlphaRowRejected", version: 2, payload: JSONDocument(parsing: bytes))
    }

    @Test func `a beginning ends between two scalars`() {
        for shift in 0..<4 {
            let raw = String(repeating: "x", count: shift) + String(repeating: "𝄞", count: 5_000)
            // 256 such scalars fill the 1,024 bytes exactly; with bytes before them only 255 fit.
            #expect(payload(raw).rawPrefix?.utf8.count == (shift == 0 ? 1_024 : 1_020 + shift))
            #expect(payload(raw).rawPrefix.map { raw.utf8.starts(with: $0.utf8) } == true)
        }
    }

    @Test func `a row that an older program stored whole reads as it is`() throws {
        let raw = String(repeating: "x", count: 40_000)
        let bytes = Array(#"{"raw":"\#(raw)","reasons":["invalid:row"],"source":"s","source_trade_id":null}"#.utf8)
        let old = try RejectedRowPayload(decoding: bytes)
        #expect(old.raw == raw && old.encode() == bytes)
    }

    @Test func `a summary is cut in its event as far as its leaf needs it`() throws {
        var summary = RunSummary(
            runID: UniqueID(high: 1, low: 1), scopeKey: "s", dryRun: false, fullScope: true, startedAt: .minimum, finishedAt: .minimum)
        summary.comparison = RunSummary.Comparison(
            sourceRows: 1, localRows: 1, sourceQuantity: .zero, localQuantity: .zero, sourcePremiumUSD: .zero,
            localPremiumUSD: .zero, unmatchedSourceTradeIDs: ["a", "b"], unmatchedLocalTradeIDs: [])
        summary.unknownKeys = ["k": 3]
        #expect(summary.canonicalBytes() == summary.node.canonicalBytes())
        let ids = (0..<50_000).map { "TRADE-\($0)" }
        summary.comparison?.unmatchedLocalTradeIDs = ids
        summary.unknownKeys = Dictionary(uniqueKeysWithValues: (0..<10_000).map { (ByteKey("key-\($0)"), 2) })
        let bytes = summary.canonicalBytes()
        #expect(bytes.count < 40_000)
        let root = try JSONDocument(parsing: bytes).root
        let kept = root["unmatched_local_trade_ids"]?.elements.compactMap { $0.string } ?? []
        #expect(Array(kept.dropLast()) == Array(ids.prefix(kept.count - 1)))
        #expect(kept.last == "… and \(50_000 - kept.count + 1) more")
        let short = root["unmatched_source_trade_ids"]?.elements.compactMap { $0.string }
        #expect(short == ["a", "b"])
        let counted = root["unknown_keys"]?.members.reduce(0) { $0 + ($1.value.integer ?? 0) }
        #expect(counted == 20_000)
        // What the run answers with is whole.
        let whole = try JSONDocument(parsing: summary.node.canonicalBytes()).root
        #expect(whole["unmatched_local_trade_ids"]?.count == 50_000)
    }
}
