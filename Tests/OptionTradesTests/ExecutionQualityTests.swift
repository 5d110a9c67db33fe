import LedgerEvents
import LedgerRules
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// Fills held against usable quotes (docs/contract/execution-quality.md, "Columns"), by hand.
@Suite struct ExecutionQualityTests {
    let fixture: ExecutionQualityFixture

    init() throws { fixture = try ExecutionQualityFixture() }

    @Test func `a buy above the mid`() throws {
        let quality = try fixture.quoted()
        #expect(quality.benchmark.quality == .quoted)
        #expect(quality.benchmark.liquidity == .available)
        #expect(quality.benchmark.bid == (try .of("12.2")))
        #expect(quality.benchmark.ask == (try .of("12.6")))
        #expect(quality.benchmarkMid == (try .of("12.4")))
        #expect(quality.benchmark.bidSize == FixedDecimal(7))
        #expect(quality.benchmark.askSize == FixedDecimal(9))
        #expect(quality.benchmark.volume24h == FixedDecimal(1200))
        #expect(quality.benchmark.openInterest == FixedDecimal(5400))
        #expect(quality.benchmarkMark == (try .of("12.45")))
        #expect(quality.benchmark.iv == (try .of("61.5")))
        #expect(quality.benchmark.source == "imported_option_quote")
        #expect(quality.benchmark.timestamp == (try instant("2026-01-10T14:29:00Z")))
        #expect(quality.benchmark.timeDeltaMinutes == FixedDecimal(1))
        #expect(quality.fillPrice == (try .of("12.5")))
        #expect(quality.fillVsMid == (try .of("0.1")))
        #expect(quality.fillVsMidUSD == FixedDecimal(100))
        // 0.1 ÷ 12.4 × 10000 = 80.64516129032…
        #expect(quality.fillVsMidBps == (try .of("80.6451612903")))
        // (12.6 − 12.5) ÷ 0.4
        #expect(quality.spreadCapture == (try .of("0.25")))
        #expect(quality.fillVsSurfaceMark == (try .of("0.05")))
        #expect(quality.benchmarkFlags.isEmpty)
        #expect(quality.missingFields.isEmpty)
        #expect(quality.lookupError == nil)
    }

    @Test func `a sale above the mid is better than it`() throws {
        let quality = try fixture.quoted(row: { $0.direction = .sell })
        #expect(quality.fillVsMid == (try .of("-0.1")))
        #expect(quality.fillVsMidUSD == FixedDecimal(-100))
        #expect(quality.fillVsMidBps == (try .of("-80.6451612903")))
        // (12.5 − 12.2) ÷ 0.4
        #expect(quality.spreadCapture == (try .of("0.75")))
        #expect(quality.fillVsSurfaceMark == (try .of("-0.05")))
    }

    @Test(
        "Spread capture is not clamped",
        arguments: [
            (.buy, "12.6", "0"), (.buy, "12.2", "1"), (.buy, "12.8", "-0.5"), (.buy, "12", "1.5"), (.sell, "12.2", "0"),
            (.sell, "12.6", "1"), (.sell, "12", "-0.5"), (.sell, "12.8", "1.5"), (.buy, "0", "31.5"),
        ] as [(Direction, String, String)])
    func spreadCapture(_ direction: Direction, _ price: String, _ expected: String) throws {
        let quality = try fixture.quoted(row: { row in
            row.direction = direction
            row.price = try .of(price)
        })
        #expect(quality.spreadCapture == (try .of(expected)))
    }

    @Test func `a fill at the mid is 0, which is no missing figure`() throws {
        let quality = try fixture.quoted(row: { $0.price = try .of("12.4") })
        #expect(quality.fillVsMid == .zero)
        #expect(quality.fillVsMidUSD == .zero)
        #expect(quality.fillVsMidBps == .zero)
        #expect(quality.spreadCapture == (try .of("0.5")))
    }

