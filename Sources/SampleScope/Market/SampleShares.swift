import LedgerJSON
import LedgerValues
import RandomSupport

/// The sample's shares as a market: their bars, and the chains of their options at a moment. Whole numbers alone.
enum SampleShares {
    /// The market as a whole, for comparison. No fund of the sample trades its options.
    static let index = SampleMarket.Underlying(
        symbol: "SPY", portfolio: "",
        weeklySpots: [
            641, 645, 652, 660, 663, 669, 658, 664, 671, 682, 677, 669,
            660, 671, 683, 685, 681, 688, 690, 694, 689, 691, 694,
        ],
        volatilityMilli: 150, strikes: 620...770)

    static let all = [SampleMarket.strategy, SampleMarket.coinbase, index]

    static func named(_ symbol: String) -> SampleMarket.Underlying? { all.first { $0.symbol.isBytewiseEqual(to: symbol) } }

    // MARK: - Bars

    struct Bar {
        let time: Instant
        /// Cents.
        var open, high, low, close: Int
        var volume: Int
        /// Σ price × volume, in cents.
        var turnover: Int

        var node: JSONNode {
            func cents(_ value: Int) -> JSONNode { .decimal(FixedDecimal(units: Int128(value) * 100_000_000)) }
            let mean = Int128(turnover) * 10_000 / Int128(max(1, volume))
            return .object([
                ("t", .string("\(time)")), ("o", cents(open)), ("h", cents(high)), ("l", cents(low)), ("c", cents(close)),
                ("v", .integer(Int64(volume))), ("n", .integer(Int64(volume / 60 + 1))),
                ("vw", .decimal(FixedDecimal(units: mean * 10_000))),
            ])
        }
    }

    private static let firstMinute = 14 * 60 + 30
    private static let minutes = 390

    /// The minute bars of a day; none on a day without trading.
    static func minuteBars(of underlying: SampleMarket.Underlying, on day: CalendarDate) -> [Bar] {
        guard SampleMarket.isTradingDay(day), let midnight = Instant(startOf: day) else { return [] }
        let letters = underlying.symbol.utf8.reduce(0) { $0 << 8 | UInt64($1) }
        var random = SeededGenerator(seed: letters << 20 ^ UInt64(bitPattern: Int64(day.daysSinceEpoch)))
        let target = SampleMarket.spotCents(of: underlying, on: day)
        // A day opens up to one percent away from its price, and wanders to it.
        var price = target + target * (random.below(21) - 10) / 1_000
        let step = max(2, target / 4_000)
        return (0..<minutes).map { minute in
            let open = price
            price += random.below(2 * step + 1) - step + (target - price) / (minutes - minute)
            let (high, low) = (max(open, price) + random.below(step), min(open, price) - random.below(step))
            // Much at the open and at the close.
            let volume = 400 + (minute - minutes / 2) * (minute - minutes / 2) / 20 + random.below(200)
            return Bar(
                time: SamplePositions.moment(midnight, plusSeconds: (firstMinute + minute) * 60), open: open, high: high, low: low,
                close: price, volume: volume, turnover: (high + low + price) / 3 * volume)
        }
    }

    /// The bar of a day, from those of its minutes.
    static func dailyBar(of underlying: SampleMarket.Underlying, on day: CalendarDate) -> Bar? {
        let bars = minuteBars(of: underlying, on: day)
        guard let first = bars.first, let last = bars.last, let midnight = Instant(startOf: day) else { return nil }
        // Midnight in New York, whose clocks went back on 2025-11-02.
        let hours = day > SampleMarket.date(2025, 11, 2) ? 5 : 4
        return Bar(
            time: SamplePositions.moment(midnight, plusSeconds: hours * 3_600), open: first.open,
            high: bars.map(\.high).max() ?? first.high, low: bars.map(\.low).min() ?? first.low, close: last.close,
            volume: bars.reduce(0) { $0 + $1.volume }, turnover: bars.reduce(0) { $0 + $1.turnover })
    }

    /// The price at a moment, in cents: the close of the last minute bar before it.
    static func spotCents(of underlying: SampleMarket.Underlying, at now: Instant) -> Int {
        minuteBars(of: underlying, on: now.date).last { $0.time <= now }?.close ?? SampleMarket.spotCents(of: underlying, on: now.date)
    }
}

/// An option of the sample's chains, as it is quoted at a moment.
struct SampleShareOption {
    let underlying: SampleMarket.Underlying
    let expiry: CalendarDate
    let strikeCents: Int
    let isCall: Bool
    /// An adjusted contract has another root.
    var isAdjusted = false

