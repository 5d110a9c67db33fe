import LedgerJSON
import LedgerValues

/// A sample underlying: its spot and how its options are quoted.
struct SampleUnderlying: Sendable {
    let ticker: String
    let spot: Int
    /// Dollars that an option costs beyond its intrinsic value.
    let timeValue: Int
    /// Cents between bid and ask.
    let spreadCents: Int

    static let all = [
        SampleUnderlying(ticker: "SPY", spot: 600, timeValue: 3, spreadCents: 6),
        SampleUnderlying(ticker: "QQQ", spot: 520, timeValue: 4, spreadCents: 10),
        // Too wide, too dear, and one whose orders get lost.
        SampleUnderlying(ticker: "IWM", spot: 220, timeValue: 2, spreadCents: 80),
        SampleUnderlying(ticker: "DIA", spot: 440, timeValue: 88, spreadCents: 40),
        SampleUnderlying(ticker: "XLF", spot: 50, timeValue: 1, spreadCents: 4),
    ]
}

/// A contract of the sample chain, and its quote at a time.
struct SampleOption {
    let underlying: SampleUnderlying
    let symbol: OptionSymbol

    private var intrinsicCents: Int {
        let strike = Int(symbol.strikeThousandths / 10)
        let distance = underlying.spot * 100 - strike
        return max(0, symbol.optionType == .call ? distance : -distance)
    }

    /// Cents of the middle: intrinsic value and a time value that falls with the distance from spot.
    private var midCents: Int {
        let distance = abs(underlying.spot * 100 - Int(symbol.strikeThousandths / 10))
        let time = max(20, underlying.timeValue * 100 - distance / 10)
        return intrinsicCents + time
    }

    var bid: FixedDecimal { Self.dollars(midCents - underlying.spreadCents / 2) }
    var ask: FixedDecimal { Self.dollars(midCents + underlying.spreadCents / 2) }

    private static func dollars(_ cents: Int) -> FixedDecimal {
        FixedDecimal(units: Int128(max(1, cents)) * (FixedDecimal.unitsPerOne / 100))
    }

    /// Five percent from spot move the delta by 0.4.
    var delta: FixedDecimal {
        let distance = underlying.spot * 1000 - Int(symbol.strikeThousandths)
        let move = max(-450, min(450, distance * 8 / underlying.spot))
        let thousandths = symbol.optionType == .call ? 500 + move : move - 500
        return FixedDecimal(units: Int128(thousandths) * (FixedDecimal.unitsPerOne / 1000))
    }

    /// Whether a date is no Saturday and no Sunday.
    static func isWeekday(_ date: CalendarDate) -> Bool { ![2, 3].contains((Int(date.daysSinceEpoch) % 7 + 7) % 7) }

    /// Midnight in New York of the date of an instant, as a daily bar has it: 05:00 UTC in winter, 04:00 in summer.
    static func newYorkMidnight(_ now: Instant) -> String {
        let (year, month, day) = (now.advanced(byMicroseconds: -5 * 3_600_000_000) ?? now).date.components
        // The Sundays on which summer time begins and ends.
        let (start, end) = (sunday(2, year, 3), sunday(1, year, 11))
        let isSummer = (month, day) >= (3, start) && (month, day) < (11, end)
        let date = (now.advanced(byMicroseconds: (isSummer ? -4 : -5) * 3_600_000_000) ?? now).date
        return "\(date)T0\(isSummer ? 4 : 5):00:00Z"
    }

    /// The day of a month's first or second Sunday.
    private static func sunday(_ number: Int, _ year: Int, _ month: Int) -> Int {
        guard let first = CalendarDate(year: year, month: month, day: 1) else { return 1 }
        // Days since a Sunday: 1970-01-04 was one.
        let weekday = ((Int(first.daysSinceEpoch) + 4) % 7 + 7) % 7
        return 1 + (7 - weekday) % 7 + (number - 1) * 7
    }

    /// - Parameter step: between two strikes, thousandths of a dollar.
    static func all(of underlying: SampleUnderlying, on today: CalendarDate, every step: Int) -> [SampleOption] {
        let (first, last) = (underlying.spot * 88 / 100 * 1000, underlying.spot * 112 / 100 * 1000)
        var options: [SampleOption] = []
        for days in [0, 1, 2, 5, 7, 9, 14, 21, 30, 45] {
            guard let expiry = today.advanced(byDays: days) else { continue }
            for strike in stride(from: first, through: last, by: step) {
                for type in ["C", "P"] {
                    let (year, month, day) = expiry.components
                    let text =
                        underlying.ticker + padded(year % 100, 2) + padded(month, 2) + padded(day, 2) + type + padded(strike, 8)
                    if let symbol = OptionSymbol(text) { options.append(SampleOption(underlying: underlying, symbol: symbol)) }
                }
            }
        }
        return options
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let text = "\(number)"
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }

    /// A row of `/v2/options/contracts`.
    func contract(yesterday: CalendarDate) -> JSONNode {
        .object([
            ("id", .string("contract-\(symbol)")), ("symbol", .string(symbol.description)), ("status", .string("active")),
            ("tradable", .bool(true)), ("expiration_date", .string(symbol.expiry.description)), ("root_symbol", .string(symbol.root)),
            ("underlying_symbol", .string(underlying.ticker)), ("type", .string(symbol.optionType.rawValue)),
            ("style", .string("american")),
            ("strike_price", .string(symbol.strike.description)), ("size", .string("100")), ("multiplier", .string("100")),
            ("open_interest", .string("2500")), ("open_interest_date", .string(yesterday.description)), ("ppind", .bool(true)),
        ])
    }

    /// A member of `snapshots`.
    func snapshot(quotedAt time: Instant, day: String) -> JSONNode {
        .object([
            (
                "latestQuote",
                .object([
                    ("t", .string("\(time)")), ("bp", .decimal(bid)), ("bs", .integer(20)), ("ap", .decimal(ask)), ("as", .integer(30)),
                    ("c", .string(" ")),
                ])
            ),
            ("dailyBar", .object([("t", .string(day)), ("v", .integer(1200))])),
            ("impliedVolatility", .decimal(FixedDecimal(units: FixedDecimal.unitsPerOne / 4))),
            (
                "greeks",
                .object([
                    ("delta", .decimal(delta)), ("gamma", .decimal(.zero)), ("theta", .decimal(.zero)), ("vega", .decimal(.zero)),
                    ("rho", .decimal(.zero)),
                ])
            ),
        ])
    }
}