    @Test func `figures come from the exact mid and are rounded once, half to even`() throws {
        // mid 0.00000000025 is shown as 0.0000000002, and fill − mid, 0.00000000005, as 0: not as 0.0000000001.
        let quality = try fixture.quoted(row: { $0.price = try .of("0.0000000003") }) { quote in
            quote.bid = try .of("0.0000000001")
            quote.ask = try .of("0.0000000004")
            quote.mark = nil
        }
        #expect(quality.benchmarkMid == (try .of("0.0000000002")))
        #expect(quality.fillVsMid == .zero)
        // 0.00000000005 × 10 × 100
        #expect(quality.fillVsMidUSD == (try .of("0.00000005")))
        // 0.00000000005 ÷ 0.00000000025 × 10000
        #expect(quality.fillVsMidBps == FixedDecimal(2000))
        #expect(quality.spreadCapture == (try .of("0.3333333333")))
        #expect(quality.benchmarkMark == (try .of("0.0000000002")))
        #expect(quality.fillVsSurfaceMark == .zero)
    }

    @Test func `without a mark of its own the quote's mid is its mark, and a mark of 0 is a mark`() throws {
        let without = try fixture.quoted { $0.mark = nil }
        #expect(without.benchmarkMark == (try .of("12.4")))
        #expect(without.fillVsSurfaceMark == (try .of("0.1")))
        let zero = try fixture.quoted { $0.mark = .zero }
        #expect(zero.benchmarkMark == .zero)
        #expect(zero.fillVsSurfaceMark == (try .of("12.5")))
    }

    @Test func `a locked quote is quoted, without a spread to capture`() throws {
        let quality = try fixture.quoted { $0.ask = $0.bid }
        #expect(quality.benchmark.quality == .quoted)
        #expect(quality.benchmarkMid == (try .of("12.2")))
        #expect(quality.fillVsMid == (try .of("0.3")))
        #expect(quality.fillVsMidUSD == FixedDecimal(300))
        #expect(quality.spreadCapture == nil)
        #expect(quality.missingFields.isEmpty)
    }

    @Test(
        "Fresh is up to 5 minutes either way, to the microsecond", arguments: [-300_000_000, 0, 300_000_000] as [Int64])
    func freshness(_ edge: Int64) throws {
        let trade = try instant("2026-01-10T14:30:00Z")
        let at = try #require(trade.advanced(byMicroseconds: edge))
        #expect(try fixture.quoted { $0.timestamp = at }.benchmark.quality == .quoted)
        let beyond = try #require(at.advanced(byMicroseconds: edge.signum()))
        let quality = try fixture.quoted { $0.timestamp = beyond }
        #expect(quality.benchmark.quality == (edge == 0 ? .quoted : .stale))
        // 5 minutes and 1 µs are 5.00000001666… minutes
        #expect(quality.benchmark.timeDeltaMinutes == (edge == 0 ? .zero : FixedDecimal(5)))
        #expect(quality.benchmarkFlags == (edge > 0 ? ["post_trade_quote"] : []))
    }

    @Test func `a quote's time is the exchange's, else that of its bucket; minutes have 4 places`() throws {
        let quality = try fixture.quoted { quote in
            quote.timestamp = try instant("2026-01-10T14:00:00Z")
            quote.exchangeTimestamp = try instant("2026-01-10T14:30:20Z")
        }
        #expect(quality.benchmark.quality == .quoted)
        #expect(quality.benchmark.timestamp == (try instant("2026-01-10T14:30:20Z")))
        #expect(quality.benchmark.timeDeltaMinutes == (try .of("0.3333")))
        #expect(quality.benchmarkFlags == ["post_trade_quote"])
    }

    @Test func `a quote of the trade's own microsecond is not later than it`() throws {
        let quality = try fixture.quoted { $0.timestamp = try instant("2026-01-10T14:30:00Z") }
        #expect(quality.benchmarkFlags.isEmpty)
        #expect(quality.benchmark.timeDeltaMinutes == .zero)
    }

