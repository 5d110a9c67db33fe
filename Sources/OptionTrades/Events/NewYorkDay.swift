package import LedgerValues

/// When a date ends in New York, for the valid time of daily bars.
///
/// It is part of the event, which is the same under any rules, and so follows from the law alone: daylight saving time from the
/// second Sunday of March to the first of November since 2007, from the first Sunday of April to the last of October since 1987,
/// and from the last Sunday of April before that, but for the early starts of 1974 and 1975. `shared/new_york.v1.yaml` says the
/// same, and a test compares them.
package enum NewYorkDay {
    /// 24:00 in New York of a date. Nil outside the years 1970…2199.
    package static func end(of date: CalendarDate) -> Instant? {
        guard let next = date.advanced(byDays: 1), let midnight = Instant(startOf: next) else { return nil }
        // The clocks change at two in the morning, so the offset at the end of a day is that of the day's noon.
        return midnight.advanced(byMicroseconds: (isDaylight(date) ? 4 : 5) * 3_600_000_000)
    }

    /// The date in New York of an instant. Nil outside the years 1970…2199.
    package static func date(at instant: Instant) -> CalendarDate? {
        guard let before = instant.date.advanced(byDays: -1), let start = end(of: before) else { return nil }
        return instant < start ? before : instant.date
    }

    /// Whether clocks show daylight saving time at noon of a date.
    static func isDaylight(_ date: CalendarDate) -> Bool {
        let year = date.year
        let (from, to): (CalendarDate?, CalendarDate?) =
            switch year {
            case 2007...: (sunday(2, of: 3, year), sunday(1, of: 11, year))
            case 1987...: (sunday(1, of: 4, year), lastSunday(of: 10, year))
            case 1974: (CalendarDate(year: 1974, month: 1, day: 6), lastSunday(of: 10, year))
            case 1975: (CalendarDate(year: 1975, month: 2, day: 23), lastSunday(of: 10, year))
            default: (lastSunday(of: 4, year), lastSunday(of: 10, year))
            }
        guard let from, let to else { return false }
        return date >= from && date < to
    }

    private static func sunday(_ number: Int, of month: Int, _ year: Int) -> CalendarDate? {
        CalendarDate(year: year, month: month, day: 1).flatMap { first in
            first.advanced(byDays: (7 - first.weekday) % 7 + 7 * (number - 1))
        }
    }

    private static func lastSunday(of month: Int, _ year: Int) -> CalendarDate? {
        CalendarDate(year: month == 12 ? year + 1 : year, month: month % 12 + 1, day: 1).flatMap { next in
            next.advanced(byDays: -(next.weekday == 0 ? 7 : next.weekday))
        }
    }
}

extension CalendarDate {
    /// The day of the week, 0 for Sunday.
    package var weekday: Int {
        // 1970-01-01 was a Thursday.
        let day = (Int(daysSinceEpoch) + 4) % 7
        return day < 0 ? day + 7 : day
    }
}
