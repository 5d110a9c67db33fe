import LedgerAnalyses
import LedgerJSON
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@Suite struct FlowTests {
    private static let now = "2026-04-02T00:00:00Z"

    private struct Print {
        var id: String
        var minutes: Int
        var type = OptionType.call
        var price: String? = "10"
        var size: String? = "2"
        var strike = 100
        var aggressor: String?
    }

    private func market(_ prints: [Print], underlying: String = "BTC") throws -> ObservedMarket {
        var market = ObservedMarket()
        for print in prints {
            var fields: [String: MarketValue] = [
                "underlying": .text(underlying), "source": .text("vendor"), "print_id": .text(print.id),
                "timestamp": .instant(try moment(Self.now, plusMinutes: print.minutes)), "option_type": .optionType(print.type),
                "expiry": .date(try #require(CalendarDate("2026-04-24"))), "strike": .decimal(FixedDecimal(print.strike)),
            ]
            if let price = print.price { fields["price_usd"] = .decimal(try decimal(price)) }
            if let size = print.size { fields["size"] = .decimal(try decimal(size)) }
            if let aggressor = print.aggressor { fields["aggressor"] = .text(aggressor) }
            try market.add(.optionPrint, fields)
        }
        return market
    }

    @Test func `premium and contracts add up by type, side, strike and hour, and the largest come first`() throws {
        let market = try market([
            Print(id: "a", minutes: -30, aggressor: "buy"), Print(id: "b", minutes: -31, type: .put, price: "7.25", size: "4", strike: 90),
            Print(id: "c", minutes: -61, type: .put, price: nil), Print(id: "d", minutes: 0), Print(id: "e", minutes: -1441),
            Print(id: "f", minutes: -1440, price: "1", size: "0.5", strike: 1000),
        ])
        let document = try market.document(.flow, now: moment(Self.now)).root
        let data = try #require(document["data"])
        // a 20, b 29, c unknown, f 0.5; d is at the end of the window, e before it.
        #expect(data["count"]?.integer == 4 && data["premium_usd"]?.sourceText == "49.5" && data["contracts"]?.sourceText == "8.5")
        #expect(data["put_call_contracts"]?.sourceText == "2.4" && data["put_call_premium"]?.sourceText == "1.4146341463")
        #expect(data["largest"]?.elements.compactMap { $0["print_id"]?.string } == ["b", "a", "f"])
        #expect(data["by_strike"]?.elements.compactMap { $0["key"]?.sourceText } == ["90", "100", "1000"])
        #expect(
            data["by_hour"]?.elements.compactMap { $0["key"]?.string }
                == ["2026-04-01T00:00:00Z", "2026-04-01T22:00:00Z", "2026-04-01T23:00:00Z"])
        #expect(
            data["by_side"]?.sourceText
                == #"[{"aggressor":"buy","contracts":2,"count":1,"option_type":"call","premium_usd":20},{"aggressor":"unknown","contracts":0.5,"count":1,"option_type":"call","premium_usd":0.5},{"aggressor":"unknown","contracts":6,"count":2,"option_type":"put","premium_usd":29}]"#
        )
        #expect(data["unpriced"]?.integer == 1)
        #expect(
            document["warnings"]?.elements.compactMap(\.string) == ["unavailable:gex_hourly", "missing:price_usd or size of 1 prints"])
        #expect(data["gex_hourly"]?.isNull == true)
    }

    @Test func `a print of a stock's option stands for a hundred shares, and a window is asked for`() throws {
        let market = try market([Print(id: "a", minutes: -30), Print(id: "b", minutes: -3000)], underlying: "MSTR")
        let window = ["from": "2026-03-30T00:00:00Z", "to": "2026-03-31T00:00:00Z"]
        #expect(try market.document(.flow, now: moment(Self.now), currency: "MSTR").root["data"]?["premium_usd"]?.sourceText == "2000")
        let data = try #require(try market.document(.flow, now: moment(Self.now), currency: "MSTR", window).root["data"])
        #expect(data["count"]?.integer == 1 && data["from"]?.string == window["from"] && data["to"]?.string == window["to"])
    }

    // Now is half past midnight; the hours end at midnight, an hour and two hours before.
    @Test(arguments: [(-30, "30", "live"), (-60, "30", "live"), (-61, "90", "live"), (-150, "150", "stale"), (15, "0", "live")])
    func `prints are as good as the end of their newest hour, so that quiet is not dead`(minutes: Int, age: String, status: String) throws {
        let document = try market([Print(id: "a", minutes: minutes)]).document(.flow, now: moment(Self.now, plusMinutes: 30)).root
        let quality = try #require(document["source_quality"]?.elements.map { $0 }.last)
        #expect(quality["age_minutes"]?.sourceText == age && quality["status"]?.string == status)
        #expect(quality["series"]?.string == "option_print" && quality["rows"]?.integer == 1)
    }

    @Test(arguments: [
        ["from": "yesterday"], ["from": "2026-03-31T00:00:00Z", "to": "2026-03-31T00:00:00Z"],
        ["from": "2026-01-01T00:00:00Z", "to": "2026-03-31T00:00:00Z"],
    ])
    func `a window that is none, or too long, is refused by its parameter`(values: [String: String]) throws {
        let problem = #expect(throws: ParameterProblem.self) {
            _ = try ObservedMarket().document(.flow, now: moment(Self.now), values)
        }
        #expect(problem?.name == "from")
    }
}
