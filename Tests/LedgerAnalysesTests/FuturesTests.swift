import LedgerJSON
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@Suite struct FuturesTests {
    private static let now = "2026-04-01T00:00:00Z"

    private func add(
        _ kind: MarketKind, minutes: Int, _ texts: [String: String], _ decimals: [String: String], _ integers: [String: Int64] = [:],
        to market: inout ObservedMarket
    ) throws {
        var fields: [String: MarketValue] = [
            "currency": .text("BTC"), "timestamp": .instant(try moment(Self.now, plusMinutes: minutes)),
        ]
        for (name, text) in texts { fields[name] = .text(text) }
        for (name, value) in decimals { fields[name] = .decimal(try decimal(value)) }
        for (name, value) in integers { fields[name] = .integer(value) }
        try market.add(kind, fields)
    }

    private func data(_ market: ObservedMarket) throws -> JSONValue {
        try #require(try market.document(.futures, now: moment(Self.now)).root["data"])
    }

    @Test func `rates add up over a window only if its intervals are all there, and what is known stands beside`() throws {
        var market = ObservedMarket()
        for interval in 0..<22 {
            try add(
                .fundingRate, minutes: -480 * interval, ["venue": "deribit", "instrument": "BTC-PERPETUAL"], ["rate": "0.0001"],
                ["interval_hours": 8], to: &market)
        }
        // One without an interval.
        try add(.fundingRate, minutes: -60, ["venue": "binance", "instrument": "BTCUSDT"], ["rate": "-0.0002"], to: &market)
        let rows = try #require(try data(market)["funding"]?.elements.map { $0 })
        #expect(rows.compactMap { $0["venue"]?.string } == ["binance", "deribit"])
        let deribit = rows[1]
        // 3, 21 and 22 of 90 intervals; 0.0001 × 8760 ÷ 8.
        #expect(deribit["accumulated_1d"]?.sourceText == "0.0003" && deribit["accumulated_7d"]?.sourceText == "0.0021")
        #expect(deribit["accumulated_30d"]?.isNull == true && deribit["known_accumulated_30d"]?.sourceText == "0.0022")
        #expect(deribit["n_1d"]?.integer == 3 && deribit["n_7d"]?.integer == 21 && deribit["n_30d"]?.integer == 22)
        #expect(deribit["annualised"]?.sourceText == "0.1095" && deribit["timestamp"]?.string == Self.now)
        let binance = rows[0]
        #expect(binance["annualised"]?.isNull == true && binance["accumulated_1d"]?.isNull == true)
        #expect(binance["known_accumulated_1d"]?.sourceText == "-0.0002" && binance["interval_hours"]?.isNull == true)
    }

    @Test func `basis is by tenor, the latest of each`() throws {
        var market = ObservedMarket()
        for (minutes, tenor, apr) in [(-30, 90, "0.06"), (-90, 90, "0.01"), (-60, 7, "0.05"), (-1441, 30, "0.09")] {
            try add(
                .futuresBasis, minutes: minutes, ["venue": "deribit", "instrument": "CM"], ["apr": apr, "basis_usd": "12"],
                ["tenor_days": Int64(tenor)], to: &market)
        }
        let rows = try #require(try data(market)["basis"]?.elements.map { $0 })
        #expect(rows.compactMap { $0["tenor_days"]?.integer } == [7, 90] && rows.compactMap { $0["apr"]?.sourceText } == ["0.05", "0.06"])
    }

    @Test func `open interest changes by venue against the nearest observation a day and a week before`() throws {
        var market = ObservedMarket()
        for (exchange, minutes, value) in [
            ("okx", -10, "100"), ("okx", -10 - 1440 + 90, "90"), ("okx", -10 - 10080 - 91, "1"), ("bybit", -1441, "7"),
            ("deribit", -30, "5"),
        ] {
            try add(.openInterest, minutes: minutes, ["exchange": exchange], ["oi_value": value], to: &market)
        }
        let rows = try #require(try data(market)["open_interest"]?.elements.map { $0 })
        // The one of bybit is no longer usable.
        #expect(rows.compactMap { $0["exchange"]?.string } == ["deribit", "okx"])
        #expect(rows[1]["change_24h"]?.sourceText == #"{"oi_notional":null,"oi_value":10}"#)
        #expect(rows[1]["change_7d"]?["oi_value"]?.isNull == true && rows[0]["change_24h"]?["oi_value"]?.isNull == true)
    }

    @Test func `liquidations add up by hour and side, and a quiet hour is not made up`() throws {
        var market = ObservedMarket()
        for (minutes, side, amount) in [
            (-30, "sell", "10"), (-40, "sell", "2.5"), (-50, "buy", "7"), (-200, "buy", nil), (-1439, "sell", "1"), (-1440, "sell", "100"),
        ] as [(Int, String, String?)] {
            try add(
                .liquidation, minutes: minutes, ["venue": "okx", "instrument": "BTC", "side": side],
                amount.map { ["amount_usd": $0] } ?? [:], to: &market)
        }
        #expect(
            try data(market)["liquidations"]?.sourceText
                == #"[{"hour":"2026-03-31T00:00:00Z","long_usd":1,"short_usd":0},{"hour":"2026-03-31T20:00:00Z","long_usd":0,"short_usd":null},{"hour":"2026-03-31T23:00:00Z","long_usd":12.5,"short_usd":7}]"#
        )
    }

    @Test func `funding is usable for two days`() throws {
        var market = ObservedMarket()
        try add(.fundingRate, minutes: -2881, ["venue": "okx", "instrument": "BTC"], ["rate": "0.0001"], to: &market)
        let document = try market.document(.futures, now: moment(Self.now)).root
        #expect(document["data"]?["funding"]?.isNull == true)
        #expect(document["warnings"]?.elements.compactMap(\.string).contains("unavailable:funding_rate") == true)
        let earlier = try market.document(.futures, now: moment(Self.now, plusMinutes: -1)).root
        #expect(earlier["data"]?["funding"]?.count == 1)
    }
}
