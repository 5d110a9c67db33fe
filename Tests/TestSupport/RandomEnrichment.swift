import LedgerEvents
package import LedgerValues
package import OptionTrades

/// Rows, benchmarks and stamps in which any field may be missing. The same seed gives the same values.
package struct RandomEnrichment: Sendable {
    package var random: SeededGenerator

    package init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    package mutating func chance(_ one: Int, in all: Int) -> Bool { Int.random(in: 0..<all, using: &random) < one }

    package mutating func pick<Value>(_ values: [Value]) -> Value { values[Int.random(in: 0..<values.count, using: &random)] }

    /// Nil in one of six cases.
    package mutating func maybe<Value>(_ value: Value?) -> Value? { chance(1, in: 6) ? nil : value }

    /// A decimal in steps of the given number of units of 10⁻¹⁰.
    package mutating func decimal(_ range: ClosedRange<Int>, units: Int128) -> FixedDecimal {
        FixedDecimal(units: Int128(Int.random(in: range, using: &random)) * units)
    }

    /// A price in cents, or sometimes in the smallest possible steps.
    package mutating func price(_ range: ClosedRange<Int>) -> FixedDecimal {
        let price = decimal(range, units: 100_000_000)
        return chance(1, in: 8) ? price + decimal(0...9, units: 1) : price
    }

    /// An execution in which any field may be missing.
    package mutating func row(_ id: String) throws -> ExecutionRow {
        var row = try sampleRow(id)
        row.tradeDate =
            row.tradeDate.advanced(
                byMicroseconds: Int64.random(in: 0..<100 * 86_400_000_000, using: &random)) ?? row.tradeDate
        row.sourcePortfolio = maybe(pick(["IMST", "ICOI", "Ärger"]))
        row.underlyingSymbol = maybe(pick(["MSTR", "COIN", "BTC", "TSLA"]))
        row.optionSymbol = maybe(row.optionSymbol)
        row.instrument = maybe("MSTR-30JAN26-350-C")
        row.direction = maybe(pick([.buy, .sell]))
        row.optionType = maybe(pick([.call, .put]))
        row.strike = maybe(price(1...90_000))
        row.expiry = maybe(row.expiry)
        row.quantity = maybe(FixedDecimal(Int.random(in: 1...40, using: &random)))
        row.price = maybe(chance(1, in: 10) ? .zero : price(1...3000))
        row.priceCurrency = maybe(pick(["USD", "USD", "USD", "USD", "EUR"]))
        row.contractMultiplier = maybe(pick([FixedDecimal(100), FixedDecimal(1)]))
        row.tradeStatus = pick([.filled, .filled, .filled, .partiallyFilled, .busted])
        return row
    }

    private mutating func basis(of row: ExecutionRow) -> Basis {
        var basis = Basis(of: row)
        if chance(1, in: 8) { basis.strike = FixedDecimal(777_777) }
        return basis
    }

    /// The result of a look-up for a trade: a quote near it, or the reason for its absence.
    package mutating func benchmark(_ row: ExecutionRow) throws -> ExecutionBenchmarkPayload {
        var benchmark = ExecutionBenchmarkPayload(
            source: row.source, sourceTradeID: row.sourceTradeID, basis: basis(of: row), lookedUpAt: row.tradeDate)
        if chance(4, in: 5) {
            let minute: Int64 = 60_000_000
            let offset = pick([
                0, 1, -minute, minute, 5 * minute, -5 * minute, 5 * minute + 1, -5 * minute - 1, 25 * minute,
            ])
            let time = row.tradeDate.advanced(byMicroseconds: offset) ?? row.tradeDate
            let isBucketed = chance(1, in: 2)
            var quote = OptionQuote(timestamp: isBucketed ? time.flooredToMinute : time)
            if isBucketed { quote.exchangeTimestamp = time }
            let bid = pick([price(1...3000), .zero, row.price ?? FixedDecimal(3)])
            quote.bid = maybe(bid)
            quote.ask = maybe(pick([bid, bid + price(1...80), bid + price(1...80), bid - price(1...5)]))
            quote.bidSize = maybe(decimal(0...30, units: FixedDecimal.unitsPerOne))
            quote.askSize = maybe(decimal(0...30, units: FixedDecimal.unitsPerOne))
            quote.mark = maybe(chance(1, in: 9) ? .zero : price(0...3000))
            quote.markIV = maybe(price(1000...9000))
            quote.volume24h = maybe(decimal(0...900, units: FixedDecimal.unitsPerOne))
            quote.openInterest = maybe(decimal(0...9000, units: FixedDecimal.unitsPerOne))
            benchmark.quote = quote
            benchmark.quoteSource = pick(["imported_option_quote", "amberdata_tradfi_level1"])
        } else {
            benchmark.error = maybe(pick(["incomplete_contract", "adjusted_root", "not_entitled: 403"]))
            benchmark.notEntitled = benchmark.error?.hasPrefix("not_entitled") ?? false
        }
        if chance(1, in: 3) { benchmark.model = ModelMark(mark: price(0...3000), iv: maybe(price(1000...9000))) }
        return benchmark
    }

    /// The market around a trade, based on the current row or on another.
    package mutating func stamp(_ row: ExecutionRow) -> ContextStampedPayload {
        let mapping = pick(
            [
                ("BTC", "proxy_mapped"), ("BTC", "available"), ("ETH", "available"), (nil, "unmapped"),
            ] as [(String?, String)])
        let quality = mapping.0 == nil ? "unmapped" : pick([mapping.1, "stale", "unavailable", mapping.1])
        var stamp = ContextStampedPayload(
            source: row.source, sourceTradeID: row.sourceTradeID,
            contextKey: mapping.0 ?? "unmapped:\(row.underlyingSymbol ?? "")", basis: basis(of: row), rules: [],
            quoteUnderlying: row.underlyingSymbol, marketProxy: mapping.0, mappingMethod: "m",
            mappingConfidence: FixedDecimal(1), mappingQuality: mapping.1, smileState: "not_sourced",
            contextQuality: quality, inputs: [EventInput(field: "dvol", position: 1)], observedThroughPosition: 1)
        if chance(1, in: 2) {
            // Values around the corners of the ramps, with ties.
            stamp.dvolPercentile = pick([20, 50, 80].map { FixedDecimal($0) }) + decimal(-9...9, units: 250_000)
            stamp.vrp = pick([FixedDecimal(-5), FixedDecimal(10), FixedDecimal(2)]) + decimal(-9...9, units: 250_000)
        } else {
            stamp.dvolPercentile = decimal(0...10_000, units: 100_000_000)
            stamp.vrp = decimal(-1500...2500, units: 100_000_000)
        }
        stamp.dvolPercentile = maybe(maybe(stamp.dvolPercentile))
        stamp.vrp = maybe(maybe(stamp.vrp))
        stamp.gammaRegime = maybe(maybe(pick(["long_gamma", "neutral", "short_gamma"])))
        stamp.termStructureState = maybe(maybe(pick(["near_term_risk", "contango", "flat"])))
        stamp.stationarityStatus = maybe(pick(["stable", "unstable", "insufficient"]))
        stamp.smileRichCheap = maybe(pick([nil, nil, "cheap", "rich", "fair"]))
        return stamp
    }

    /// A quote at or around a horizon's target, or the reason for its absence.
    package mutating func mark(_ row: ExecutionRow, horizonDays days: Int, target: Instant) -> ForwardMarkPayload {
        let minute: Int64 = 60_000_000
        var quote: OptionQuote?
        if chance(4, in: 5) {
            let offset = pick([0, 0, minute, -minute, 30 * minute, -30 * minute - 1, 600 * minute])
            var found = OptionQuote(timestamp: target.advanced(byMicroseconds: offset) ?? target)
            found.mark = maybe(price(0...3000))
            found.bid = maybe(price(0...3000))
            found.ask = maybe(price(0...3000))
            found.markIV = maybe(price(1000...9000))
            found.underlyingPrice = maybe(price(100...90_000))
            quote = found
        }
        var basis = Basis(of: row, target: target)
        if chance(1, in: 8) { basis.strike = FixedDecimal(777_777) }
        return ForwardMarkPayload(
            source: row.source, sourceTradeID: row.sourceTradeID, horizonKey: "\(days)d", horizonDays: days,
            basis: basis, quote: quote, quoteSource: quote == nil ? nil : "imported_option_quote", windowFrom: nil,
            windowTo: nil, error: quote == nil ? "no_quote" : nil, notEntitled: false,
            spot: maybe(HorizonSpot(price: price(1...90_000), kind: "spot", timestamp: target)),
            realizedVol: maybe(price(1...9000)), lookedUpAt: .minimum, inputs: [])
    }
}