    /// The options at a moment, by symbol: the Fridays of the next two months, and one adjusted contract.
    static func all(of underlying: SampleMarket.Underlying, at now: Instant) -> [SampleShareOption] {
        let spot = SampleMarket.spotCents(of: underlying, on: now.date)
        let isIndex = underlying.symbol.isBytewiseEqual(to: SampleShares.index.symbol)
        let first = SampleMarket.friday(after: now.date, days: 0)
        let weeks = isIndex ? [0, 1, 3, 6] : [0, 1, 2, 3, 4, 5, 6, 7]
        let step = isIndex ? 1_000 : spot < 20_000 ? 250 : 500
        var options: [SampleShareOption] = []
        for week in weeks {
            guard let expiry = first.advanced(byDays: 7 * week) else { continue }
            let (low, high) = (spot * (isIndex ? 90 : 72) / 100 / step * step, spot * (isIndex ? 110 : 132) / 100 / step * step)
            for strike in stride(from: low, through: high, by: step) {
                for isCall in [true, false] {
                    options.append(SampleShareOption(underlying: underlying, expiry: expiry, strikeCents: strike, isCall: isCall))
                }
            }
        }
        if let option = options.first, !isIndex {
            var adjusted = option
            adjusted.isAdjusted = true
            options.append(adjusted)
        }
        return options.sorted { $0.symbol.isBytewiseLess(than: $1.symbol) }
    }

    var root: String { underlying.symbol + (isAdjusted ? "1" : "") }

    var symbol: String {
        let (year, month, day) = expiry.components
        return root + Self.padded(year % 100, 2) + Self.padded(month, 2) + Self.padded(day, 2) + (isCall ? "C" : "P")
            + Self.padded(strikeCents * 10, 8)
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let text = "\(number)"
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }

    /// A number that is the same for the contract on every day.
    private var number: Int { strikeCents / 250 + Int(expiry.daysSinceEpoch) + (isCall ? 0 : 3) }

    /// A row of the list of contracts.
    func contract(at now: Instant) -> JSONNode {
        let before = now.date.advanced(byDays: -1) ?? now.date
        let distance = abs(strikeCents - SampleMarket.spotCents(of: underlying, on: now.date)) / 500
        return .object([
            ("id", .string("contract-\(symbol)")), ("symbol", .string(symbol)), ("status", .string("active")), ("tradable", .bool(true)),
            ("expiration_date", .string("\(expiry)")), ("root_symbol", .string(root)), ("underlying_symbol", .string(underlying.symbol)),
            ("type", .string(isCall ? "call" : "put")), ("style", .string("american")),
            ("strike_price", .string("\(FixedDecimal(units: Int128(strikeCents) * 100_000_000))")), ("size", .string("100")),
            ("multiplier", .string("100")),
            ("open_interest", .string("\(40 + number * 37 % 400 + 6_000 / (1 + distance))")), ("open_interest_date", .string("\(before)")),
        ])
    }

    /// A row of the chain of quotes. Some contracts have no volatility and no greeks, some no bid.
    ///
    /// - Parameter spot: in cents.
    func snapshot(at now: Instant, spot: Int) -> JSONNode {
        let days = max(1, Int(expiry.daysSinceEpoch - now.date.daysSinceEpoch))
        // A smile: a thousandth of the price away from spot is a quarter of a thousandth of volatility, a little more below spot.
        let away = (strikeCents - spot) * 1_000 / spot
        let volatility = underlying.volatilityMilli + abs(away) / 4 - away / 8 + 30 / days
        let middle = SampleMarket.price(
            spotCents: spot, strikeCents: strikeCents, isCall: isCall, volatilityMilli: volatility, daysToExpiry: days)
        let half = max(100, middle / 80 / 100 * 100)
        let hasBid = number % 17 != 0
        func money(_ tenThousandths: Int) -> JSONNode { .decimal(FixedDecimal(units: Int128(tenThousandths) * 1_000_000)) }
        let quoted = now.advanced(byMicroseconds: -1_000_000) ?? now
        let traded = now.advanced(byMicroseconds: -Int64(number % 50) * 60_000_000) ?? now
        var members: [(String, JSONNode)] = [
            (
                "latestQuote",
                .object([
                    ("t", .string("\(quoted)")), ("bp", money(hasBid ? max(100, middle - half) : 0)), ("bs", .integer(20)),
                    ("ap", money(middle + half)), ("as", .integer(30)), ("c", .string(" ")),
                ])
            ),
            ("latestTrade", .object([("t", .string("\(traded)")), ("p", money(middle)), ("s", .integer(1)), ("c", .string("I"))])),
            ("dailyBar", .object([("t", .string("\(now.date)T05:00:00Z")), ("v", .integer(Int64(number * 13 % 900)))])),
        ]
        if number % 11 != 0 {
            members.append(("impliedVolatility", .decimal(FixedDecimal(units: Int128(volatility) * 10_000_000))))
            let greeks = SampleGreeks(
                spotCents: spot, strikeCents: strikeCents, isCall: isCall, volatilityMilli: volatility, days: days, price: middle)
            members.append(
                (
                    "greeks",
                    .object([
                        ("delta", .decimal(greeks.delta)), ("gamma", .decimal(greeks.gamma)), ("theta", .decimal(greeks.theta)),
                        ("vega", .decimal(greeks.vega)), ("rho", .integer(0)),
                    ])
                ))
        }
        return .object(members)
    }
}
