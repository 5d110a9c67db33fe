import LedgerJSON
import LedgerValues

/// A chain of options on BTC as level-1 quotes at 2026-02-05T23:00Z: prices in coins, and the usual gaps.
enum SampleCoinChain {
    private static let hour = Instant("2026-02-05T23:00:00Z") ?? .minimum
    private static let expiries = ["2026-02-13", "2026-02-27", "2026-03-27"]

    /// The rows in [from, to).
    static func rows(from: Instant, to: Instant) -> [JSONNode] {
        guard from <= hour, hour < to else { return [] }
        let spot = SampleMarketSeries.bitcoin(hour.microseconds)
        return expiries.compactMap { CalendarDate($0) }.flatMap { expiry in
            stride(from: 70_000, through: 115_000, by: 5_000).flatMap { strike in
                [true, false].map { row(expiry, strike, isCall: $0, spot: spot) }
            }
        }
    }

    private static func row(_ expiry: CalendarDate, _ strike: Int, isCall: Bool, spot: Int) -> JSONNode {
        let days = Int(expiry.daysSinceEpoch - hour.date.daysSinceEpoch)
        let forward = spot + days * 20
        let volatility = 490 + abs(strike - spot) / 400 + 60 / days
        let price = SampleMarket.price(
            spotCents: forward * 100, strikeCents: strike * 100, isCall: isCall, volatilityMilli: volatility, daysToExpiry: days)
        let greeks = SampleGreeks(
            spotCents: forward * 100, strikeCents: strike * 100, isCall: isCall, volatilityMilli: volatility, days: days, price: price)
        // In 10⁻⁴ coins.
        let middle = max(2, price / forward)
        let number = strike / 5_000 + days + (isCall ? 0 : 1)
        func coins(_ value: Int?) -> JSONNode { value.map { .decimal(FixedDecimal(units: Int128($0) * 1_000_000)) } ?? .null }
        let hasGreeks = number % 7 != 0
        return .object([
            ("currency", .string("BTC")), ("exchange", .string("deribit")),
            ("timestamp", .integer(hour.microseconds / 1_000)), ("expirationTimestamp", .string("\(expiry)T08:00:00Z")),
            ("strike", .integer(Int64(strike))), ("putCall", .string(isCall ? "C" : "P")),
            ("bid", coins(number % 6 == 0 ? nil : middle - 1)), ("ask", coins(number % 5 == 0 ? nil : middle + 1)),
            ("markPrice", coins(middle)), ("markIv", .decimal(FixedDecimal(units: Int128(volatility) * 1_000_000_000))),
            ("delta", .decimal(greeks.delta)), ("gamma", hasGreeks ? .decimal(greeks.gamma) : .null), ("theta", .decimal(greeks.theta)),
            ("vega", .decimal(greeks.vega)), ("openInterest", number % 4 == 0 ? .null : .integer(Int64(20 + number * 11 % 90))),
            ("volume", number % 2 == 0 ? .null : .integer(Int64(number))), ("indexPrice", .integer(Int64(spot))),
            ("underlyingPrice", .integer(Int64(forward))),
        ])
    }
}
