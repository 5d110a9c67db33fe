import LedgerEvents
import LedgerRules
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// A log in which any field may be missing: corrected, busted and vanished trades, stamps by the stamper and stamps of
/// unknown rules, benchmarks and marks of any quality, runs that failed. The same for the same seed.
struct RandomLedger {
    var random: SeededGenerator
    var log = ExplainedLog()
    private let outcomes: OutcomesRules
    private let stamper: ContextStamper

    private var markets: [ByteKey: MarketSeries] = [:]

    /// - Parameters:
    ///   - observes: whether the market is observed, so that stamps have figures.
    ///   - asserts: whether operators state what was held.
    init(seed: UInt64, trades: Int, observes: Bool = true, asserts: Bool = false) throws {
        random = SeededGenerator(seed: seed)
        outcomes = try OutcomesRules(version: 1, read: projectRuleFile)
        stamper = ContextStamper(rules: try ContextRules(version: 1, read: projectRuleFile))
        if observes { try observations() }
        var rows: [ExecutionRow] = []
        for number in 0..<trades {
            let row = try row("T-\(number)")
            rows.append(row)
            if asserts { try assert("A-\(number)", row) }
            try life(of: row)
            if asserts { try assert("B-\(number)", row) }
            if chance(1, in: 4) { try run() }
        }
        try run()
    }

    // MARK: - Chance

    mutating func chance(_ one: Int, in all: Int) -> Bool { Int.random(in: 0..<all, using: &random) < one }

    mutating func pick<Value>(_ values: [Value]) -> Value { values[Int.random(in: 0..<values.count, using: &random)] }

    mutating func maybe<Value>(_ value: Value?) -> Value? { chance(1, in: 14) ? nil : value }

    mutating func amount(_ range: ClosedRange<Int>, units: Int128 = 100_000_000) -> FixedDecimal {
        FixedDecimal(units: Int128(Int.random(in: range, using: &random)) * units)
    }

    /// Cents, sometimes with the smallest digits that there are.
    mutating func price(_ range: ClosedRange<Int>) -> FixedDecimal {
        amount(range) + (chance(1, in: 6) ? amount(1...99, units: 1) : .zero)
    }

    // MARK: - A market

    private static let start = Instant("2026-01-10T14:30:00Z") ?? .minimum
    private static let hour: Int64 = 3_600_000_000

    /// Days of one market, thinned out by chance: enough for percentiles in some logs, too few in others.
    private mutating func observations() throws {
        let days = pick([20, 70, 140])
        for market in ["BTC", "ETH"] {
            for day in 0..<days {
                let time = try #require(Self.start.advanced(byMicroseconds: Int64(day - days + 2) * 24 * Self.hour))
                guard !chance(1, in: 9) else { continue }
                try log.observe(
                    .volMetrics,
                    [
                        ("currency", .text(market)), ("timestamp", .instant(time)), ("dvol", decimal(4000...7000)),
                        ("vrp", chance(1, in: 3) ? decimal(-900...1500) : .null), ("iv_atm_7d", decimal(4000...7000)),
                        ("iv_atm_30d", decimal(4500...6000)), ("rv_30d", decimal(3000...7000)),
                        ("spot", decimal(9_000_000...9_900_000)),
                    ])
                for step in 0..<pick([1, 4, 6]) {
                    let at = try #require(time.advanced(byMicroseconds: Int64(step) * 4 * Self.hour + Int64(day)))
                    let own = chance(1, in: 3)
                    try log.observe(
                        .gexHourly,
                        [
                            ("currency", .text(market)), ("timestamp", .instant(at)),
                            ("net_gex", decimal(-90_000...90_000)), ("abs_gex", decimal(0...99_000)),
                            ("gex_imbalance", own ? .decimal(amount(-99...99)) : .null),
                            ("spot", decimal(9_000_000...9_900_000)),
                        ])
                }
            }
        }
        markets = MarketSeries.build(
            from: log.events.lazy.compactMap { event in
                guard let payload = event.payload(as: MarketObservedPayload.self) else { return nil }
                return (position: event.record.position, payload: payload)
            })
    }

    private mutating func decimal(_ range: ClosedRange<Int>) -> MarketValue {
        maybe(amount(range)).map { .decimal($0) } ?? .null
    }

    // MARK: - Trades

