import LedgerJSON
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@Suite struct GexLevelsTests {
    private static let now = "2026-04-01T00:30:00Z"
    private static let latest = "2026-04-01T00:00:00Z"

    private func market(_ rows: [(strike: Int, type: OptionType, gamma: String?)], spot: String? = "100") throws -> ObservedMarket {
        var market = ObservedMarket()
        for (strike, type, gamma) in rows {
            var fields: [String: MarketValue] = [
                "currency": .text("BTC"), "timestamp": .instant(try moment(Self.latest)), "option_type": .optionType(type),
                "expiry": .date(try #require(CalendarDate("2026-04-24"))), "strike": .decimal(FixedDecimal(strike)),
            ]
            if let gamma { fields["dealer_gamma"] = .decimal(try decimal(gamma)) }
            if let spot { fields["spot"] = .decimal(try decimal(spot)) }
            try market.add(.gexStrike, fields)
        }
        return market
    }

    @Test func `the largest sums within a fifth of the spot are magnets and repellers, and the nearest stand apart`() throws {
        var rows: [(strike: Int, type: OptionType, gamma: String?)] = [
            (100, .call, "1"), (100, .put, "0.5"), (79, .call, "900"), (121, .call, "-900"), (80, .call, "3"), (120, .put, "-3"),
        ]
        rows += [(90, "2"), (105, "1.5"), (106, "1.2"), (107, "1.1"), (108, "0.1"), (95, "-2"), (110, "-1")].map { ($0.0, .call, $0.1) }
        let document = try market(rows).document(.gexLevels, now: moment(Self.now)).root
        let data = try #require(document["data"])
        func strikes(_ name: String) -> [String] { data[name]?.elements.compactMap { $0["strike"]?.sourceText } ?? [] }
        // Of 100 and 105, which are as large, the lower strike comes first; 107 would be the sixth.
        #expect(strikes("magnets") == ["80", "90", "100", "105", "106"] && strikes("repellers") == ["120", "95", "110"])
        #expect(data["nearest_magnet_above"]?.sourceText == "100" && data["nearest_magnet_below"]?.sourceText == "90")
        #expect(data["nearest_repeller_above"]?.sourceText == "110" && data["nearest_repeller_below"]?.sourceText == "95")
        #expect(data["rows"]?.integer == 13 && data["strikes"]?.integer == 12 && data["spot"]?.sourceText == "100")
        #expect(data["magnets"]?.elements.first { _ in true }?.sourceText == #"{"dealer_gamma":3,"distance":-0.2,"strike":80}"#)
        #expect(document["source_quality"]?.elements.first { _ in true }?["rows"]?.integer == 13)
    }

    @Test func `a strike with an unknown gamma has no sum, and without a spot there are no levels`() throws {
        let unknown = try market([(100, .call, "1"), (100, .put, nil), (101, .call, "2")]).document(.gexLevels, now: moment(Self.now)).root
        #expect(
            unknown["data"]?["by_strike"]?.sourceText == #"[{"dealer_gamma":null,"strike":100},{"dealer_gamma":2,"strike":101}]"#)
        #expect(unknown["warnings"]?.elements.compactMap(\.string) == ["missing:dealer_gamma at 1 strikes"])
        let data = try #require(try market([(100, .call, "1")], spot: nil).document(.gexLevels, now: moment(Self.now)).root["data"])
        #expect(data["spot"]?.isNull == true && data["magnets"]?.count == 0 && data["nearest_magnet_above"]?.isNull == true)
    }
}
