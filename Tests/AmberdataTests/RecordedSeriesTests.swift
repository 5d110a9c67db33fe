import LedgerEvents
import LedgerJSON
import LedgerValues
import OptionTrades
import Testing

@testable import Amberdata

/// Series as the vendor's servers really answered. Expected figures were worked out from the files by other means.
@Suite(
    "Amberdata's series as recorded", .timeLimit(.minutes(1)),
    .enabled(if: RecordedBodies.arePresent, "needs the recorded bodies: see RecordedBodies"))
struct RecordedSeriesTests {
    private let april = Series.window("2024-04-01T00:00:00Z", "2024-05-01T00:00:00Z")
    private let market = VendorMarket(futures: "BTC")

    @Test func `a snapshot of gamma exposures is 912 strikes and their hour`() throws {
        var rows = SeriesRows(Series.hours(1))
        rows.addGammaExposures(try Series.recorded("gamma-exposures-snapshots.btc"), market)
        #expect(rows.skipped == 0 && rows.observations.count == 913)
        #expect(
            Series.line(rows.observations.last, "timestamp", "net_gex", "abs_gex", "gex_imbalance", "net_gamma", "spot", "instruments")
                == "2024-04-01T00:00:00Z -6496.6 87135.8 -0.0745571855 0.008858 71297.84 912")
    }

    @Test func `bars, volatilities and the surface give a row an hour`() throws {
        var answers = VolatilityAnswers()
        answers.index = try Series.recorded("volatility-index.btc.hours")
        answers.impliedVersusRealized = try Series.recorded("implied-vs-realized.btc")
        answers.surface = try Series.recorded("delta-surface-constant.btc.hours")
        var rows = SeriesRows(Series.hours(24))
        rows.addVolatilityMetrics(answers, market)
        #expect(rows.skipped == 0 && rows.observations.count == 24)
        #expect(Series.sum(rows.observations, "dvol") == "1811.3")
        #expect(
            Series.line(rows.observations.first, "dvol", "iv_atm_7d", "iv_atm_30d", "rv_7d", "rv_30d", "skew_25d", "total_oi", "spot")
                == "76.64 68.680834654 75.7839143977 43.0772225337 65.514943172 -3.2828744233 217854.2 71297.0473333333")
        #expect(rows.observations.first?.provenance.missingSources == ["put-call-distribution", "volatility-of-volatility"])
    }

    @Test func `a day's surfaces are 4,512 points, without the hour beyond`() throws {
        var rows = SeriesRows(Series.hours(24))
        rows.addSurface(try Series.recorded("delta-surface-constant.btc.hours"), market)
        #expect(rows.observations.count == 4_512 && Series.sum(rows.observations, "iv") == "328585.2877665529")
    }

    @Test(arguments: [("coins", 2_697, "0.0501013276"), ("stables", 2_232, "0.0427154614")])
    func `funding of a month sums to what was paid`(margin: String, count: Int, sum: String) throws {
        var rows = SeriesRows(Series.window("2024-04-01T00:00:00Z", "2024-05-02T00:00:00Z"))
        rows.addFunding(try Series.recorded("funding-rates-cumulated.btc.\(margin)"), try Series.intervals(), market)
        #expect(rows.observations.count == count && rows.skipped == 0 && Series.sum(rows.observations, "rate") == sum)
        #expect(rows.observations.allSatisfy { $0.integer("interval_hours") != nil })
    }

    @Test func `basis and open interest`() throws {
        var basis = SeriesRows(Series.window("2024-04-01T00:00:00Z", "2024-05-03T00:00:00Z"))
        basis.addBasis(try Series.recorded("basis-constant-maturities.btc"), tenorDays: 7, market)
        #expect(basis.observations.count == 4_470 && Series.sum(basis.observations, "apr") == "469.3551")
        #expect(Series.sum(basis.observations, "basis_usd") == "608950.7")
        var interest = SeriesRows(april)
        interest.addOpenInterest(try Series.recorded("open-interest.btc"), market)
        #expect(interest.observations.count == 240 && Series.sum(interest.observations, "oi_notional") == "815953511521.65573963")
    }

    @Test func `prints, and the legs of blocks`() throws {
        var prints = SeriesRows(Series.hours(1))
        prints.addPrints(try Series.recorded("decorated-trades.btc"), market)
        #expect(prints.observations.count == 163 && Series.sum(prints.observations, "price_usd") == "310042.28894381")
        #expect(prints.observations.count { $0.text("aggressor") != $0.text("exchange_aggressor") } == 72)
        #expect(prints.observations.count { $0.text("aggressor") == "buy" } == 60)
        var blocks = SeriesRows(Series.hours(2))
        blocks.addPrints(try Series.recorded("decorated-trades.btc.blocks"), market)
        #expect(blocks.observations.count == 23 && blocks.observations.count { $0.integer("legs") == 2 } == 22)
    }

    @Test func `445 TradFi prints have 445 identities, though 417 differ`() throws {
        var rows = SeriesRows(Series.window("2024-12-20T15:00:00Z", "2024-12-20T16:00:00Z"))
        rows.addTradFiPrints(try Series.recorded("decorated-trades-tradfi.mstr"), VendorMarket(options: "MSTR"))
        #expect(rows.observations.count == 445 && rows.skipped == 0)
        #expect(Set(rows.observations.compactMap { $0.text("print_id")?.prefix(64) }).count == 417)
        #expect(rows.observations.count { $0.provenance.clampedIV != nil } == 11)
        #expect(rows.observations.count { $0.decimal("iv") == nil } == 12)
        #expect(
            rows.observations.first?.text("print_id") == "50eaf3eeb152983099351cb7d5de0dcf463b47a07dcf71baca454c0e2c0abaa0-1")
    }

    @Test func `flows, volumes, terms and cones`() throws {
        var rows = SeriesRows(Series.hours(24))
        rows.addVolumes(try Series.recorded("volume-aggregates.btc.hours"), market)
        #expect(rows.observations.count == 16 && Series.sum(rows.observations, "contracts") == "5330.1")
        #expect(rows.observations.count { $0.decimal("contracts") == nil } == 2)
        var flow = SeriesRows(Series.hours(1))
        let (onScreen, blocks) = (
            try Series.recorded("put-call-distribution.btc.on-screen"), try Series.recorded("put-call-distribution.btc.blocks")
        )
        flow.addPutCall(onScreen: onScreen, blocks: blocks, of: flow.window.from, market)
        #expect(
            Series.line(
                flow.observations.last, "calls_bought_contracts", "calls_sold_contracts", "puts_bought_contracts", "puts_sold_contracts")
                == "15407.5 11459.1 6192.7 5567")
        let unknown = try Series.recorded("put-call-distribution.unknown-currency")
        let zeros = try Series.recorded("put-call-distribution.unknown-exchange")
        #expect(SeriesRows.flow(onScreen: unknown, blocks: unknown) == .empty && SeriesRows.flow(onScreen: zeros, blocks: zeros) == .zero)
        var terms = SeriesRows(Series.window("2024-04-01T03:00:00Z", "2024-04-01T04:00:00Z"))
        terms.addTermStructure(try Series.recorded("term-structure-constant.btc"), market)
        #expect(terms.observations.count == 10 && Series.sum(terms.observations, "iv") == "706.2018893866")
        #expect(Series.sum(terms.observations, "forward_iv") == "684.8592961031")
        var cones = SeriesRows(Series.hours(24))
        cones.addCones(try Series.recorded("volatility-cones.btc"), of: cones.window.from, market)
        #expect(
            cones.observations.count == 6
                && cones.observations.first { $0.integer("days") == 7 }?.decimal("p25") == Wire.decimal("49.2849004576"))
        var nobody = SeriesRows(Series.hours(24))
        nobody.addCones(try Series.recorded("volatility-cones.unknown-pair"), of: nobody.window.from, market)
        #expect(nobody.observations.isEmpty)
    }
}
