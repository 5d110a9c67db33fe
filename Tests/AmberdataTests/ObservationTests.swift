import LedgerEvents
import LedgerValues
import OptionTrades
import Testing

@testable import Amberdata

/// Observations from bodies made for the purpose.
@Suite("Amberdata's observations")
struct ObservationTests {
    private static func page(_ rows: String...) -> [UInt8] { Array(Wire.page(rows).utf8) }

    private static func text(_ observation: MarketObservedPayload?) throws -> String {
        try PayloadText.of(try #require(observation))
    }

    // MARK: - Gamma exposures

    private static func exposure(
        strike: String = "70000", type: String = "C", inventory: String = "1", level: String = "0.5",
        spot: String = "71000", time: String = #""2024-04-01T00:00:00.000Z""#, currency: String = #""BTC""#
    ) -> String {
        """
        {"currency":\(currency),"dealerNetInventory":\(inventory),"dealerTotalInventory":9,"exchange":"deribit",\
        "expirationTimestamp":"2024-04-05T08:00:00.000Z","gammaLevel":\(level),"indexPrice":\(spot),\
        "putCall":"\(type)","snapshotTimestamp":\(time),"strike":\(strike)}
        """
    }

    @Test func `A snapshot's total is that of its rows, over all pages`() throws {
        let parsed = try ParsedObservations.gammaExposures([
            Self.page(
                Self.exposure(inventory: "-30.5", level: "-0.5", spot: "71001"),
                Self.exposure(type: "P", inventory: "10", level: "0.25", spot: "71000")),
            Self.page(Self.exposure(strike: "80000.5", inventory: "2.5", level: "0", spot: "71005")),
        ])
        #expect(parsed.skippedRows == 0)
        #expect(parsed.observations.map(\.kind) == [.gexStrike, .gexStrike, .gexStrike, .gexHourly])
        #expect(
            try Self.text(parsed.observations.first)
                == #"{"clamped_iv":null,"currency":"BTC","dealer_gamma":"-0.5","dealer_net_inventory":"-30.5","#
                + #""expiry":"2024-04-05","gamma_level":"-0.5","kind":"gex_strike","missing_sources":[],"#
                + #""observed_source":null,"option_type":"call","rounded":false,"source_currency":null,"#
                + #""spot":"71001","strike":"70000","timestamp":"2024-04-01T00:00:00Z","unit_source":null}"#)
        #expect(
            try Self.text(parsed.observations.last)
                == #"{"abs_gex":"43","clamped_iv":null,"currency":"BTC","gex_imbalance":"-0.4186046512","#
                + #""instruments":3,"kind":"gex_hourly","missing_sources":[],"net_gamma":"-0.25","net_gex":"-18","#
                + #""observed_source":null,"rounded":true,"source_currency":null,"spot":"71001","#
                + #""timestamp":"2024-04-01T00:00:00Z","unit_source":null}"#)
    }

    @Test func `Each time and currency has its own total, in ascending order`() throws {
        let parsed = try ParsedObservations.gammaExposures([
            Self.page(
                Self.exposure(time: "1711933200000"), Self.exposure(currency: #""ETH""#), Self.exposure())
        ])
        let totals = parsed.observations.filter { $0.kind == .gexHourly }
        #expect(
            totals.map { "\($0.subject) \($0.timestamp)" } == [
                "BTC 2024-04-01T00:00:00Z", "ETH 2024-04-01T00:00:00Z", "BTC 2024-04-01T01:00:00Z",
            ])
    }

    @Test func `Sums are rounded once, and an imbalance over nothing is null`() throws {
        let parsed = try ParsedObservations.gammaExposures([
            Self.page(
                Self.exposure(strike: "1", inventory: "0.00000000004", level: "0.00000000004"),
                Self.exposure(strike: "2", inventory: "0.00000000004", level: "0.00000000004"))
        ])
        let total = try #require(parsed.observations.last)
        #expect(total.decimal("net_gex") == Wire.decimal("0.0000000001") && total.decimal("net_gamma") == Wire.decimal("0.0000000001"))
        #expect(total.decimal("gex_imbalance") == Wire.decimal("1") && total.rounded)
        let none = try ParsedObservations.gammaExposures([Self.page(Self.exposure(inventory: "0"))])
        #expect(none.observations.last?.decimal("gex_imbalance") == nil && none.observations.last?.rounded == false)
        #expect(none.observations.last?.decimal("abs_gex") == .zero)
    }

    @Test func `Odd rows are skipped, odd prices are null, and a contract that comes twice is an error`() throws {
        let parsed = try ParsedObservations.gammaExposures([
            Self.page(
                Self.exposure(inventory: "null"), Self.exposure(level: #""x""#), Self.exposure(type: "X"),
                Self.exposure(strike: "0"), Self.exposure(time: "-62135596800000"), Self.exposure(currency: "null"),
                Self.exposure(currency: #"" ""#), "null", Self.exposure(spot: "0"))
        ])
        #expect(parsed.skippedRows == 8 && parsed.observations.count == 2)
        #expect(parsed.observations.allSatisfy { $0.decimal("spot") == nil })
        #expect(throws: AmberdataError.self) {
            try ParsedObservations.gammaExposures([
                Self.page(Self.exposure()), Self.page(Self.exposure(inventory: "3")),
            ])
        }
    }

    // MARK: - Volatilities

    private static func bar(_ time: String, open: String) -> String {
        #"{"close":99,"currency":"BTC","exchange":"deribit","exchangeTimestamp":\#(time),"high":100,"low":1,"open":\#(open)}"#
    }

    private static func volatilities(_ time: String, _ fields: String) -> String {
        #"{"currency":"BTC","timestamp":\#(time),"vrp30":-3.5,"vrp":4,"indexPrice":71000,\#(fields)}"#
    }

    @Test func `Index and volatilities of one time are one observation, whichever is there`() throws {
        let parsed = try ParsedObservations.volatilityMetrics(
            index: [
                Self.page(Self.bar(#""2024-04-01 01:00:00 000""#, open: "76.5"), Self.bar("1711936800000", open: "77"))
            ],
            impliedVersusRealized: [
                Self.page(Self.volatilities("1711936800000", #""atm7":70,"realizedVolatility30":60.5"#)),
                Self.page(Self.volatilities("1711929600000", #""atm30":71,"realizedVolatility7":0,"atm180":1"#)),
            ])
        #expect(parsed.skippedRows == 0)
        let found = parsed.observations.map { observation in
            let names: [StaticString] = ["dvol", "iv_atm_7d", "iv_atm_30d", "rv_7d", "rv_30d", "spot", "vrp"]
            return names.map { observation.decimal($0)?.description ?? "-" }.joined(separator: " ")
        }
        #expect(found == ["- - 71 0 - 71000 -", "76.5 - - - - - -", "77 70 - - 60.5 71000 -"])
        #expect(parsed.observations.allSatisfy { !$0.rounded && $0.unitSource == nil })
    }

    @Test func `Fractions become vol points before they are rounded, and the observation says so`() throws {
        let row = Self.volatilities("1711929600000", #""atm7":0.583,"atm30":0.123456789055,"indexPriceX":1"#)
        let parsed = try ParsedObservations.volatilityMetrics(impliedVersusRealized: [Self.page(row)], unit: .fraction)
        let observation = try #require(parsed.observations.first)
        #expect(observation.decimal("iv_atm_7d") == Wire.decimal("58.3"))
        #expect(observation.decimal("iv_atm_30d") == Wire.decimal("12.3456789055") && !observation.rounded)
        #expect(observation.decimal("spot") == Wire.decimal("71000") && observation.unitSource == "fraction")
    }

    @Test func `Rows without a volatility or a time are skipped, and a time that comes twice is an error`() throws {
        let parsed = try ParsedObservations.volatilityMetrics(
            index: [Self.page(Self.bar("null", open: "1"), Self.bar("1711929600000", open: "null"), "{}")],
            impliedVersusRealized: [
                Self.page(
                    Self.volatilities("1711929600000", #""atm10":70,"realizedVolatility21":60"#),
                    Self.volatilities("null", #""atm7":70"#), Self.volatilities("1", #""atm7":null"#))
            ])
        #expect(parsed.observations.isEmpty && parsed.skippedRows == 6)
        let bar = Self.page(Self.bar("1711929600000", open: "1"))
        #expect(throws: AmberdataError.self) { try ParsedObservations.volatilityMetrics(index: [bar, bar]) }
        let row = Self.page(Self.volatilities("1711929600000", #""atm7":70"#))
        #expect(throws: AmberdataError.self) {
            try ParsedObservations.volatilityMetrics(impliedVersusRealized: [row, row])
        }
    }

    // MARK: - Surfaces and open interest

    @Test func `A surface's points stand at their deltas`() throws {
        let row = """
            {"atm":90.5,"currency":"MSTR","daysToExpiration":6.25,"deltaCall05":101,"deltaCall25":"99.5","deltaPut25":98,\
            "deltaPut45":null,"deltaPut5":1,"deltaCall100":1,"deltaCallXX":1,"deltaPut00":1,"delta":3,"indexPrice":334.5,\
            "timestamp":"2024-12-20 15:00:00 000"}
            """
        let parsed = try ParsedObservations.deltaSurface([Self.page(row)])
        let points = parsed.observations.map { "\($0.decimal("delta")!) \($0.decimal("iv")!)" }
        #expect(points == ["50 90.5", "5 101", "25 99.5", "-25 98"])
        #expect(
            try Self.text(parsed.observations.first)
                == #"{"clamped_iv":null,"currency":"MSTR","delta":"50","dte":"6.25","forward":null,"iv":"90.5","#
                + #""kind":"iv_surface","missing_sources":[],"observed_source":null,"rounded":false,"#
                + #""source_currency":null,"source_index_price":"334.5","source_underlying_price":null,"#
                + #""strike":null,"timestamp":"2024-12-20T15:00:00Z","unit_source":null}"#)
        #expect(throws: AmberdataError.self) { try ParsedObservations.deltaSurface([Self.page(row), Self.page(row)]) }
    }

    @Test func `A call at delta 50 goes before atm, and rows without points are skipped`() throws {
        let rows = [#""atm":1,"deltaCall50":2"#, #""atm":3,"deltaCall50":null"#, #""atm":null"#].enumerated().map {
            #"{"currency":"MSTR","daysToExpiration":\#($0.offset),"timestamp":0,\#($0.element)}"#
        }
        let parsed = try ParsedObservations.deltaSurface([Array(Wire.page(rows).utf8)], unit: .fraction)
        #expect(parsed.observations.map { $0.decimal("iv")?.description } == ["200", "300"])
        #expect(parsed.observations.allSatisfy { $0.unitSource == "fraction" } && parsed.skippedRows == 1)
    }

    @Test func `Open interest needs an exchange and a time`() throws {
        let page = Self.page(
            #"{"coin":1868.0146536224377,"exchange":"bitmex","timestamp":"2024-05-01T00:00:00.000Z","usd":70.972564306}"#,
            #"{"coin":null,"exchange":"cme","timestamp":"2024-04-30T00:00:00.000Z","usd":-1}"#,
            #"{"coin":1,"timestamp":"2024-05-01T00:00:00.000Z","usd":1}"#, #"{"coin":1,"exchange":"cme","usd":1}"#)
        let parsed = try ParsedObservations.openInterest([page], currency: "BTC")
        #expect(parsed.skippedRows == 2)
        #expect(
            try parsed.observations.map(Self.text) == [
                #"{"clamped_iv":null,"currency":"BTC","exchange":"cme","kind":"open_interest","#
                    + #""missing_sources":[],"observed_source":null,"oi_notional":null,"oi_value":null,"rounded":false,"#
                    + #""source_currency":null,"timestamp":"2024-04-30T00:00:00Z","unit_source":null}"#,
                #"{"clamped_iv":null,"currency":"BTC","exchange":"bitmex","kind":"open_interest","#
                    + #""missing_sources":[],"observed_source":null,"oi_notional":"70.972564306","#
                    + #""oi_value":"1868.0146536224","rounded":true,"source_currency":null,"#
                    + #""timestamp":"2024-05-01T00:00:00Z","unit_source":null}"#,
            ])
        #expect(try ParsedObservations.openInterest([page], currency: "").skippedRows == 4)
    }

    @Test func `A body that is no answer is an error`() {
        for body in ["", "{}", #"{"error":true,"message":"no"}"#] {
            #expect(throws: AmberdataError.self) { try ParsedObservations.gammaExposures([Array(body.utf8)]) }
        }
    }
}
