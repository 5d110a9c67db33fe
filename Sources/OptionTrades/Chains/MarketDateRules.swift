package import LedgerRules
package import LedgerValues

/// The calendar dates of markets, and when their options expire (`shared/market_dates.v<N>.yaml`).
package final class MarketDateRules: Sendable {
    package let file: RuleFile
    package let newYork: NewYorkRules
    private let utcMarkets: NameList
    private let close: (hour: Int, minute: Int)
    private let earlyClose: (hour: Int, minute: Int)
    private let earlyCloses: Set<CalendarDate>
    private let utcClose: (hour: Int, minute: Int)

    /// All files read, each once, in path order.
    package var files: [RuleFile] { [file, newYork.file].sorted { $0.path < $1.path } }

    package init(path: String, read: RuleFileReader) throws {
        let document = try RuleDocument(path: path, kind: "market_dates", read: read)
        let root = document.root
        try root.allowOnly(["rules", "version", "uses", "utc_markets", "expiry"])
        file = document.file
        newYork = try NewYorkRules(path: try root.used("shared/new_york."), read: read)
        utcMarkets = NameList(try root.texts("utc_markets"))
        let expiry = try root.member("expiry")
        try expiry.allowOnly(["new_york_close", "early_close", "early_closes", "utc_close"])
        close = try expiry.member("new_york_close").timeOfDay()
        earlyClose = try expiry.member("early_close").timeOfDay()
        utcClose = try expiry.member("utc_close").timeOfDay()
        earlyCloses = Set(try expiry.member("early_closes").dates())
    }

    /// Whether a market lives by UTC.
    package func isUTC(_ market: String) -> Bool { utcMarkets.contains(market) }

    /// The market date of an instant. Nil for a year that the table of New York's clocks does not have.
    package func date(at instant: Instant, of market: String) -> CalendarDate? {
        isUTC(market) ? instant.date : newYork.date(at: instant)
    }

    /// The end of a market date. Nil as for ``date(at:of:)``.
    package func end(of date: CalendarDate, market: String) -> Instant? {
        guard let next = date.advanced(byDays: 1) else { return nil }
        return isUTC(market) ? Instant(startOf: next) : newYork.instant(of: next, hour: 0, minute: 0)
    }

    /// The instant at which options expire on a date.
    package func expiry(on date: CalendarDate, of market: String) -> Instant? {
        if isUTC(market) {
            return Instant(startOf: date)?.advanced(byMicroseconds: Int64(utcClose.hour * 60 + utcClose.minute) * 60_000_000)
        }
        let close = earlyCloses.contains(date) ? earlyClose : close
        return newYork.instant(of: date, hour: close.hour, minute: close.minute)
    }
}

extension RuleNode {
    func timeOfDay() throws -> (hour: Int, minute: Int) {
        try allowOnly(["hour", "minute"])
        let time = (hour: try integer("hour"), minute: try integer("minute"))
        guard (0..<24).contains(time.hour), (0..<60).contains(time.minute) else { throw fail("is no time of day") }
        return time
    }

    func dates() throws -> [CalendarDate] {
        try elements().map { node in
            guard let date = CalendarDate(try node.scalar()) else { throw node.fail("expected a date") }
            return date
        }
    }
}

extension CalendarDate {
    /// The days from another date to this one; negative if it comes first.
    package func days(since other: CalendarDate) -> Int { Int(daysSinceEpoch) - Int(other.daysSinceEpoch) }
}
