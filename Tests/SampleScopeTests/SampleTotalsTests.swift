import LedgerValues
import SampleScope
import Testing

@Suite("The sample's totals")
struct SampleTotalsTests {
    @Test(arguments: SampleScope.Phase.allCases)
    func `749 rows sum to the documented quantity and premium in both phases`(phase: SampleScope.Phase) throws {
        let rows = SampleScope.rows(phase: phase)
        #expect(rows.count == 749)
        #expect(rows.compactMap(\.quantity).reduce(.zero, +) == FixedDecimal(269_267))
        #expect(rows.compactMap(\.premium).reduce(.zero, +) == (try FixedDecimal("466630651.75")))
    }

    @Test(arguments: SampleScope.Phase.allCases)
    func `the sums of the rows' own texts are those of their values`(phase: SampleScope.Phase) throws {
        for row in SampleScope.rows(phase: phase, includePending: true) {
            let parsed = try ParsedRow(row)
            #expect(parsed.decimal("filledQuantity") == row.quantity)
            #expect(parsed.decimal("premiumUsd") == row.premium)
            #expect(parsed.string("tradeId") == row.tradeId)
            #expect(parsed.string("portfolioName") == row.portfolio)
            #expect(parsed.string("updatedAt").flatMap { Instant($0) } == row.updatedAt)
            #expect((parsed.string("tradeStatus") == "PENDING") == row.isPending)
        }
    }

    @Test func `every id is there once, at the same place in both phases`() {
        let initial = SampleScope.rows(phase: .initial, includePending: true).map { ByteKey($0.tradeId) }
        let updated = SampleScope.rows(phase: .updated, includePending: true).map { ByteKey($0.tradeId) }
        #expect(Set(initial).count == 751)
        #expect(initial == updated)
    }

    @Test func `the two pending rows come only when they are asked for`() {
        #expect(SampleScope.rows().allSatisfy { !$0.isPending })
        let withPending = SampleScope.rows(includePending: true)
        #expect(withPending.filter(\.isPending).count == 2)
        #expect(withPending.filter { $0.isPending && ($0.quantity != nil || $0.premium != nil) }.isEmpty)
    }

    @Test func `the texts are the same on every machine`() {
        #expect(digest(.initial) == "f535016acf95621e")
        #expect(digest(.updated) == "401761c41dc0fa93")
    }

    /// FNV-1a, 64 bits, over all texts with a line feed after each.
    private func digest(_ phase: SampleScope.Phase) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for row in SampleScope.rows(phase: phase, includePending: true) {
            for byte in Array(row.text.utf8) + [UInt8(ascii: "\n")] {
                hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
            }
        }
        return String(hash, radix: 16)
    }
}
