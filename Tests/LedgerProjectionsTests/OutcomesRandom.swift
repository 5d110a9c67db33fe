import LedgerEvents
import LedgerProjections
import LedgerRules
import LedgerValues
import OptionTrades
import TestSupport

/// A trade with stamps and marks, any of whose fields may be missing; the same for the same seed.
struct RandomOutcome {
    static let symbols: [String?] = ["MSTR", "COIN", "BTC", "ETH", "TSLA", nil]
    static let horizons: [Horizon] = [
        Horizon(days: 1), Horizon(days: 7), Horizon(days: 14), Horizon(days: 30), .expiry,
    ]

    var row: ExecutionRow
    var stamps: [ContextStampedPayload]
    var marks: [ForwardMarkPayload]

    init(_ id: String, rules: OutcomesRules, using random: inout SeededGenerator) throws {
        row = try Self.row(id, using: &random)
        let row = row
        let stampCount = Int.random(in: 0...2, using: &random)
        stamps = try (0..<stampCount).map { _ in try Self.stamp(row, using: &random) }
        marks = []
        for horizon in Self.horizons where Int.random(in: 0..<4, using: &random) > 0 {
            guard let target = HorizonTarget(of: row, horizon: horizon, rules: rules).instant else {
                continue
            }
            marks.append(try Self.mark(row, horizon, target, using: &random))
        }
    }

    /// Nil once in nine times.
    private static func maybe<Value>(_ value: Value, _ random: inout SeededGenerator) -> Value? {
        Int.random(in: 0..<9, using: &random) == 0 ? nil : value
    }

    private static func amount(_ range: ClosedRange<Int>, _ random: inout SeededGenerator)
        -> FixedDecimal
    {
        FixedDecimal(units: Int128(Int.random(in: range, using: &random)) * 100_000_000)
    }

    private static func row(_ id: String, using random: inout SeededGenerator) throws -> ExecutionRow {
        var row = try sampleRow(id)
        row.tradeDate = row.tradeDate.advanced(
            byMicroseconds: Int64.random(in: 0..<200 * 86_400_000_000, using: &random))!
        row.underlyingSymbol = symbols.randomElement(using: &random)!
        row.sourcePortfolio = maybe(["IMST", "BETA", "Ärger"].randomElement(using: &random)!, &random)
        row.direction = maybe(Bool.random(using: &random) ? .buy : .sell, &random)
        row.optionType = maybe(.call, &random)
        row.strike = maybe(amount(1...50_000, &random), &random)
        row.expiry = maybe(
            row.tradeDate.date.advanced(byDays: Int.random(in: 0...80, using: &random))!, &random)
        row.quantity = maybe(FixedDecimal(Int.random(in: 1...50, using: &random)), &random)
        row.price = maybe(amount(0...5_000, &random), &random)
        row.priceCurrency = maybe(Int.random(in: 0..<8, using: &random) == 0 ? "EUR" : "USD", &random)
        row.quantityUnit = ["CONTRACTS", nil, "CONTRACTS", nil, "SHARES"].randomElement(using: &random)!
        row.contractMultiplier = maybe(FixedDecimal(100), &random)
        row.premiumUSD =
            Int.random(in: 0..<3, using: &random) == 0 ? amount(0...2_000_000, &random) : nil
        row.feesUSD = maybe(amount(-500...500, &random), &random)
        row.spotAtTrade = Bool.random(using: &random) ? amount(1...50_000, &random) : nil
        if Int.random(in: 0..<15, using: &random) == 0 { row.tradeStatus = .busted }
        return row
    }

    private static func stamp(_ row: ExecutionRow, using random: inout SeededGenerator) throws
        -> ContextStampedPayload
    {
        var basis = row
        if Int.random(in: 0..<5, using: &random) == 0 { basis.strike = FixedDecimal(777) }
        let methods: [(String?, String)] = [
            ("BTC", "crypto_equity_proxy"), ("BTC", "direct_market_symbol"),
            ("ETH", "direct_market_symbol"), (nil, "unmapped"),
        ]
        let (market, method) = methods.randomElement(using: &random)!
        return OutcomesSample.stamp(
            basis, market: market, method: method, spot: maybe(amount(1...90_000, &random), &random),
            percentile: maybe(amount(0...10_000, &random), &random),
            regime: maybe(
                ["long_gamma", "neutral", "short_gamma"].randomElement(using: &random)!, &random))
    }

    private static func mark(
        _ row: ExecutionRow, _ horizon: Horizon, _ target: Instant, using random: inout SeededGenerator
    ) throws -> ForwardMarkPayload {
        let minute: Int64 = 60_000_000
        let offsets = [
            0, 0, -5 * minute, minute, -minute, 30 * minute, -30 * minute, 30 * minute + 1,
            -30 * minute - 1, 600 * minute,
        ]
        var quote: OptionQuote?
        if Int.random(in: 0..<5, using: &random) > 0 {
            let time = target.advanced(byMicroseconds: offsets.randomElement(using: &random)!)!
            var found = OptionQuote(timestamp: time)
            if Bool.random(using: &random) { (found.timestamp, found.exchangeTimestamp) = (target, time) }
            found.mark = Bool.random(using: &random) ? amount(0...5_000, &random) : nil
            found.bid = maybe(amount(0...5_000, &random), &random)
            found.ask = maybe(amount(0...6_000, &random), &random)
            found.markIV = maybe(amount(1...20_000, &random), &random)
            found.underlyingPrice = Bool.random(using: &random) ? amount(1...50_000, &random) : nil
            quote = found
        }
        var basis = target
        if Int.random(in: 0..<8, using: &random) == 0 { basis = target.advanced(byMicroseconds: 1)! }
        let spot = maybe(
            HorizonSpot(price: amount(1...90_000, &random), kind: "spot", timestamp: target), &random)
        return OutcomesSample.mark(
            row, horizon, target: basis, quote: quote, spot: spot,
            realizedVol: maybe(amount(1...20_000, &random), &random),
            error: quote == nil ? "no quote" : nil)
    }

    /// A moment around the trade's horizons.
    func now(using random: inout SeededGenerator) -> Instant {
        row.tradeDate.advanced(
            byMicroseconds: Int64.random(in: 0..<120 * 86_400_000_000, using: &random))!
    }
}
