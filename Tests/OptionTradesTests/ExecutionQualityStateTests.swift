import LedgerEvents
import LedgerRules
import LedgerValues
import OptionTrades
import TestSupport
import Testing

struct UnusableQuote: Sendable, CustomTestStringConvertible {
    let bid: String?
    let ask: String?
    let missing: [String]
    var testDescription: String { "\(bid ?? "-") × \(ask ?? "-")" }
}

let unusableQuotes = [
    UnusableQuote(bid: "12.6", ask: "12.2", missing: ["crossed_quote"]),
    UnusableQuote(bid: "12.2", ask: "12.1999999999", missing: ["crossed_quote"]),
    UnusableQuote(bid: nil, ask: "12.6", missing: ["missing:benchmark_bid"]),
    UnusableQuote(bid: "0", ask: "12.6", missing: ["missing:benchmark_bid"]),
    UnusableQuote(bid: "-1", ask: "12.6", missing: ["missing:benchmark_bid"]),
    UnusableQuote(bid: "0", ask: "0", missing: ["missing:benchmark_bid"]),
    UnusableQuote(bid: "12.2", ask: nil, missing: ["missing:benchmark_ask"]),
    UnusableQuote(bid: nil, ask: nil, missing: ["missing:benchmark_ask", "missing:benchmark_bid"]),
    UnusableQuote(bid: "0", ask: "-1", missing: ["crossed_quote", "missing:benchmark_bid"]),
]

/// What a benchmark that is not quoted leaves (docs/contract/execution-quality.md, "Benchmark quality"), by hand.
@Suite struct ExecutionQualityStateTests {
    let fixture: ExecutionQualityFixture

    init() throws { fixture = try ExecutionQualityFixture() }

    @Test(arguments: unusableQuotes)
    func `a fresh quote that is crossed, one-sided or without a bid is unavailable`(_ given: UnusableQuote) throws {
        let quality = try fixture.quoted { quote in
            quote.bid = try given.bid.map { try .of($0) }
            quote.ask = try given.ask.map { try .of($0) }
        }
        #expect(quality.benchmark.quality == .unavailable)
        #expect(quality.benchmark.liquidity == .unavailable)
        fixture.expectNoFigures(quality)
        #expect(quality.benchmark.source == "imported_option_quote")
        #expect(quality.benchmark.timeDeltaMinutes == FixedDecimal(1))
        #expect(quality.missingFields == given.missing)
    }

    @Test(arguments: unusableQuotes)
    func `a model's mark makes the same an estimate and never fills bid, ask or mid`(_ given: UnusableQuote) throws {
        let quality = try fixture.quoted(model: ModelMark(mark: FixedDecimal(12), iv: FixedDecimal(60))) { quote in
            quote.bid = try given.bid.map { try .of($0) }
            quote.ask = try given.ask.map { try .of($0) }
        }
        #expect(quality.benchmark.quality == .estimated)
        #expect(quality.benchmark.liquidity == .unavailable)
        fixture.expectNoQuoteFigures(quality)
        #expect(quality.benchmarkMark == FixedDecimal(12))
        #expect(quality.benchmark.iv == FixedDecimal(60))
        #expect(quality.fillVsSurfaceMark == (try .of("0.5")))
        #expect(quality.benchmark.source == "surface_model")
        #expect(quality.missingFields == given.missing)
    }

    @Test func `a model alone is an estimate; a sale's sign is the other one`() throws {
        let quality = try fixture.quality(row: { $0.direction = .sell }) {
            $0.model = ModelMark(mark: FixedDecimal(12))
        }
        #expect(quality.benchmark.quality == .estimated)
        #expect(quality.benchmark.liquidity == .unavailable)
        fixture.expectNoQuoteFigures(quality)
        #expect(quality.benchmarkMark == FixedDecimal(12))
        #expect(quality.benchmark.iv == nil)
        #expect(quality.fillVsSurfaceMark == (try .of("-0.5")))
        #expect(quality.benchmark.source == "surface_model")
        #expect(quality.benchmark.timestamp == nil)
        #expect(quality.benchmark.timeDeltaMinutes == nil)
        #expect(quality.missingFields == ["missing:benchmark_quote"])
    }

    @Test func `a model's mark is not compared with a fill in another currency either`() throws {
        let quality = try fixture.quality(row: { $0.priceCurrency = "EUR" }) {
            $0.model = ModelMark(mark: FixedDecimal(12))
        }
        #expect(quality.benchmarkMark == FixedDecimal(12))
        #expect(quality.fillVsSurfaceMark == nil)
        #expect(quality.missingFields == ["missing:benchmark_quote", "non_usd_price"])
    }

    @Test(arguments: [true, false])
    func `a stale quote goes before a model's mark and shows its time`(_ withModel: Bool) throws {
        let model = withModel ? ModelMark(mark: FixedDecimal(12), iv: FixedDecimal(60)) : nil
        let quality = try fixture.quoted(model: model) { $0.timestamp = try instant("2026-01-10T14:41:30Z") }
        #expect(quality.benchmark.quality == .stale)
        #expect(quality.benchmark.liquidity == .stale)
        fixture.expectNoFigures(quality)
        #expect(quality.benchmark.source == "imported_option_quote")
        #expect(quality.benchmark.timeDeltaMinutes == (try .of("11.5")))
        #expect(quality.benchmarkFlags == ["post_trade_quote"])
        #expect(quality.missingFields == ["stale_quote"])
    }

