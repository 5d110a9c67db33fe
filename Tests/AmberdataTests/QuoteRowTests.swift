import LedgerEvents
import LedgerValues
import OptionTrades
import Testing

@testable import Amberdata

/// Which rows are quotes of a contract, and what they say.
@Suite("Amberdata's quotes", .timeLimit(.minutes(1)))
struct QuoteRowTests {
    private func quote(_ changes: [String: String?]) async throws -> OptionQuote? {
        let quotes = try await ScriptedVendor(Wire.page([Wire.row(changes)])).quotes()
        #expect(quotes.count <= 1)
        return quotes.first
    }

    @Test func `A row is a quote`() async throws {
        let expected = OptionQuote(
            timestamp: Wire.start, exchangeTimestamp: Wire.instant("2024-12-20T15:01:59.501Z"),
            bid: Wire.decimal("12.25"),
            ask: Wire.decimal("12.5"), mark: Wire.decimal("12.375"), markIV: Wire.decimal("89.75"),
            underlyingPrice: Wire.decimal("331.445"))
        #expect(try await quote([:]) == expected)
    }

    @Test func `Sizes, volume and open interest are null where the vendor has none`() async throws {
        let quote = try #require(try await quote(["openInterestUSD": "5", "volume": "7", "volumeUSD": "9"]))
        #expect(quote.bidSize == nil && quote.askSize == nil && quote.volume24h == nil && quote.openInterest == nil)
        let full = try #require(
            try await self.quote(["bidVolume": "3", "askVolume": "\"4\"", "openInterest": "0", "volume24h": "12"]))
        #expect(full.bidSize == Wire.decimal("3") && full.askSize == Wire.decimal("4"))
        #expect(full.openInterest == .zero && full.volume24h == Wire.decimal("12"))
    }

    @Test(arguments: ["null", nil, #""""#, #""n/a""#])
    func `A side that is null, missing or no number is null`(bid: String?) async throws {
        let quote = try #require(try await quote(["bid": bid, "ask": "0"]))
        #expect(quote.bid == nil && quote.ask == .zero && !quote.rounded)
    }

    @Test func `A figure with more than 10 fractional digits is rounded half to even, and the quote says so`()
        async throws
    {
        for key in ["bid", "ask", "bidVolume", "askVolume", "markPrice", "markIv", "underlyingPrice", "openInterest"] {
            #expect(try await quote([key: "0.06499999761581421"])?.rounded == true, "\(key)")
        }
        #expect(try await quote(["bid": "0.06499999761581421"])?.bid == Wire.decimal("0.0649999976"))
        #expect(try await quote(["bid": "0.12345678905"])?.bid == Wire.decimal("0.123456789"))
        #expect(try await quote(["delta": "0.06499999761581421", "bid": "0.0649999976"])?.rounded == false)
    }

    @Test(arguments: [
        ("strike", "437"), ("strike", "437.4999999999"), ("strike", "null"), ("putCall", #""P""#),
        ("putCall", #""CALL""#),
        ("putCall", "null"), ("currency", #""MSTU""#), ("currency", #""mstr""#), ("currency", "null"),
        ("expirationTimestamp", #""2025-01-10T00:00:00.000Z""#),
        ("expirationTimestamp", #""2025-01-02T23:59:59.999Z""#),
        ("expirationTimestamp", "null"), ("expirationTimestamp", "-62135596800000"), ("timestamp", "null"),
        ("timestamp", "-62135596800000"), ("timestamp", #""soon""#),
    ])
    func `A row of another contract, or without a time, is none`(key: String, value: String) async throws {
        #expect(try await quote([key: value]) == nil)
        #expect(try await quote([key: nil]) == nil)
    }

    @Test(arguments: [
        ("strike", "437.5000"), ("strike", "437.49999999999994"), ("strike", #""437.5""#),
        ("instrument", #""MSTR-03JAN25-438-C""#), ("instrument", "null"),
        ("expirationTimestamp", "1735862400000"), ("expirationTimestamp", #""1735862400000""#),
        ("expirationTimestamp", #""2025-01-03 00:00:00 000""#), ("expirationTimestamp", #""2025-01-03T21:00:00Z""#),
        ("timestamp", "1734706800000"), ("timestamp", #""1734706800000""#),
        ("timestamp", #""2024-12-20 15:00:00 000""#),
    ])
    func `The contract is told by currency, expiry, strike and type in any form, never by the instrument`(
        key: String, value: String
    ) async throws {
        #expect(try await quote([key: value])?.timestamp == Wire.start)
    }

    @Test func `A quote's own time may lie minutes after its bucket, or be no date`() async throws {
        #expect(
            try await quote(["exchangeTimestamp": #""2024-12-20 15:03:12 007""#])?.time
                == Wire.instant("2024-12-20T15:03:12.007Z"))
        for none in ["-62135596800000", "null", nil, #""0001-01-01T00:00:00.000Z""#] {
            let quote = try #require(try await quote(["exchangeTimestamp": none]))
            #expect(quote.exchangeTimestamp == nil && quote.time == Wire.start)
        }
    }

    @Test func `Other strikes, expiries and puts of an answer are left out`() async throws {
        let rows = [
            Wire.row(["strike": "430"]), Wire.row(), Wire.row(["putCall": #""P""#]),
            Wire.row(["expirationTimestamp": #""2025-01-10T00:00:00.000Z""#]), Wire.row(["bid": "1"]),
        ]
        #expect(try await ScriptedVendor(Wire.page(rows)).quotes().map(\.bid) == ["12.25", "1"].map(Wire.decimal))
    }
}
