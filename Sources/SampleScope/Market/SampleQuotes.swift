import LedgerValues
import RandomSupport

/// The quotes of the sample's options: a made-up market around the sample's trades, with all the gaps of a real one.
///
/// A contract is quoted every six minutes during the UTC hours in which New York trades all year round. Depending on
/// contract and day there may be no quote at all, one every forty minutes, only one side, a bid of 0, a crossed or
/// locked market, or no mark.
struct SampleQuotes {
    let underlying: SampleMarket.Underlying
    let expiry: CalendarDate
    let strikeCents: Int
    let isCall: Bool

    /// The highest strike of the market, in cents. Prices beyond it would not fit.
    private static let maximumStrikeCents = 10_000_000

    /// Nil if the sample has no options on the symbol, if the strike is not a whole number of cents, or if it is out of
    /// range.
    init?(symbol: String, expiry: CalendarDate, strike: FixedDecimal, isCall: Bool) {
        let known = [SampleMarket.strategy, SampleMarket.coinbase].first { $0.symbol.isBytewiseEqual(to: symbol) }
        let (wholeCents, part) = strike.units.quotientAndRemainder(dividingBy: 100_000_000)
        guard let known, part == 0, let cents = Int(exactly: wholeCents), 0 < cents, cents <= Self.maximumStrikeCents
        else { return nil }
        underlying = known
        self.expiry = expiry
        strikeCents = cents
        self.isCall = isCall
    }

    struct Quote {
        let bucket: Instant
        let exchangeTime: Instant
        /// In 10⁻⁴ USD. Nil for a missing side.
        let bid: Int?
        let ask: Int?
        let mark: Int?
        let volatilityMilli: Int
        let spotCents: Int
    }

    private enum Mood {
        case none, sparse, crossed, noBid, locked, zeroBid, noMark, usual
    }

    private static let firstMinute = 14 * 60 + 30
    private static let lastMinute = 21 * 60
    private static let minutesBetween = 6
    private static let minutesBetweenSparse = 40

    /// The quotes in minute buckets from an instant (inclusive) to another (exclusive).
    func quotes(from: Instant, to: Instant) -> [Quote] {
        var quotes: [Quote] = []
        var day = from.date
        while let midnight = Instant(startOf: day), midnight < to {
            quotes += self.quotes(on: day, midnight).filter { from <= $0.bucket && $0.bucket < to }
            guard let next = day.advanced(byDays: 1) else { break }
            day = next
        }
        return quotes
    }

    private func quotes(on day: CalendarDate, _ midnight: Instant) -> [Quote] {
        guard SampleMarket.isTradingDay(day), day <= expiry else { return [] }
        var random = SeededGenerator(seed: seed ^ UInt64(bitPattern: Int64(day.daysSinceEpoch)) &* 0x9E37_79B9)
        let mood: Mood =
            switch random.below(24) {
            case 0, 1: .none
            case 2: .crossed
            case 3: .noBid
            case 4: .locked
            case 5: .zeroBid
            case 6, 7: .noMark
            case 8, 9: .sparse
            default: .usual
            }
        if mood == .none { return [] }
        let step = mood == .sparse ? Self.minutesBetweenSparse : Self.minutesBetween
        let offset = random.below(step)
        return stride(from: Self.firstMinute + offset, to: Self.lastMinute, by: step).map { minute in
            quote(mood, day, SamplePositions.moment(midnight, plusSeconds: minute * 60), &random)
        }
    }

    private func quote(_ mood: Mood, _ day: CalendarDate, _ bucket: Instant, _ random: inout SeededGenerator) -> Quote {
        let daySpot = SampleMarket.spotCents(of: underlying, on: day)
        let spot = daySpot + daySpot * (random.below(21) - 10) / 1000
        let volatility = underlying.volatilityMilli + random.below(41) - 20
        let middle = SampleMarket.price(
            spotCents: spot, strikeCents: strikeCents, isCall: isCall, volatilityMilli: volatility,
            daysToExpiry: Int(expiry.daysSinceEpoch - day.daysSinceEpoch))
        let half = max(100, middle / 80 / 100 * 100)
        let exchangeTime = SamplePositions.moment(bucket, plusSeconds: random.below(58))
        let (bid, ask): (Int?, Int?) =
            switch mood {
            case .crossed: (middle + half, max(100, middle - half))
            case .noBid: (nil, middle + half)
            case .locked: (middle, middle)
            case .zeroBid: (0, middle + half)
            default: (max(100, middle - half), middle + half)
            }
        return Quote(
            bucket: bucket, exchangeTime: exchangeTime, bid: bid, ask: ask, mark: mood == .noMark ? nil : middle,
            volatilityMilli: volatility, spotCents: spot)
    }

    private var seed: UInt64 {
        UInt64(strikeCents) << 20 ^ UInt64(bitPattern: Int64(expiry.daysSinceEpoch)) << 2 ^ (isCall ? 1 : 2)
            ^ UInt64(underlying.symbol.utf8.first ?? 0) << 48
    }
}

extension SampleMarket {
    /// Whether the sample's shares trade on a day: on its own trading days, and on every weekday after them.
    static func isTradingDay(_ day: CalendarDate) -> Bool {
        guard let last = tradingDays.last, day > last else { return isListedTradingDay(day) }
        return (Int(day.daysSinceEpoch) + 3) % 7 < 5
    }

    private static let listed = Set(tradingDays)

    private static func isListedTradingDay(_ day: CalendarDate) -> Bool { listed.contains(day) }
}
