import LedgerValues
import RandomSupport
import Testing

@testable import SampleScope

/// What the made-up market quotes, without a server.
@Suite("The sample's quotes")
struct SampleMarketQuoteTests {
    /// An execution of the sample and its contract.
    private struct Trade {
        var id: String
        var moment: Instant
        var quotes: SampleQuotes
        var expiry: CalendarDate
        var price: FixedDecimal
    }

    private static func trades() throws -> [Trade] {
        try ParsedRow.all().filter(\.counts).map { row in
            let symbol = try #require(row.symbol)
            let underlying = try #require(row.string("underlyingSymbol"))
            let quotes = try #require(
                SampleQuotes(
                    symbol: underlying, expiry: symbol.expiry, strike: symbol.strike,
                    isCall: symbol.optionType == .call))
            return Trade(
                id: row.id, moment: try #require(row.traded), quotes: quotes, expiry: symbol.expiry,
                price: try #require(row.decimal("price")))
        }
    }

    private static func later(_ moment: Instant, minutes: Int) throws -> Instant {
        try #require(moment.advanced(byMicroseconds: Int64(minutes) * 60_000_000))
    }

    private static func date(_ text: String) throws -> CalendarDate { try #require(CalendarDate(text)) }

    private static func midnight(_ text: String) throws -> Instant { try #require(Instant(startOf: try date(text))) }

    /// What a quote is, as a reader of it would say.
    private static func state(_ quote: SampleQuotes.Quote) -> String {
        guard let bid = quote.bid, let ask = quote.ask else { return "one-sided" }
        if bid == 0 { return "zero bid" }
        if bid > ask { return "crossed" }
        if bid == ask { return "locked" }
        return quote.mark == nil ? "no mark" : "usual"
    }

    @Test func `around the executions every kind of quote comes, and often none within half an hour`() throws {
        var nearest: [String: Int] = [:]
        for trade in try Self.trades() {
            let window = trade.quotes.quotes(
                from: try Self.later(trade.moment, minutes: -31), to: try Self.later(trade.moment, minutes: 31))
            let distances = window.map { (abs($0.exchangeTime.microseconds - trade.moment.microseconds), $0) }
            guard let best = distances.min(by: { $0.0 < $1.0 }), best.0 <= 30 * 60_000_000 else {
                nearest["none", default: 0] += 1
                continue
            }
            nearest[best.0 > 5 * 60_000_000 ? "stale" : Self.state(best.1), default: 0] += 1
        }
        let wanted: Set = ["none", "stale", "usual", "no mark", "one-sided", "zero bid", "crossed", "locked"]
        #expect(Set(nearest.keys) == wanted, "\(nearest)")
        #expect(nearest.values.allSatisfy { $0 >= 10 }, "\(nearest)")
        // Most executions can be judged.
        #expect(nearest["usual", default: 0] > 350, "\(nearest)")
    }

    @Test func `a day and a week after an execution, a month after it and at expiry some have a quote and some have none`() throws {
        var counts: [String: (with: Int, without: Int)] = [:]
        for trade in try Self.trades() {
            let expires = try Self.later(try #require(Instant(startOf: trade.expiry)), minutes: 21 * 60)
            let targets = [
                ("1d", try Self.later(trade.moment, minutes: 1440)), ("7d", try Self.later(trade.moment, minutes: 7 * 1440)),
                ("30d", try Self.later(trade.moment, minutes: 30 * 1440)), ("expiry", expires),
            ]
            for (key, target) in targets where target <= expires {
                let found = trade.quotes.quotes(
                    from: try Self.later(target, minutes: -360), to: try Self.later(target, minutes: 1))
                if found.isEmpty { counts[key, default: (0, 0)].without += 1 } else { counts[key, default: (0, 0)].with += 1 }
            }
        }
        #expect(Set(counts.keys) == ["1d", "7d", "30d", "expiry"])
        for (key, count) in counts { #expect(count.with > 200 && count.without > 5, "\(key) \(count)") }
    }

    @Test func `quotes lie in order, in the hours that New York trades all year, on trading days to the day of expiry`() throws {
        let quotes = try #require(
            SampleQuotes(symbol: "MSTR", expiry: try Self.date("2025-12-19"), strike: FixedDecimal(300), isCall: true))
        let all = quotes.quotes(from: try Self.midnight("2025-08-01"), to: try Self.midnight("2026-03-01"))
        #expect(all.count > 2000)
        for (earlier, later) in zip(all, all.dropFirst()) { #expect(earlier.bucket < later.bucket) }
        for quote in all {
            let second = Int(quote.bucket.microseconds / 1_000_000 % 86_400)
            #expect((14 * 3600 + 30 * 60)..<(21 * 3600) ~= second && second % 60 == 0, "\(quote.bucket)")
            #expect(0..<60_000_000 ~= quote.exchangeTime.microseconds - quote.bucket.microseconds)
        }
        let days = Set(all.map(\.bucket.date))
        let last = try Self.date("2025-12-19")
        #expect(days.isSubset(of: SampleMarket.tradingDays) && days.max() == last)
        for day in ["2025-09-06", "2025-09-07", "2025-11-27", "2025-12-22"].map({ CalendarDate($0) }) {
            #expect(!days.contains(try #require(day)))
        }
    }

    @Test func `the start counts and the end does not, and how a span is cut changes nothing`() throws {
        for (seed, trade) in try Self.trades().enumerated() where seed % 25 == 0 {
            let from = try Self.later(trade.moment, minutes: -2 * 1440)
            let to = try Self.later(trade.moment, minutes: 2 * 1440)
            let whole = trade.quotes.quotes(from: from, to: to).map(\.bucket)
            var random = SeededGenerator(seed: UInt64(seed))
            var parts: [Instant] = []
            var start = from
            while start < to {
                let end = min(to, try Self.later(start, minutes: 1 + random.below(300)))
                parts += trade.quotes.quotes(from: start, to: end).map(\.bucket)
                start = end
            }
            #expect(parts == whole, "seed \(seed), \(trade.id)")
            guard let first = whole.first, let last = whole.last else { continue }
            #expect(trade.quotes.quotes(from: first, to: last).map(\.bucket) == whole.dropLast(), "\(trade.id)")
            #expect(trade.quotes.quotes(from: last, to: last).isEmpty && trade.quotes.quotes(from: to, to: from).isEmpty)
        }
    }

    @Test func `the market stands where the sample's own stands, and usual quotes lie around its price`() throws {
        for trade in try Self.trades() {
            for quote in trade.quotes.quotes(
                from: try #require(Instant(startOf: trade.moment.date)), to: try Self.later(trade.moment, minutes: 600))
            {
                let daySpot = SampleMarket.spotCents(of: trade.quotes.underlying, on: quote.bucket.date)
                #expect(abs(quote.spotCents - daySpot) * 100 <= daySpot, "\(trade.id) \(quote.bucket)")
                #expect(abs(quote.volatilityMilli - trade.quotes.underlying.volatilityMilli) <= 20)
                for price in [quote.ask, quote.mark].compactMap(\.self) { #expect(price > 0, "\(trade.id)") }
                guard Self.state(quote) == "usual", let bid = quote.bid, let ask = quote.ask, let mark = quote.mark else { continue }
                #expect(bid <= mark && mark <= ask && bid > 0, "\(trade.id) \(quote.bucket)")
            }
        }
    }

    @Test func `most executions lie near the quotes of their minutes`() throws {
        var near = 0
        var judged = 0
        for trade in try Self.trades() {
            let window = trade.quotes.quotes(
                from: try Self.later(trade.moment, minutes: -6), to: try Self.later(trade.moment, minutes: 6))
            guard let quote = window.first(where: { Self.state($0) == "usual" }), let mark = quote.mark else { continue }
            judged += 1
            let price = Int(trade.price.units / 1_000_000)
            if abs(price - mark) * 4 <= mark { near += 1 }
        }
        #expect(judged > 350 && near * 10 >= judged * 9, "\(near) of \(judged)")
    }

    @Test func `contracts that differ in one part alone have quotes of their own`() throws {
        let expiry = try Self.date("2025-12-19")
        let day = (try Self.midnight("2025-10-01"), try Self.midnight("2025-10-08"))
        let contracts = [
            SampleQuotes(symbol: "MSTR", expiry: expiry, strike: FixedDecimal(300), isCall: true),
            SampleQuotes(symbol: "MSTR", expiry: expiry, strike: FixedDecimal(300), isCall: false),
            SampleQuotes(symbol: "MSTR", expiry: expiry, strike: FixedDecimal(305), isCall: true),
            SampleQuotes(symbol: "MSTR", expiry: try Self.date("2025-12-26"), strike: FixedDecimal(300), isCall: true),
            SampleQuotes(symbol: "COIN", expiry: expiry, strike: FixedDecimal(300), isCall: true),
        ]
        var seen: Set<[Int]> = []
        for contract in contracts {
            let quotes = try #require(contract).quotes(from: day.0, to: day.1)
            #expect(seen.insert(quotes.flatMap { [Int($0.bucket.microseconds), $0.spotCents] }).inserted)
        }
    }

    @Test func `other symbols, and strikes that are no whole cents or not above zero, have no quotes`() throws {
        let expiry = try Self.date("2025-12-19")
        for symbol in ["BTC", "mstr", "MSTR1", ""] {
            #expect(SampleQuotes(symbol: symbol, expiry: expiry, strike: FixedDecimal(300), isCall: true) == nil)
        }
        for strike in ["0", "-300", "300.001", "0.001", "100000.01", "10000000000000000"] {
            let strike = try FixedDecimal(strike)
            #expect(SampleQuotes(symbol: "MSTR", expiry: expiry, strike: strike, isCall: true) == nil)
        }
    }
}
