import LedgerValues
import RandomSupport
import Testing

@Suite("Instants")
struct InstantTests {
    @Test(
        "Text reads as the right moment",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1970-01-01T00:00:00.000001Z", 1),
            ("2000-02-29T12:34:56Z", 951_827_696_000_000),
            ("2026-01-14T15:32:10.1Z", 1_768_404_730_100_000), ("2026-01-14T15:32:10.123456Z", 1_768_404_730_123_456),
            ("2026-01-14T10:32:10-05:00", 1_768_404_730_000_000), ("2026-01-14T21:17:10+05:45", 1_768_404_730_000_000),
            ("1969-12-31T19:00:00-05:00", 0), ("2199-12-31T23:59:59.999999Z", 7_258_118_399_999_999),
            ("2200-01-01T00:59:59+01:00", 7_258_118_399_000_000), ("2026-01-14T15:32:10-00:00", 1_768_404_730_000_000),
        ] as [(String, Int64)])
    func reads(text: String, microseconds: Int64) {
        #expect(Instant(text)?.microseconds == microseconds)
    }

    @Test(
        "Malformed text and moments outside 1970…2199 are refused",
        arguments: [
            "", "2026-01-14", "2026-01-14T15:32:10", "2026-01-14 15:32:10Z", "2026-01-14t15:32:10Z",
            "2026-01-14T15:32:10z",
            "2026-01-14T15:32Z", "2026-01-14T15:32:60Z", "2026-01-14T24:00:00Z", "2026-01-14T15:60:00Z",
            "2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
            "2026-01-14T15:32:10.Z", "2026-01-14T15:32:10.1234567Z", "2026-01-14T15:32:10,5Z",
            "2026-01-14T15:32:10+0500",
            "2026-01-14T15:32:10+05", "2026-01-14T15:32:10+05:0", "2026-01-14T15:32:10+05:60",
            "2026-01-14T15:32:10+24:00",
            "2026-01-14T15:32:10Z ", " 2026-01-14T15:32:10Z", "2026-01-14T15:32:10ZZ", "2026-01-14T15:32:10.5",
            "+2026-01-14T15:32:10Z", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00+00:01", "2200-01-01T00:00:00Z",
            "2199-12-31T23:59:59-00:01", "0000-01-01T00:00:00Z", "2026-1-14T15:32:10Z0", "2026-01-14T15:32:1٠Z",
        ])
    func refuses(text: String) {
        #expect(Instant(text) == nil)
    }

    @Test(arguments: UInt64(1)...50)
    func `text and moment round trip, also written at an offset`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            var microseconds = Int64.random(in: 0...Instant.maximum.microseconds, using: &random)
            if Bool.random(using: &random) { microseconds -= microseconds % 1_000_000 }
            let instant = try #require(Instant(microseconds: microseconds))
            let text = instant.description
            #expect(text.utf8.count == (microseconds % 1_000_000 == 0 ? 20 : 27) && text.hasSuffix("Z"))
            #expect(Instant(text) == instant)
            let offset = Int.random(in: -1439...1439, using: &random)
            if let local = instant.advanced(byMicroseconds: Int64(offset) * 60_000_000) {
                func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
                let zone = "\(offset < 0 ? "-" : "+")\(two(abs(offset) / 60)):\(two(abs(offset) % 60))"
                #expect(Instant(local.description.dropLast() + zone) == instant)
            }
            #expect(instant.flooredToMinute.microseconds == microseconds / 60_000_000 * 60_000_000)
            #expect(text.hasPrefix(instant.date.description))
            #expect(try #require(Instant(startOf: instant.date)) <= instant)
        }
    }

    @Test func `the bounds hold`() {
        #expect(Instant.minimum.description == "1970-01-01T00:00:00Z")
        #expect(Instant.maximum.description == "2199-12-31T23:59:59.999999Z")
        #expect(Instant(microseconds: -1) == nil && Instant(microseconds: Instant.maximum.microseconds + 1) == nil)
        #expect(
            Instant.minimum.advanced(byMicroseconds: -1) == nil && Instant.maximum.advanced(byMicroseconds: 1) == nil)
        #expect(Instant.maximum.advanced(byMicroseconds: .max) == nil)
        #expect(Instant.minimum < Instant.maximum)
    }
}

@Suite("Dates")
struct CalendarDateTests {
    @Test func `every day of the years 1…9999 has its place and its text`() throws {
        var days = Int(CalendarDate.minimum.daysSinceEpoch)
        for year in 1...9999 {
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            for (index, length) in [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].enumerated() {
                // The days inside a month follow each other; its ends are where arithmetic could slip.
                for day in [1, length] {
                    let date = try #require(CalendarDate(year: year, month: index + 1, day: day))
                    guard Int(date.daysSinceEpoch) == days + day - 1, date.components == (year, index + 1, day) else {
                        Issue.record("\(year)-\(index + 1)-\(day): \(date.daysSinceEpoch), \(date.components)")
                        return
                    }
                }
                #expect(CalendarDate(year: year, month: index + 1, day: length + 1) == nil)
                days += length
            }
        }
        #expect(days - 1 == Int(CalendarDate.maximum.daysSinceEpoch))
    }

    @Test(arguments: UInt64(1)...10)
    func `text round trips`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let days = Int.random(
                in: Int(CalendarDate.minimum.daysSinceEpoch)...Int(CalendarDate.maximum.daysSinceEpoch), using: &random)
            let date = try #require(CalendarDate(checkingDaysSinceEpoch: days))
            #expect(date.description.utf8.count == 10)
            #expect(CalendarDate(date.description) == date)
            #expect(CalendarDate(year: date.year, month: date.month, day: date.day) == date)
            #expect((date.advanced(byDays: -1) ?? .minimum) <= date)
        }
    }

    @Test func `known dates`() {
        #expect(CalendarDate("1970-01-01")?.daysSinceEpoch == 0)
        #expect(CalendarDate("2000-03-01")?.daysSinceEpoch == 11_017)
        #expect(CalendarDate.minimum.description == "0001-01-01" && CalendarDate.maximum.description == "9999-12-31")
        #expect(CalendarDate.minimum.advanced(byDays: -1) == nil && CalendarDate.maximum.advanced(byDays: 1) == nil)
        #expect(CalendarDate.minimum.advanced(byDays: .min) == nil)
    }

    @Test(
        "What is no real date is refused",
        arguments: [
            "", "2026-02-29", "1900-02-29", "2026-04-31", "2026-00-10", "2026-13-10", "2026-01-00", "0000-01-01",
            "2026-1-01",
            "20260101", "2026/01/01", "2026-01-01 ", "2026-01-0a", "-026-01-01",
        ])
    func refuses(text: String) {
        #expect(CalendarDate(text) == nil)
    }
}
