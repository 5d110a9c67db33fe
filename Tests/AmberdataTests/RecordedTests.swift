import LedgerEvents
import LedgerValues
import LoopbackServer
import OptionTrades
import Testing

@testable import Amberdata

/// What the vendor's servers really answered. Expected figures were worked out from the files by other means.
@Suite(
    "Amberdata as recorded", .timeLimit(.minutes(1)),
    .enabled(if: RecordedBodies.arePresent, "needs the recorded bodies: see RecordedBodies"))
struct RecordedTests {
    private static let day = (Wire.instant("2024-12-23T17:00:00Z"), Wire.instant("2024-12-23T18:00:00.001Z"))

    private func quotes(
        _ vendor: ScriptedVendor, expiry: String, strike: String, _ type: OptionType
    ) async throws -> [OptionQuote] {
        let contract = OptionContract(
            underlying: "MSTU", expiry: try #require(CalendarDate(expiry)), strike: Wire.decimal(strike),
            optionType: type)
        // One call: by the hour.
        return try await vendor.client().quotes(contract, from: Self.day.0, to: Self.day.1, interval: .hour)
    }

    private static func sum(_ values: [FixedDecimal?]) -> FixedDecimal {
        FixedDecimal(units: values.reduce(0) { $0 + ($1?.units ?? 0) })
    }

