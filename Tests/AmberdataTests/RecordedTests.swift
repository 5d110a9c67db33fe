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
}