    @Test(arguments: 0..<16)
    func `liquidity is available with all four figures, partial with some, unavailable with none`(_ present: Int) throws {
        let quality = try fixture.quoted { quote in
            if present & 1 == 0 { quote.bidSize = nil }
            if present & 2 == 0 { quote.askSize = nil }
            if present & 4 == 0 { quote.volume24h = nil }
            if present & 8 == 0 { quote.openInterest = nil }
        }
        #expect(quality.benchmark.quality == .quoted)
        #expect(quality.benchmark.liquidity == (present == 15 ? .available : present == 0 ? .unavailable : .partial))
        var missing: [String] = []
        if present & 2 == 0 { missing.append("missing:benchmark_ask_size") }
        if present & 1 == 0 { missing.append("missing:benchmark_bid_size") }
        if present & 8 == 0 { missing.append("missing:contract_open_interest") }
        if present & 4 == 0 { missing.append("missing:contract_volume_24h") }
        #expect(quality.missingFields == missing)
        #expect(quality.fillVsMid == (try .of("0.1")))
    }

    @Test func `sizes of 0 are known`() throws {
        let quality = try fixture.quoted { quote in
            quote.bidSize = .zero
            quote.askSize = .zero
            quote.volume24h = .zero
            quote.openInterest = .zero
        }
        #expect(quality.benchmark.liquidity == .available)
        #expect(quality.missingFields.isEmpty)
    }

    @Test func `a quoted row without IV, quantity or multiplier says so`() throws {
        let quality = try fixture.quoted(row: { row in
            row.quantity = nil
            row.contractMultiplier = nil
        }) { $0.markIV = nil }
        #expect(quality.fillVsMid == (try .of("0.1")))
        #expect(quality.fillVsMidUSD == nil)
        #expect(quality.fillVsMidBps == (try .of("80.6451612903")))
        #expect(
            quality.missingFields == ["missing:benchmark_iv", "missing:contract_multiplier", "missing:quantity"])
    }

    @Test func `a quoted model mark changes nothing`() throws {
        let quality = try fixture.quoted(model: ModelMark(mark: FixedDecimal(99), iv: FixedDecimal(5))) {
            $0.mark = nil
        }
        #expect(quality.benchmark.quality == .quoted)
        #expect(quality.benchmarkMark == (try .of("12.4")))
        #expect(quality.benchmark.iv == (try .of("61.5")))
        #expect(quality.benchmark.source == "imported_option_quote")
    }

    // MARK: What a fill lacks

    @Test func `without a direction the quote stands and nothing is compared`() throws {
        let quality = try fixture.quoted(row: { $0.direction = nil })
        #expect(quality.benchmarkMid == (try .of("12.4")))
        try expectNotCompared(quality, ["missing:direction"])
    }

    @Test func `without a price likewise`() throws {
        let quality = try fixture.quoted(row: { $0.price = nil })
        #expect(quality.fillPrice == nil)
        try expectNotCompared(quality, ["missing:fill_price"])
    }

    @Test(arguments: ["EUR", "usd", "USDC", nil])
    func `a price in another currency, or in none, is not compared`(_ currency: String?) throws {
        let quality = try fixture.quoted(row: { $0.priceCurrency = currency })
        #expect(quality.fillPrice == (try .of("12.5")))
        try expectNotCompared(quality, [currency == nil ? "missing:price_currency" : "non_usd_price"])
    }

    private func expectNotCompared(_ quality: ExecutionQuality, _ missing: [String]) throws {
        #expect(quality.benchmark.quality == .quoted)
        #expect(quality.benchmark.bid == (try .of("12.2")))
        #expect(quality.benchmarkMark == (try .of("12.45")))
        #expect(quality.fillVsMid == nil)
        #expect(quality.fillVsMidUSD == nil)
        #expect(quality.fillVsMidBps == nil)
        #expect(quality.spreadCapture == nil)
        #expect(quality.fillVsSurfaceMark == nil)
        #expect(quality.missingFields == missing)
    }
}