    @Test func `Each row of an answer with 18 contracts is a quote of one of them`() async throws {
        let body = try RecordedBodies.bytes("level-1-quotes-tradfi.mstu")
        let vendor = try ScriptedVendor([try RecordedBodies.reply("level-1-quotes-tradfi.mstu")])
        var expiries: Set<String> = []
        for row in try Envelope(parsing: body).rows.elements {
            expiries.insert(String(row["expirationTimestamp"]?.string?.prefix(10) ?? ""))
        }
        #expect(expiries.count == 9)
        var all: [OptionQuote] = []
        for expiry in expiries {
            for type in [OptionType.call, .put] {
                let found = try await quotes(vendor, expiry: expiry, strike: "2", type)
                #expect(found.count == 13)
                #expect(zip(found, found.dropFirst()).allSatisfy { $0.timestamp < $1.timestamp })
                all += found
            }
        }
        #expect(all.count == 234 && all.count { $0.bid == nil } == 117)
        #expect(Self.sum(all.map(\.ask)).description == "1448.7")
        #expect(Self.sum(all.map(\.markIV)).description == "55798.27")
        #expect(Self.sum(all.map(\.mark)).description == "1112.64828")
        #expect(
            all.allSatisfy { $0.askSize == nil && $0.bidSize == nil && $0.volume24h == nil && $0.openInterest == nil })
        let lags = all.map { $0.time.microseconds - $0.timestamp.microseconds }
        #expect(lags.min() == 126_000 && lags.max() == 118_413_000)
        #expect(try await quotes(vendor, expiry: "2024-12-27", strike: "2.5", .put).isEmpty)
        #expect(try await quotes(vendor, expiry: "2024-12-28", strike: "2", .put).isEmpty)
    }

    @Test func `A contract that nobody bids for has quotes with one side`() async throws {
        let vendor = try ScriptedVendor([try RecordedBodies.reply("level-1-quotes-tradfi.small")])
        let found = try await quotes(vendor, expiry: "2024-12-27", strike: "1", .put)
        #expect(
            found.count == 13 && found.allSatisfy { $0.bid == nil && $0.ask == Wire.decimal("0.05") && $0.mark == nil })
        #expect(found.last?.time == Wire.instant("2024-12-23T18:00:17.115Z"))
        #expect(try await quotes(vendor, expiry: "2024-12-27", strike: "1", .call).isEmpty)
    }

    @Test func `An unknown currency has no quotes`() async throws {
        #expect(
            try await ScriptedVendor([try RecordedBodies.reply("level-1-quotes-tradfi.unknown-currency")]).quotes()
                .isEmpty)
    }

    @Test func `Recorded errors are told by their texts`() async throws {
        let wrong = try ScriptedVendor([try RecordedBodies.reply("error-400", status: 400)])
        #expect(
            await wrong.failure()?.description
                == "Amberdata answered 400: The argument 'strike' is not in numerical form (<strike>).; "
                + "Request was invalid or cannot be served. See message for details")
        let broken = try ScriptedVendor([try RecordedBodies.reply("error-500", status: 500)])
        #expect(
            await broken.failure()?.description
                == "Amberdata answered 500: Server is currently unable to handle this request. Please try again soon")
        #expect(broken.sleeps.count == 5)
    }

    @Test func `A snapshot of gamma exposures is 912 strikes and their total`() throws {
        let parsed = try ParsedObservations.gammaExposures([try RecordedBodies.bytes("gamma-exposures-snapshots.btc")])
        #expect(parsed.skippedRows == 0 && parsed.observations.count == 913)
        let strikes = parsed.observations.filter { $0.kind == .gexStrike }
        #expect(strikes.count == 912 && strikes.count(where: \.rounded) == 719)
        #expect(Set(strikes.map(\.identifyingDigest)).count == 912)
        let total = try #require(parsed.observations.last)
        #expect(total.kind == .gexHourly && total.subject == "BTC" && total.rounded && total.unitSource == nil)
        #expect(total.timestamp == Wire.instant("2024-04-01T00:00:00Z"))
        #expect(
            try PayloadText.of(total)
                == #"{"abs_gex":"87135.8","clamped_iv":null,"currency":"BTC","gex_imbalance":"-0.0745571855","#
                + #""instruments":912,"kind":"gex_hourly","missing_sources":[],"net_gamma":"0.008858","#
                + #""net_gex":"-6496.6","observed_source":null,"rounded":true,"source_currency":null,"#
                + #""spot":"71297.84","timestamp":"2024-04-01T00:00:00Z","unit_source":null}"#)
        #expect(Self.sum(strikes.map { $0.decimal("dealer_gamma") }).description == "0.008858")
    }

    @Test func `Bars of the index and implied versus realized volatility are one observation a time`() throws {
        let index = try RecordedBodies.bytes("volatility-index.btc.hours")
        let volatilities = try RecordedBodies.bytes("implied-vs-realized.btc")
        let parsed = try ParsedObservations.volatilityMetrics(index: [index], impliedVersusRealized: [volatilities])
        #expect(parsed.skippedRows == 0 && parsed.observations.count == 720)
        #expect(Set(parsed.observations.map(\.identifyingDigest)).count == 720)
        #expect(
            try PayloadText.of(try #require(parsed.observations.first))
                == #"{"clamped_iv":null,"currency":"BTC","dvol":"76.6399993896","iv_atm_30d":"75.7839143977","#
                + #""iv_atm_7d":"68.680834654","kind":"vol_metrics","missing_sources":[],"observed_source":null,"#
                + #""put_call_ratio":null,"rounded":true,"rv_30d":"65.514943172","rv_7d":"43.0772225337","#
                + #""skew_25d":null,"source_currency":null,"spot":"71297.0473333333","#
                + #""timestamp":"2024-04-01T00:00:00Z","total_oi":null,"unit_source":null,"vol_of_vol":null,"#
                + #""vrp":null}"#)
        let sums: [(StaticString, String)] = [
            ("dvol", "1811.3000106812"), ("iv_atm_7d", "46384.1044076801"), ("iv_atm_30d", "47937.3761034101"),
            ("rv_7d", "40056.4831565226"), ("rv_30d", "43665.7102970146"), ("spot", "47501176.1208626488"),
        ]
        for (name, sum) in sums {
            #expect(Self.sum(parsed.observations.map { $0.decimal(name) }).description == sum, "\(name)")
        }
        #expect(parsed.observations.count { $0.decimal("dvol") != nil } == 24)
        let alone = try ParsedObservations.volatilityMetrics(index: [index])
        #expect(alone.observations.count == 24 && alone.observations.count(where: \.rounded) == 23)
    }

    @Test func `Tenors of trading days are no 7 and no 30 days`() throws {
        let parsed = try ParsedObservations.volatilityMetrics(
            impliedVersusRealized: [try RecordedBodies.bytes("implied-vs-realized-tradfi.mstr")])
        #expect(parsed.observations.isEmpty && parsed.skippedRows == 28)
    }

    @Test(arguments: [
        ("constant", 90, 0, "10123.6860215664"), ("floating", 793, 3, "122406.4"),
    ])
    func `A surface is its points`(name: String, count: Int, skipped: Int, sum: String) throws {
        let parsed = try ParsedObservations.deltaSurface([
            try RecordedBodies.bytes("delta-surface-\(name)-tradfi.mstr")
        ])
        #expect(parsed.observations.count == count && parsed.skippedRows == skipped)
        #expect(Self.sum(parsed.observations.map { $0.decimal("iv") }).description == sum)
        #expect(parsed.observations.allSatisfy { $0.subject == "MSTR" && $0.unitSource == nil })
        #expect(zip(parsed.observations, parsed.observations.dropFirst()).allSatisfy { $0.timestamp <= $1.timestamp })
    }

    @Test func `Open interest is a row an exchange and day`() throws {
        let parsed = try ParsedObservations.openInterest(
            [try RecordedBodies.bytes("open-interest.btc")], currency: "BTC")
        #expect(parsed.observations.count == 248 && parsed.skippedRows == 0)
        #expect(Set(parsed.observations.map(\.identifyingDigest)).count == 248)
        #expect(Self.sum(parsed.observations.map { $0.decimal("oi_value") }).description == "12685826.0242385306")
        #expect(Self.sum(parsed.observations.map { $0.decimal("oi_notional") }).description == "839590.5134911302")
        #expect(parsed.observations.first?.timestamp == Wire.instant("2024-04-01T00:00:00Z"))
    }
}

/// Payloads as text.
enum PayloadText {
    static func of(_ observation: MarketObservedPayload) throws -> String {
        String(decoding: observation.encode(), as: UTF8.self)
    }
}