    @Test func `a stale quote that is crossed or one-sided says both`() throws {
        let crossed = try fixture.quoted { quote in
            quote.timestamp = try instant("2026-01-10T14:10:00Z")
            quote.ask = FixedDecimal(1)
        }
        #expect(crossed.benchmark.quality == .stale)
        #expect(crossed.missingFields == ["crossed_quote", "stale_quote"])
        #expect(crossed.benchmarkFlags.isEmpty)
        let oneSided = try fixture.quoted { quote in
            quote.timestamp = try instant("2026-01-10T14:10:00Z")
            quote.bid = nil
        }
        #expect(oneSided.missingFields == ["missing:benchmark_bid", "stale_quote"])
    }

    // MARK: No quote

    @Test func `without a benchmark nothing was sourced`() throws {
        let quality = ExecutionQuality(of: try sampleRow("T-1"), benchmark: nil, rules: fixture.rules)
        #expect(quality.benchmark.quality == .unavailable)
        #expect(quality.benchmark.liquidity == .notSourced)
        fixture.expectNoFigures(quality)
        #expect(quality.fillPrice == (try .of("12.5")))
        #expect(quality.benchmark.source == nil)
        #expect(quality.benchmarkFlags.isEmpty)
        #expect(quality.missingFields == ["missing:benchmark_quote"])
    }

    @Test func `everything that is missing is named once, in bytewise order`() throws {
        var row = try sampleRow("T-1")
        row.price = nil
        row.direction = nil
        row.priceCurrency = nil
        row.quantity = nil
        row.contractMultiplier = nil
        let quality = ExecutionQuality(of: row, benchmark: nil, rules: fixture.rules)
        #expect(
            quality.missingFields == [
                "missing:benchmark_quote", "missing:direction", "missing:fill_price", "missing:price_currency",
            ])
    }

    @Test(
        "A look-up that found nothing is unavailable",
        arguments: [nil, "incomplete_contract", "adjusted_root", "timeout"])
    func nothingFound(_ error: String?) throws {
        let quality = try fixture.quality { $0.error = error }
        #expect(quality.benchmark.quality == .unavailable)
        #expect(quality.benchmark.liquidity == .unavailable)
        fixture.expectNoFigures(quality)
        #expect(quality.lookupError == error)
        #expect(quality.benchmark.source == nil)
        #expect(quality.missingFields == ["missing:benchmark_quote"])
    }

    @Test(arguments: [true, false])
    func `a refused look-up is not entitled, with a model's mark or without`(_ withModel: Bool) throws {
        let quality = try fixture.quality { benchmark in
            benchmark.notEntitled = true
            benchmark.error = "not_entitled: 403"
            if withModel { benchmark.model = ModelMark(mark: FixedDecimal(12)) }
        }
        #expect(quality.benchmark.quality == (withModel ? .estimated : .unavailable))
        #expect(quality.benchmark.liquidity == .notEntitled)
        #expect(quality.lookupError == "not_entitled: 403")
        fixture.expectNoQuoteFigures(quality)
    }

    @Test(arguments: 0..<6)
    func `a benchmark of another basis counts as absent but for its flag`(_ field: Int) throws {
        let quote = try fixture.fullQuote()
        let quality = try fixture.quality { benchmark in
            benchmark.quote = quote
            benchmark.quoteSource = "imported_option_quote"
            benchmark.error = "none"
            benchmark.notEntitled = true
            switch field {
            case 0: benchmark.basis.tradeDate = try instant("2026-01-10T14:30:00Z", plusSeconds: -1)
            case 1: benchmark.basis.underlyingSymbol = nil
            case 2: benchmark.basis.contractKey = "MSTR260130C00355000"
            case 3: benchmark.basis.optionType = .put
            case 4: benchmark.basis.strike = FixedDecimal(355)
            default: benchmark.basis.expiry = nil
            }
        }
        #expect(quality.benchmark.quality == .unavailable)
        #expect(quality.benchmark.liquidity == .notSourced)
        fixture.expectNoFigures(quality)
        #expect(quality.benchmark.timestamp == nil)
        #expect(quality.benchmark.source == nil)
        #expect(quality.lookupError == nil)
        #expect(quality.benchmarkFlags == ["stale_basis"])
        #expect(quality.missingFields == ["missing:benchmark_quote"])
    }

    @Test func `a quote of an adjusted contract, where one was asked for, counts like any other`() throws {
        let quote = try fixture.fullQuote()
        let quality = try fixture.quality(row: { $0.optionSymbol = "MSTR1260130C00350000" }) { benchmark in
            benchmark.quote = quote
            benchmark.quoteSource = "amberdata_tradfi_level1_adjusted_root"
        }
        #expect(quality.benchmark.quality == .quoted)
        #expect(quality.benchmark.source == "amberdata_tradfi_level1_adjusted_root")
        #expect(quality.fillVsMid == (try .of("0.1")))
    }
}
