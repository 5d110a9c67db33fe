import LedgerRules
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@Suite struct LifecycleNewYorkTests {
    let newYork: NewYorkRules

    init() throws { newYork = try NewYorkRules(path: "shared/new_york.v1.yaml", read: projectRuleFile) }

    private func at(_ text: String) throws -> Instant { try instant(text) }

    /// The n-th Sunday of a month, or its last where `n` is 0, counted day by day from a Sunday: 1969-12-28.
    private func sunday(_ n: Int, _ month: Int, _ year: Int) throws -> CalendarDate {
        let sundays = (1...31).compactMap { CalendarDate(year: year, month: month, day: $0) }
            .filter { (Int($0.daysSinceEpoch) + 4) % 7 == 0 }
        return try #require(n == 0 ? sundays.last : sundays[n - 1])
    }

    @Test func `every year changes when the law of its time says`() throws {
        for year in 1970...2199 {
            let from =
                switch year {
                case 1974: try #require(CalendarDate("1974-01-06"))
                case 1975: try #require(CalendarDate("1975-02-23"))
                case ...1986: try sunday(0, 4, year)
                case ...2006: try sunday(1, 4, year)
                default: try sunday(2, 3, year)
                }
            let to = year < 2007 ? try sunday(0, 10, year) : try sunday(1, 11, year)
            let start = try #require(Instant(startOf: from)?.advanced(byMicroseconds: 7 * 3_600_000_000))
            let end = try #require(Instant(startOf: to)?.advanced(byMicroseconds: 6 * 3_600_000_000))
            let before = try #require(start.advanced(byMicroseconds: -1))
            let last = try #require(end.advanced(byMicroseconds: -1))
            #expect(newYork.offsetMinutes(at: before) == -300, "\(year)")
            #expect(newYork.offsetMinutes(at: start) == -240, "\(year)")
            #expect(newYork.offsetMinutes(at: last) == -240, "\(year)")
            #expect(newYork.offsetMinutes(at: end) == -300, "\(year)")
        }
    }

    @Test func `a date changes at new yorks midnight`() throws {
        #expect(newYork.date(at: try at("2026-01-30T04:59:59.999999Z")) == CalendarDate("2026-01-29"))
        #expect(newYork.date(at: try at("2026-01-30T05:00:00Z")) == CalendarDate("2026-01-30"))
        #expect(newYork.date(at: try at("2026-07-01T03:59:59.999999Z")) == CalendarDate("2026-06-30"))
        #expect(newYork.date(at: try at("2026-07-01T04:00:00Z")) == CalendarDate("2026-07-01"))
        #expect(newYork.date(at: .minimum) == CalendarDate("1969-12-31"))
        #expect(newYork.date(at: .maximum) == CalendarDate("2199-12-31"))
    }

    @Test func `the close of a date follows daylight saving time`() throws {
        func close(_ date: String) throws -> Instant? {
            newYork.instant(of: try #require(CalendarDate(date)), hour: 16, minute: 0)
        }
        #expect(try close("2026-03-06") == (try at("2026-03-06T21:00:00Z")))
        #expect(try close("2026-03-08") == (try at("2026-03-08T20:00:00Z")))
        #expect(try close("2026-10-30") == (try at("2026-10-30T20:00:00Z")))
        #expect(try close("2026-11-01") == (try at("2026-11-01T21:00:00Z")))
        #expect(try close("2199-12-31") == (try at("2199-12-31T21:00:00Z")))
        #expect(try close("1969-12-31") == nil)
        #expect(try close("2200-01-01") == nil)
    }

    @Test func `an hour left out is no moment and one that comes twice is the earlier`() throws {
        let spring = try #require(CalendarDate("2026-03-08"))
        let autumn = try #require(CalendarDate("2026-11-01"))
        #expect(newYork.instant(of: spring, hour: 1, minute: 59) == (try at("2026-03-08T06:59:00Z")))
        #expect(newYork.instant(of: spring, hour: 2, minute: 0) == nil)
        #expect(newYork.instant(of: spring, hour: 2, minute: 59) == nil)
        #expect(newYork.instant(of: spring, hour: 3, minute: 0) == (try at("2026-03-08T07:00:00Z")))
        #expect(newYork.instant(of: autumn, hour: 1, minute: 30) == (try at("2026-11-01T05:30:00Z")))
        #expect(newYork.instant(of: autumn, hour: 2, minute: 0) == (try at("2026-11-01T07:00:00Z")))
        #expect(newYork.instant(of: autumn, hour: 24, minute: 0) == nil)
        #expect(newYork.instant(of: autumn, hour: 16, minute: 60) == nil)
    }

    @Test func `date and moment agree over random moments`() throws {
        for seed in 0..<2_000 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            let moment = try #require(
                Instant(microseconds: Int64.random(in: 86_400_000_000..<Instant.maximum.microseconds, using: &random)))
            let minute = moment.flooredToMinute
            let offset = try #require(newYork.offsetMinutes(at: minute))
            let local = try #require(minute.advanced(byMicroseconds: Int64(offset) * 60_000_000))
            let date = try #require(newYork.date(at: minute))
            #expect(local.date == date, "seed \(seed)")
            let minutes = Int(local.microseconds / 60_000_000 % 1440)
            let back = try #require(newYork.instant(of: date, hour: minutes / 60, minute: minutes % 60), "seed \(seed)")
            // Only the hour that comes twice may give an earlier moment.
            #expect(back == minute || back.advanced(byMicroseconds: 3_600_000_000) == minute, "seed \(seed)")
        }
    }

    @Test(arguments: [
        ("year out of order", "  1970: {", "  1971: {"), ("no date of the year", "from: 1970-04-26", "from: 1971-04-26"),
        ("no such date", "from: 1970-04-26", "from: 1970-04-31"), ("unknown key", "change_hour: 2", "change_hours: 2"),
        ("end before start", "to: 1970-10-25", "to: 1970-03-25"), ("hour", "change_hour: 2", "change_hour: 24"),
        ("offset", "standard_offset_minutes: -300", "standard_offset_minutes: -3000"),
    ])
    func aFileThatIsWrongIsRefused(_ what: String, _ old: String, _ new: String) throws {
        #expect(throws: RuleError.self, "\(what)") {
            _ = try NewYorkRules(path: "shared/new_york.v1.yaml") { path in
                let text = String(decoding: try #require(projectRuleFile(path)), as: UTF8.self)
                #expect(text.contains(old))
                return Array(text.replacing(old, with: new).utf8)
            }
        }
    }
}
