import LedgerValues
import RandomSupport

/// The made-up market of the sample: its trading days, the prices of the two shares, and the prices of their options.
///
/// It uses only whole numbers, so that every machine makes the same sample.
enum SampleMarket {
    /// A share on which the sample has options.
    struct Underlying: Sendable {
        var symbol: String
        var portfolio: String
        /// USD at the start of each week, from Monday 2025-09-01 on.
        var weeklySpots: [Int]
        /// Annual implied volatility, in thousandths.
        var volatilityMilli: Int
        /// Strikes in USD.
        var strikes: ClosedRange<Int>
    }

    static let strategy = Underlying(
        symbol: "MSTR", portfolio: "IMST",
        weeklySpots: [
            338, 330, 328, 336, 326, 348, 310, 292, 288, 265, 240, 199,
            180, 178, 184, 174, 171, 168, 170, 176, 174, 171, 168,
        ],
        volatilityMilli: 737, strikes: 170...350)

    static let coinbase = Underlying(
        symbol: "COIN", portfolio: "ICOI",
        weeklySpots: [
            303, 318, 324, 338, 314, 376, 350, 326, 348, 312, 302, 264,
            246, 264, 274, 256, 246, 238, 250, 248, 240, 236, 232,
        ],
        volatilityMilli: 650, strikes: 230...380)

    /// Monday of the first week in the tables.
    private static let firstMonday = date(2025, 9, 1)

    private static let holidays = Set([
        date(2025, 9, 1), date(2025, 11, 27), date(2025, 12, 25), date(2026, 1, 1), date(2026, 1, 19),
    ])

    /// The days on which the sample trades, 2025-09-02 to 2026-01-30.
    static let tradingDays: [CalendarDate] = (0..<152)
        .map { later(firstMonday, days: $0) }
        .filter { weekday(of: $0) < 5 && !holidays.contains($0) }

    /// A date known to exist. An invalid date would become the earliest date.
    static func date(_ year: Int, _ month: Int, _ day: Int) -> CalendarDate {
        CalendarDate(year: year, month: month, day: day) ?? .minimum
    }

    /// The date the given number of days later.
    private static func later(_ date: CalendarDate, days: Int) -> CalendarDate {
        date.advanced(byDays: days) ?? .maximum
    }

    /// 0 is Monday, 6 is Sunday.
    private static func weekday(of date: CalendarDate) -> Int {
        (Int(date.daysSinceEpoch) + 3) % 7
    }

    /// The first Friday at least the given number of days later.
    static func friday(after date: CalendarDate, days: Int) -> CalendarDate {
        let earliest = later(date, days: days)
        return later(earliest, days: (11 - weekday(of: earliest)) % 7)
    }

    /// The share's price in cents, interpolated linearly between its weekly prices.
    static func spotCents(of underlying: Underlying, on date: CalendarDate) -> Int {
        let (week, day) = Int(date.daysSinceEpoch - firstMonday.daysSinceEpoch).quotientAndRemainder(dividingBy: 7)
        let spots = underlying.weeklySpots
        // Before and after the table the share keeps its first and last price.
        guard week >= 0, day >= 0, week < spots.count else { return (week < 0 || day < 0 ? spots[0] : spots[spots.count - 1]) * 100 }
        return (spots[week] * (7 - day) + spots[min(week + 1, spots.count - 1)] * day) * 100 / 7
    }

    /// The listed strike closest to a price, in cents. Strikes are in steps of 2.50 below 200 and of 5 from 200 on.
    static func strikeCents(of underlying: Underlying, near cents: Int) -> Int {
        let step = cents < 20_000 ? 250 : 500
        let rounded = (cents + step / 2) / step * step
        return min(max(rounded, underlying.strikes.lowerBound * 100), underlying.strikes.upperBound * 100)
    }

    /// The price of one unit of an option, in 10⁻⁴ USD, at its tick (0.05 from 3 USD on, else 0.01).
    ///
    /// It is the intrinsic value plus a time value of 0.4 × spot × volatility × √years at the money, and less away from it.
    static func price(
        spotCents: Int, strikeCents: Int, isCall: Bool, volatilityMilli: Int, daysToExpiry: Int
    ) -> Int {
        let rootOfYearsMilli = squareRoot(max(1, daysToExpiry) * 1_000_000 / 365)
        let atTheMoney = spotCents * 100 * volatilityMilli / 1000 * rootOfYearsMilli / 1000 * 4 / 10
        let moneyness = (isCall ? spotCents - strikeCents : strikeCents - spotCents) * 100
        let timeValue = atTheMoney * atTheMoney / (atTheMoney + abs(moneyness))
        let exact = max(0, moneyness) + timeValue
        let tick = exact >= 30_000 ? 500 : 100
        return max(tick, (exact + tick / 2) / tick * tick)
    }

    /// The largest whole number whose square is not above `number`.
    static func squareRoot(_ number: Int) -> Int {
        var root = 0
        var bit = 1 << 30
        while bit > 0 {
            if (root + bit) * (root + bit) <= number { root += bit }
            bit >>= 1
        }
        return root
    }
}

extension SeededGenerator {
    /// A number in `0 ..< bound`.
    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
