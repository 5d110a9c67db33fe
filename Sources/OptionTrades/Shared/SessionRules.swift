package import LedgerRules
package import LedgerValues

/// The sessions of the New York exchanges (`shared/sessions.v<N>.yaml`), by New York's clock.
package final class SessionRules: Sendable {
    /// The open and the close of a date's session.
    package struct Session: Sendable, Equatable {
        package let open: Instant
        package let close: Instant
    }

    package let file: RuleFile
    package let newYork: NewYorkRules
    private let open: (hour: Int, minute: Int)
    private let close: (hour: Int, minute: Int)
    private let earlyClose: (hour: Int, minute: Int)
    private let years: Set<Int>
    private let holidays: Set<CalendarDate>
    private let early: Set<CalendarDate>

    package init(path: String, newYork: NewYorkRules, read: RuleFileReader) throws {
        let document = try RuleDocument(path: path, kind: "sessions", read: read)
        let root = document.root
        try root.allowOnly(["rules", "version", "open", "close", "early_close", "years"])
        file = document.file
        self.newYork = newYork
        open = try Self.time(root, "open")
        close = try Self.time(root, "close")
        earlyClose = try Self.time(root, "early_close")
        var (years, holidays, early): (Set<Int>, Set<CalendarDate>, Set<CalendarDate>) = ([], [], [])
        for (name, node) in try root.member("years").members() {
            guard let year = Int(name) else { throw node.fail("expected a year") }
            try node.allowOnly(["holidays", "early"])
            years.insert(year)
            holidays.formUnion(try Self.dates(node, "holidays", year))
            early.formUnion(try Self.dates(node, "early", year))
        }
        guard holidays.isDisjoint(with: early) else { throw root.fail("a date is a holiday and closes early") }
        (self.years, self.holidays, self.early) = (years, holidays, early)
    }

    private static func dates(_ node: RuleNode, _ name: String, _ year: Int) throws -> [CalendarDate] {
        try node.member(name).elements().map { element in
            guard let date = CalendarDate(try element.scalar()), date.year == year else {
                throw element.fail("expected a date of the year \(year)")
            }
            return date
        }
    }

    private static func time(_ root: RuleNode, _ name: String) throws -> (hour: Int, minute: Int) {
        let value = try root.member(name)
        let parts = try value.scalar().split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let hour = parts[0], let minute = parts[1], 0..<24 ~= hour, 0..<60 ~= minute else {
            throw value.fail("expected a time of day, HH:MM")
        }
        return (hour, minute)
    }

    /// The session of a date; nil on a day without one, and outside the years of the file.
    package func session(on date: CalendarDate) -> Session? {
        // The first of January 1970, day 0, was a Thursday.
        let weekday = (date.daysSinceEpoch % 7 + 7 + 3) % 7
        guard years.contains(date.year), weekday < 5, !holidays.contains(date) else { return nil }
        let end = early.contains(date) ? earlyClose : close
        guard let from = newYork.instant(of: date, hour: open.hour, minute: open.minute),
            let to = newYork.instant(of: date, hour: end.hour, minute: end.minute), from < to
        else { return nil }
        return Session(open: from, close: to)
    }

    /// The session of New York's date at a moment; nil if that date has none.
    package func session(at instant: Instant) -> Session? { newYork.date(at: instant).flatMap { session(on: $0) } }

    /// The first close after a moment: that of the moment's own session, else of the next one; nil outside the years.
    package func nextClose(after instant: Instant) -> Instant? {
        guard var date = newYork.date(at: instant) else { return nil }
        for _ in 0..<14 {
            if let session = session(on: date), session.close > instant { return session.close }
            guard let next = date.advanced(byDays: 1) else { return nil }
            date = next
        }
        return nil
    }
}
