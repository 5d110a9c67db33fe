import LedgerEvents
import LedgerJSON
import LedgerValues
import OptionTrades
import Testing

@testable import Amberdata

/// The series' normalizers on hand-made rows.
@Suite struct SeriesTests {
    // MARK: - Gamma exposure

    private func exposure(
        _ milliseconds: Int = Series.midnight, strike: String = "70000", type: String = "C", inventory: String = "1", level: String = "0.5",
        spot: String = "71000", currency: String = "BTC"
    ) -> String {
        """
        {"currency":"\(currency)","dealerNetInventory":\(inventory),"dealerTotalInventory":9,"exchange":"deribit",\
        "expirationTimestamp":"2024-04-05T08:00:00.000Z","gammaLevel":\(level),"indexPrice":\(spot),"putCall":"\(type)",\
        "snapshotTimestamp":\(milliseconds),"strike":\(strike)}
        """
    }

    @Test func `of an hour the earliest snapshot counts, and its total stands at the hour`() throws {
        var rows = SeriesRows(Series.hours(2))
        rows.addGammaExposures(
            try Series.rows(
                exposure(Series.midnight + 600_000, inventory: "99"),
                exposure(Series.midnight + 190_000, inventory: "-30.5", level: "-0.5", spot: "71000"),
                exposure(Series.midnight + 190_000, type: "P", inventory: "10", level: "0.25", spot: "71003"),
                exposure(Series.midnight + 7_200_000)), Series.bitcoin)
        #expect(rows.observations.map(\.kind) == [.gexStrike, .gexStrike, .gexHourly] && rows.skipped == 0)
        #expect(
            Series.line(
                rows.observations.first, "timestamp", "expiry", "strike", "option_type", "dealer_net_inventory", "gamma_level",
                "dealer_gamma", "spot") == "2024-04-01T00:03:10Z 2024-04-05 70000 call -30.5 -0.5 -0.5 71000")
        #expect(
            Series.line(
                rows.observations.last, "timestamp", "net_gex", "abs_gex", "gex_imbalance", "net_gamma", "spot", "instruments")
                == "2024-04-01T00:00:00Z -20.5 40.5 -0.5061728395 -0.25 71001.5 2")
        #expect(rows.observations.allSatisfy { $0.provenance.observedSource == "amberdata" && $0.provenance.sourceCurrency == nil })
    }

    @Test func `of a contract twice in a snapshot the first row counts, and sums are those of stored figures`() throws {
        var rows = SeriesRows(Series.hours(1))
        rows.addGammaExposures(
            try Series.rows(
                exposure(inventory: "0.00000000014"), exposure(inventory: "5"), exposure(strike: "1", inventory: "0.00000000014"),
                exposure(strike: "2", inventory: "null"), exposure(strike: "0"), exposure(strike: "3", currency: "ETH")), Series.bitcoin)
        #expect(rows.skipped == 2)
        #expect(Series.line(rows.observations.last, "net_gex", "instruments") == "0.0000000002 2")
    }

    // MARK: - Volatility

    @Test func `volatility metrics of an hour come from five answers`() throws {
        var answers = VolatilityAnswers()
        let hour = Series.midnight
        answers.index = try Series.rows(
            #"{"currency":"BTC","exchangeTimestamp":\#(hour),"open":76.63999938964844,"close":70}"#,
            #"{"currency":"BTC","exchangeTimestamp":\#(hour + 3_600_000),"open":76.5,"close":70}"#)
        answers.impliedVersusRealized = try Series.rows(
            """
            {"currency":"BTC","timestamp":\(hour),"atm7":60.5,"atm30":0.01,"realizedVolatility7":40,"realizedVolatility30":50,\
            "indexPrice":71000}
            """)
        answers.surface = try Series.rows(
            #"{"currency":"BTC","timestamp":\#(hour),"daysToExpiration":7,"deltaPut25":1,"deltaCall25":2,"openInterest":3}"#,
            #"{"currency":"BTC","timestamp":\#(hour),"daysToExpiration":30,"deltaPut25":60,"deltaCall25":63.5,"openInterest":217854.2}"#)
        let calls = #"{"callsContractsBought":10,"callsContractsSold":10,"putContractsBought":5,"putContractsSold":5}"#
        let nothing = #"{"callsContractsBought":null,"callsContractsSold":null,"putContractsBought":null,"putContractsSold":null}"#
        let window = Series.hours(2)
        answers.distributions = [
            window.from: (try Series.rows(calls), try Series.rows(calls)),
            window.from.plusHour: (try Series.rows(calls), try Series.rows(nothing)),
        ]
        var rows = SeriesRows(window)
        rows.addVolatilityMetrics(answers, Series.bitcoin)
        let lines = rows.observations.map {
            Series.line(
                $0, "dvol", "iv_atm_7d", "iv_atm_30d", "rv_7d", "rv_30d", "vol_of_vol", "skew_25d", "put_call_ratio", "total_oi", "spot",
                "vrp")
        }
        #expect(lines == ["76.64 60.5 - 40 50 - -3.5 0.5 217854.2 71000 -", "76.5 - - - - - - - - - -"])
        #expect(rows.observations.allSatisfy { $0.provenance.missingSources == ["volatility-of-volatility"] })
        #expect(rows.observations.first?.provenance.clampedIV == Wire.decimal("0.01"))
        #expect(rows.observations.map(\.rounded) == [true, false])
    }

    @Test(arguments: [("76.63999938964844", "76.64", true), ("73.66", "73.66", false), ("0.1234567890123", "0.1234567890123", false)])
    func `a single-precision number is the shortest decimal with its value`(written: String, expected: String, isShortened: Bool) throws {
        let value = try #require(try Series.rows(written).first)
        let read = try #require(Float32.exact(value))
        #expect(read.isShortened == isShortened && read.value.decimalText == ExactNumber.text(expected))
    }

    @Test func `points of a surface stand at signed deltas, without atm and without clamps`() throws {
        var rows = SeriesRows(Series.hours(1))
        rows.addSurface(
            try Series.rows(
                """
                {"currency":"BTC","timestamp":"2024-04-01 00:00:00 000","daysToExpiration":30,"atm":70,"delta50":71,"deltaPut05":90,\
                "deltaPut45":null,"deltaCall45":1000,"deltaCall25":63,"underlyingPrice":71500,"indexPrice":71000}
                """,
                #"{"currency":"BTC","timestamp":"2024-04-01 01:00:00 000","daysToExpiration":30,"delta50":71}"#), Series.bitcoin)
        let lines = rows.observations.map {
            Series.line($0, "delta", "iv", "dte", "forward", "source_underlying_price", "source_index_price", "strike")
        }
        #expect(
            Set(lines) == [
                "50 71 30 71500 71500 71000 -", "-5 90 30 71500 71500 71000 -", "25 63 30 71500 71500 71000 -",
            ])
    }

    // MARK: - Futures

    @Test func `funding is the part of eight hours that a venue pays, and of an unknown interval the whole`() throws {
        func row(_ symbol: String, _ rate: String) -> String {
            #"{"accumulatedRealizedFunding":9,"realizedFunding":\#(rate),"symbol":"\#(symbol)","timestamp":\#(Series.midnight)}"#
        }
        var rows = SeriesRows(Series.hours(1))
        rows.addFunding(
            try Series.rows(
                row("deribit BTC-PERPETUAL", "0.08"), row("binance BTCUSDT", "0.01"), row("dydx BTC-USD", "-0.02"), row("nospace", "1"),
                row("binance BTCUSDT", "5")), try Series.intervals(), VendorMarket(futures: "SOL"))
        let lines = rows.observations.map { Series.line($0, "currency", "venue", "instrument", "rate", "interval_hours") }
        #expect(
            lines == [
                "SOL deribit BTC-PERPETUAL 0.0001 1", "SOL binance BTCUSDT 0.0001 8", "SOL dydx BTC-USD -0.0002 -",
            ])
        #expect(rows.observations.allSatisfy { $0.unitSource == "percent" } && rows.skipped == 1)
    }

    @Test func `basis is a ratio, open interest is in dollars, and liquidations have a row a side`() throws {
        func liquidated(_ exchange: String, _ figures: String) -> String {
            #"{"exchange":"\#(exchange)",\#(figures),"timestamp":\#(Series.midnight)}"#
        }
        var rows = SeriesRows(Series.hours(24))
        let market = VendorMarket(futures: "BTC")
        rows.addBasis(
            try Series.rows(#"{"apr":-4.5,"basisUSD":-20.25,"symbol":"okex_BTC-USD","timestamp":\#(Series.midnight)}"#), tenorDays: 30,
            market)
        rows.addOpenInterest(
            try Series.rows(#"{"coin":1868.5,"exchange":"bitmex","timestamp":"2024-04-01T00:00:00.000Z","usd":70.972564306}"#), market)
        rows.addLiquidations(
            try Series.rows(
                liquidated("bybit", #""buyLiquidationsUSD":10,"sellLiquidationsUSD":0,"averagePrice":71000"#),
                liquidated("okex", #""buyLiquidationsUSD":null,"sellLiquidationsUSD":null,"averagePrice":1"#)),
            market)
        #expect(
            Series.line(rows.observations.first, "venue", "instrument", "tenor_days", "basis_usd", "apr") == "okex BTC-USD 30 -20.25 -0.045"
        )
        #expect(Series.line(rows.observations[1], "exchange", "oi_value", "oi_notional") == "bitmex 1868.5 70972564.306")
        let sides = rows.observations.dropFirst(2).map { Series.line($0, "venue", "instrument", "side", "amount", "amount_usd", "price") }
        #expect(sides == ["bybit total buy - 10 71000", "bybit total sell - 0 71000"] && rows.skipped == 2)
    }

    // MARK: - Flow

    @Test func `nulls are empty, zeros are for the volume to say, and a null block beside values stays null`() throws {
        let nulls = try Series.rows(#"{"callsContractsBought":null,"putPremiumSold":null}"#)
        let zeros = try Series.rows(#"{"callsContractsBought":0,"putPremiumSold":0}"#)
        let values = try Series.rows(#"{"callsContractsBought":3,"callsContractsSold":0,"putContractsBought":1,"putPremiumSold":12.5}"#)
        #expect(SeriesRows.flow(onScreen: nulls, blocks: nulls) == .empty && SeriesRows.flow(onScreen: [], blocks: []) == .empty)
        #expect(SeriesRows.flow(onScreen: zeros, blocks: nulls) == .zero && SeriesRows.flow(onScreen: values, blocks: nulls) == .values)
        var rows = SeriesRows(Series.hours(1))
        rows.addPutCall(onScreen: values, blocks: nulls, of: rows.window.from, Series.bitcoin)
        let lines = rows.observations.map {
            Series.line(
                $0, "window_hours", "venue_kind", "calls_bought_contracts", "calls_sold_contracts", "puts_bought_contracts",
                "puts_sold_premium_usd")
        }
        #expect(lines == ["1 on_screen 3 0 1 12.5", "1 block - - - -"])
    }

    @Test func `blocked volume that is null stays null, and cones come by their days`() throws {
        var rows = SeriesRows(Series.hours(1))
        rows.addVolumes(
            try Series.rows(
                """
                {"currency":"BTC","timestamp":"2024-04-01 00:00:00 000","contractVolumeOnScreen":298.8,"contractVolumeBlocked":null,\
                "premiumVolumeOnScreen":5,"premiumVolumeBlocked":null,"notionalVolumeOnScreen":6,"notionalVolumeBlocked":null}
                """), Series.bitcoin)
        rows.addCones(
            try Series.rows(
                #"{"pair":"btc_usd","current_1day":37,"min_1day":16,"p25_7days":49,"max_7days":91,"p50_90days":null,"x_y_z":1}"#),
            of: rows.window.from, Series.bitcoin)
        let lines = rows.observations.map { observation in
            observation.kind == .volume
                ? Series.line(observation, "venue_kind", "contracts", "premium_usd", "notional_usd")
                : Series.line(observation, "timestamp", "days", "current", "min", "p25", "max")
        }
        #expect(
            lines == [
                "on_screen 298.8 5 6", "block - - -", "2024-04-01T00:00:00Z 1 37 16 - -", "2024-04-01T00:00:00Z 7 - - 49 91",
            ])
    }

    // MARK: - Prints

    private func print(_ id: String, _ changes: String = "", block: String = "null") -> String {
        """
        {"amberdataDirection":-1,"exchangeDirection":1,"blockTradeId":\(block),"currency":"SOL_USDC","exchange":"deribit",\
        "exchangeTimestamp":\(Series.midnight + 5),"expirationTimestamp":1714118400000,"putCall":"P","strike":180,"tradeAmount":50,\
        "tradeId":\(id),"tradeIv":1000,"price":2.5,"priceUsd":2.5,"delta":-0.3,"indexPrice":190,"numberOfLegs":0\(changes)}
        """
    }

    @Test func `prints keep both directions, count the legs of a block, and say how the vendor calls the market`() throws {
        var rows = SeriesRows(Series.hours(1))
        let market = VendorMarket(options: "SOL")
        rows.addPrints(
            try Series.rows(
                print(#""1""#), print(#""2""#, block: #""B""#), print("3", block: #""B""#), print(#""1""#, #","openInterestChange":7"#),
                print("null")), market)
        let lines = rows.observations.map {
            Series.line(
                $0, "underlying", "source", "print_id", "timestamp", "expiry", "option_type", "price", "iv", "aggressor",
                "exchange_aggressor", "block_id", "legs", "open_interest_change")
        }
        let same = "2024-04-01T00:00:00.005000Z 2024-04-26 put 2.5 - sell buy"
        #expect(
            lines == [
                "SOL deribit 1 \(same) - 1 -", "SOL deribit 2 \(same) B 2 -", "SOL deribit 3 \(same) B 2 -",
            ])
        #expect(rows.skipped == 1)
        #expect(
            rows.observations.allSatisfy {
                $0.provenance.sourceCurrency == "SOL_USDC" && $0.provenance.clampedIV == Wire.decimal("1000")
            })
    }

    @Test func `equal TradFi prints are numbered, and a correction of what followed keeps its identity`() throws {
        func row(_ changes: String) -> String {
            """
            {"currency":"MSTR","exchange":"tradfi","exchangeTimestamp":"2024-12-20T15:00:59.501Z",\
            "expirationTimestamp":"2024-12-20T00:00:00.000Z","priceUsd":0.05,"putCall":"C","strike":420,"tradeAmount":1,\
            "tradeId":"8.73250412635467E17","tradeIv":179.5\(changes)}
            """
        }
        func ids(_ texts: String...) throws -> [String] {
            var rows = SeriesRows(Series.window("2024-12-20T15:00:00Z", "2024-12-20T16:00:00Z"))
            rows.addTradFiPrints(try texts.flatMap { try Series.rows($0) }, VendorMarket(options: "MSTR"))
            return rows.observations.compactMap { $0.text("print_id") }
        }
        let digest = "50eaf3eeb152983099351cb7d5de0dcf463b47a07dcf71baca454c0e2c0abaa0"
        #expect(try ids(row(""), row(#","postTradeBidPrice":9"#), row("")) == ["\(digest)-1", "\(digest)-2", "\(digest)-3"])
        #expect(try ids(row(#","delta":0.5"#)) == ["\(digest)-1"])
    }
}

extension ExactNumber {
    fileprivate static func text(_ written: String) -> String {
        WireNumber(written).exact?.decimalText ?? ""
    }
}
