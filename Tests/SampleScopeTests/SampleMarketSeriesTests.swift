import LedgerJSON
import LedgerValues
import SampleScope
import Testing

/// The sample's further observations, read back from the lines that a user would import.
@Suite struct SampleMarketSeriesTests {
    private static func objects() throws -> [JSONValue] {
        try SampleMarketSeries.lines().split(separator: UInt8(ascii: "\n")).map { try JSONDocument(parsing: Array($0)).root }
    }

    @Test func `the lines are the same bytes every time and everywhere, each ended by a newline`() {
        let lines = SampleMarketSeries.lines()
        #expect(lines == SampleMarketSeries.lines() && lines.last == UInt8(ascii: "\n"))
        // FNV-1a, 64 bits.
        let digest = lines.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        #expect(lines.count == 65_554)
        #expect(digest == 10_417_151_412_350_994_843)
    }

    @Test func `every kind that the context of trades does not read is there, in the last hours of the sample`() throws {
        var counts: [String: Int] = [:]
        let (first, end) = (try #require(Instant("2026-01-30T00:00:00Z")), try #require(Instant("2026-02-06T00:00:00Z")))
        for object in try Self.objects() {
            counts[try #require(object["kind"]?.string), default: 0] += 1
            let time = try #require(object["timestamp"]?.string.flatMap { Instant($0) })
            #expect(first <= time && time < end && object["observed_source"]?.string == "sample", "\(object.sourceText)")
        }
        #expect(
            counts == [
                "gex_strike": 60, "iv_surface": 63, "spot": 48, "open_interest": 21, "term_structure": 15, "option_print": 12,
                "funding_rate": 27, "futures_basis": 24, "liquidation": 24, "put_call": 12, "volume": 12, "vol_cone": 12,
            ])
    }

    @Test func `what is missing is null, and figures in keys have different numbers of digits`() throws {
        let objects = try Self.objects()
        func values(_ kind: String, _ name: String) -> Set<String> {
            Set(objects.filter { $0["kind"]?.string == kind }.compactMap { $0[name]?.sourceText })
        }
        #expect(values("gex_strike", "strike") == ["80000", "90000", "95000", "100000", "120000"])
        #expect(values("iv_surface", "delta") == ["-45", "-25", "-5", "5", "25", "45", "50"])
        #expect(values("option_print", "aggressor") == ["\"buy\"", "\"sell\"", "null"])
        #expect(values("open_interest", "oi_notional").contains("null") && values("term_structure", "forward_iv").contains("null"))
        let rates = objects.compactMap { $0["rate"]?.decimal }
        #expect(rates.contains { $0.isNegative } && rates.contains { !$0.isNegative })
    }
}