    private mutating func row(_ id: String) throws -> ExecutionRow {
        var row = try sampleRow(id)
        row.tradeDate = try #require(
            Self.start.advanced(byMicroseconds: Int64.random(in: -20..<60, using: &random) * Self.hour))
        row.sourceCreatedAt = chance(1, in: 2) ? row.tradeDate : nil
        row.sourcePortfolio = maybe(chance(1, in: 6) ? "Ärger" : "IMST")
        row.underlyingSymbol = maybe(pick(["MSTR", "MSTR", "MSTR", "BTC", "ETH", "TSLA"]))
        if chance(1, in: 4) { row.optionSymbol = maybe(pick(["MSTR1260130C00350000", "NDXP260130C00350000"])) }
        row.instrument = maybe("MSTR-30JAN26-350-C")
        row.direction = maybe(pick([.buy, .sell]))
        row.optionType = maybe(.call)
        row.strike = maybe(FixedDecimal(chance(1, in: 5) ? 360 : 350))
        if chance(1, in: 4) { row.expiry = maybe(pick([CalendarDate("2026-11-27"), CalendarDate("2026-01-16")])) }
        row.quantity = maybe(FixedDecimal(Int.random(in: 0...9, using: &random)))
        row.price = maybe(chance(1, in: 9) ? .zero : price(1...3000))
        row.priceCurrency = maybe(pick(["USD", "USD", "USD", "USD", "USD", "EUR"]))
        row.quantityUnit = maybe(pick(["CONTRACTS", "CONTRACTS", "CONTRACTS", "SHARES"]))
        row.contractMultiplier = maybe(pick([100, 100, 100, 10].map { FixedDecimal($0) }))
        row.premiumUSD = chance(1, in: 3) ? price(0...900_000) : nil
        row.feesUSD = maybe(amount(-100...900))
        row.spotAtTrade = chance(1, in: 2) ? amount(20_000...50_000) : nil
        row.isSynthetic = maybe(chance(1, in: 9))
        row.notes = maybe("a \"note\"\n\u{e9}")
        row.tradeStatus = pick([.filled, .filled, .filled, .filled, .partiallyFilled, .pending, .busted])
        return row
    }

    private mutating func life(of first: ExecutionRow) throws {
        var row = first
        try log.append(row)
        if chance(1, in: 2) { try stamp(row) }
        if chance(1, in: 2) { try benchmark(row) }
        if chance(1, in: 4) {
            row.price = maybe(price(1...3000))
            row.feesUSD = maybe(amount(1...900))
            if chance(1, in: 5) { row.strike = FixedDecimal(360) }
            try log.append(row)
        }
        for _ in 0..<Int.random(in: 0...2, using: &random) { try stamp(row) }
        if chance(2, in: 3) { try benchmark(row) }
        for horizon in [Horizon(days: 1), Horizon(days: 7), Horizon(days: 14), .expiry] where chance(3, in: 4) {
            try mark(row, horizon)
        }
        let stream = Streams.execution(source: row.source, id: row.sourceTradeID)
        func presence(isMissing: Bool) -> NewEvent {
            PresencePayload(source: row.source, sourceTradeID: row.sourceTradeID, scopeKey: "s", isMissing: isMissing)
                .event(previousVersion: log.version(stream))
        }
        if chance(1, in: 5) {
            try log.append(presence(isMissing: true))
            if chance(1, in: 2) { try log.append(presence(isMissing: false)) }
        }
    }

    private mutating func basis(_ row: ExecutionRow, target: Instant? = nil) -> Basis {
        var basis = Basis(of: row, target: target)
        if chance(1, in: 10) { basis.strike = FixedDecimal(777) }
        return basis
    }

    /// By the stamper from what the log holds by now, or a stamp of rules that nobody has.
    private mutating func stamp(_ row: ExecutionRow) throws {
        let market = stamper.market(of: row)
        var stamp = stamper.stamp(
            row: row, series: market.flatMap { markets[ByteKey($0)] }, observedThrough: Int64(log.events.count)
        ).payload
        if chance(1, in: 10) { stamp.basis.strike = FixedDecimal(777) }
        if chance(1, in: 4) {
            stamp.rules = []
            stamp.inputs = []
            stamp.dvolPercentile = maybe(amount(0...10_000))
            stamp.vrp = maybe(amount(-1500...2500))
            stamp.smileRichCheap = maybe(pick([nil, "cheap", "rich", "fair"]))
            stamp.gammaRegime = maybe(pick(["long_gamma", "neutral", "short_gamma"]))
            stamp.termStructureState = maybe(pick(["near_term_risk", "contango", "flat"]))
            stamp.stationarityStatus = maybe(pick(["stable", "unstable", "insufficient"]))
            stamp.contextQuality = pick(["available", "proxy_mapped", "stale", "unavailable"])
        }
        try log.append(stamp)
    }

    private mutating func quote(around time: Instant, _ apart: [Int64]) throws -> OptionQuote {
        let at = try #require(time.advanced(byMicroseconds: pick(apart)))
        var quote = OptionQuote(timestamp: at)
        if chance(1, in: 2) { (quote.timestamp, quote.exchangeTimestamp) = (at.flooredToMinute, at) }
        let bid = pick([price(1...3000), price(1...3000), .zero])
        quote.bid = maybe(bid)
        quote.ask = maybe(pick([bid, bid + price(1...80), bid + price(1...80), bid + price(1...80), bid - price(1...5)]))
        quote.bidSize = maybe(amount(0...9))
        quote.askSize = maybe(amount(0...9))
        quote.mark = chance(1, in: 2) ? price(0...3000) : nil
        quote.markIV = maybe(amount(1000...9000))
        quote.underlyingPrice = maybe(price(20_000...50_000))
        quote.volume24h = maybe(amount(0...900))
        quote.openInterest = maybe(amount(0...900))
        return quote
    }

    private static let minute: Int64 = 60_000_000

    private mutating func benchmark(_ row: ExecutionRow) throws {
        var benchmark = ExecutionBenchmarkPayload(
            source: row.source, sourceTradeID: row.sourceTradeID, basis: basis(row), lookedUpAt: row.tradeDate)
        if chance(5, in: 6) {
            benchmark.quote = try quote(
                around: row.tradeDate, [0, 0, 1, Self.minute, -Self.minute, 5 * Self.minute, -5 * Self.minute - 1, 9 * Self.minute])
            benchmark.quoteSource = "imported_option_quote"
        } else {
            benchmark.error = maybe(pick(["incomplete_contract", "403"]))
            benchmark.notEntitled = benchmark.error == "403"
        }
        if chance(1, in: 3) { benchmark.model = ModelMark(mark: price(0...3000), iv: maybe(amount(1000...9000))) }
        try log.append(benchmark)
    }

    private mutating func mark(_ row: ExecutionRow, _ horizon: Horizon) throws {
        guard let target = HorizonTarget(of: row, horizon: horizon, rules: outcomes).instant else { return }
        var mark = ForwardMarkPayload(
            source: row.source, sourceTradeID: row.sourceTradeID, horizonKey: horizon.key, horizonDays: horizon.days,
            basis: basis(row, target: target), lookedUpAt: .minimum)
        if chance(5, in: 6) {
            mark.quote = try quote(
                around: target, [0, 0, 0, -Self.minute, Self.minute, 30 * Self.minute, -30 * Self.minute - 1, 600 * Self.minute])
            mark.quoteSource = "imported_option_quote"
        } else {
            mark.error = maybe("no quote")
        }
        if chance(1, in: 2) { mark.spot = HorizonSpot(price: price(20_000...50_000), kind: "spot", timestamp: target) }
        if chance(1, in: 2) {
            mark.realizedVol = price(1000...9000)
            mark.inputs = [EventInput(field: "realized_vol", positions: [1, 2])]
        }
        try log.append(mark)
    }

    // MARK: - Assertions

    /// States something of a trade's holding, and sometimes withdraws it.
    private mutating func assert(_ id: String, _ row: ExecutionRow) throws {
        guard let holding = HoldingKey(of: row) else { return }
        let asOf = try #require(row.tradeDate.advanced(byMicroseconds: Int64(pick([-1, 0, 1, 40])) * Self.hour))
        let stated = AssertionStatedPayload(
            assertionID: id, holding: holding, kind: pick(AssertionKind.allCases), asOf: asOf,
            value: pick([.zero, amount(-900...900), price(1...3000)]), tolerance: chance(1, in: 3) ? amount(0...900_000) : nil,
            statedBy: "operations", reason: "a \"statement\"")
        try log.append(stated.event())
        guard chance(1, in: 4) else { return }
        try log.append(
            AssertionWithdrawnPayload(assertionID: id, holding: holding, withdrawnBy: "operations", reason: "wrong").event())
    }

    // MARK: - Runs

    private mutating func run() throws {
        let id = UniqueID(random: &random)
        let scope = "portfolio_names=\(pick(["IMST", "ICOI"]))|include_pending=false"
        let details = ExecutionScope.details(portfolios: ["IMST"], includePending: false)
        if chance(1, in: 3) {
            try log.append(
                SyncFailedPayload(
                    runID: id, scopeKey: scope, scopeDetails: details, sourceName: TradeLedger.standardFeed, errorCode: "timed_out",
                    errorMessage: "no \"answer\"",
                    startedAt: Self.start, finishedAt: Self.start
                ).event())
            return
        }
        var summary = RunSummary(
            runID: id, scopeKey: scope, dryRun: false, fullScope: true, startedAt: Self.start, finishedAt: Self.start)
        summary.changedFields = ["price": 3]
        if chance(1, in: 2) {
            // Totals can be larger than any input.
            let beyond = FixedDecimal(units: 2 * Int128(10_000_000_000) * Int128(1_000_000_000_000_000_000))
            summary.comparison = RunSummary.Comparison(
                sourceRows: 2, localRows: 2, sourceQuantity: amount(1...99), localQuantity: amount(1...99),
                sourcePremiumUSD: price(1...99), localPremiumUSD: price(1...99) + beyond, unmatchedSourceTradeIDs: ["7"],
                unmatchedLocalTradeIDs: [])
        }
        try log.append(
            SyncCompletedPayload(
                scopeKey: scope, scopeDetails: details, sourceName: TradeLedger.standardFeed, summary: summary.canonicalBytes(),
                cursor: maybe(maybe("c\(log.events.count)")), watermark: maybe(maybe(Self.start))
            ).event(runID: id))
    }
}
