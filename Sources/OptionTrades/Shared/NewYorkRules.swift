package import LedgerRules
package import LedgerValues

/// The clock of New York (`shared/new_york.v<N>.yaml`): its offsets from UTC and, for each year, the dates of daylight
/// saving time. Results depend on this file, never on the host's zone data.
package final class NewYorkRules: Sendable {
    package let file: RuleFile
    /// Minutes east of UTC in winter and in summer.
    private let standardOffset: Int
    private let daylightOffset: Int
    /// The first year of the table. The others follow without a gap.
    private let firstYear: Int
    /// For each year: the first moment of daylight saving time, and the first moment after it.
    private let daylight: [(from: Instant, to: Instant)]

    package init(path: String, read: RuleFileReader) throws {
        let document = try RuleDocument(path: path, kind: "new_york", read: read)
        let root = document.root
        try root.allowOnly([
            "rules", "version", "standard_offset_minutes", "daylight_offset_minutes", "change_hour", "years",
        ])
        file = document.file
        standardOffset = try Self.offset(root, "standard_offset_minutes")
        daylightOffset = try Self.offset(root, "daylight_offset_minutes")
        let hour = try root.integer("change_hour")
        guard (0..<24).contains(hour) else { throw try root.member("change_hour").fail("is no hour of the day") }

        let years = try root.member("years")
        var daylight: [(from: Instant, to: Instant)] = []
        var first: Int?
        for (name, node) in try years.members() {
            guard let year = Int(name), year == (first ?? year) + daylight.count else {
                throw node.fail("expected the years in order, without a gap")
            }
            first = first ?? year
            try node.allowOnly(["from", "to"])
            let from = try Self.change(node, "from", year, minutes: hour * 60 - standardOffset)
            let to = try Self.change(node, "to", year, minutes: hour * 60 - daylightOffset)
            guard from < to else { throw node.fail("`to` does not come after `from`") }
            daylight.append((from, to))
        }
        guard let first else { throw years.fail("lists no year") }
        firstYear = first
        self.daylight = daylight
    }

    private static func offset(_ root: RuleNode, _ name: String) throws -> Int {
        let minutes = try root.integer(name)
        guard abs(minutes) < 24 * 60 else { throw try root.member(name).fail("is a day or more") }
        return minutes
    }

    /// The moment the given number of minutes after 00:00 UTC of a date in the given year.
    private static func change(_ node: RuleNode, _ name: String, _ year: Int, minutes: Int) throws -> Instant {
        let value = try node.member(name)
        guard let date = CalendarDate(try value.scalar()), date.year == year,
            let instant = Instant(startOf: date)?.advanced(byMicroseconds: Int64(minutes) * 60_000_000)
        else { throw value.fail("expected a date of the year \(year)") }
        return instant
    }

    /// Minutes east of UTC at a moment. Nil if the moment's year in UTC is not in the table. Constant time.
    ///
    /// A year's first hours in UTC still belong to the previous year in New York. The offset is the same, because both
    /// are in winter.
    package func offsetMinutes(at instant: Instant) -> Int? {
        let index = instant.date.year - firstYear
        guard daylight.indices.contains(index) else { return nil }
        let (from, to) = daylight[index]
        return instant >= from && instant < to ? daylightOffset : standardOffset
    }

    /// What New York calls its time at a moment: `EST` or `EDT`. Nil if the moment's year in UTC is not in the table.
    package func timeName(at instant: Instant) -> String? {
        offsetMinutes(at: instant).map { $0 == standardOffset ? "EST" : "EDT" }
    }

    /// The calendar date in New York at a moment. Nil if the moment's year in UTC is not in the table.
    package func date(at instant: Instant) -> CalendarDate? {
        guard let offset = offsetMinutes(at: instant) else { return nil }
        let (days, microseconds) = (instant.microseconds + Int64(offset) * 60_000_000)
            .quotientAndRemainder(dividingBy: 86_400_000_000)
        return CalendarDate(checkingDaysSinceEpoch: Int(microseconds < 0 ? days - 1 : days))
    }

    /// The moment at which New York's clocks show the given time on a date.
    ///
    /// In the autumn hour that occurs twice, this is the earlier moment. Nil for a time in the hour that spring skips,
    /// for an invalid time, and outside the table.
    package func instant(of date: CalendarDate, hour: Int, minute: Int) -> Instant? {
        guard (0..<24).contains(hour), (0..<60).contains(minute) else { return nil }
        let local = Int64(date.daysSinceEpoch) * 86_400_000_000 + Int64(hour * 60 + minute) * 60_000_000
        for offset in [max(daylightOffset, standardOffset), min(daylightOffset, standardOffset)] {
            guard let instant = Instant(microseconds: local - Int64(offset) * 60_000_000),
                offsetMinutes(at: instant) == offset
            else { continue }
            return instant
        }
        return nil
    }
}
