/// A date of the proleptic Gregorian calendar, in the years 1…9999.
public struct CalendarDate: Sendable, Hashable {
    /// Days since 1970-01-01, negative before it.
    public let daysSinceEpoch: Int32

    /// Makes a date from days already known to lie in the years 1…9999.
    init(daysSinceEpoch: Int32) {
        self.daysSinceEpoch = daysSinceEpoch
    }

    /// The first date, 0001-01-01.
    public static let minimum = CalendarDate(daysSinceEpoch: -719_162)

    /// The last date, 9999-12-31.
    public static let maximum = CalendarDate(daysSinceEpoch: 2_932_896)

    /// The date that many days after 1970-01-01, or nil outside the years 1…9999.
    public init?(checkingDaysSinceEpoch days: Int) {
        guard days >= Int(Self.minimum.daysSinceEpoch), days <= Int(Self.maximum.daysSinceEpoch) else { return nil }
        daysSinceEpoch = Int32(days)
    }

    /// The date of a year (1…9999), a month (1…12) and a day of that month, or nil if no such date exists.
    public init?(year: Int, month: Int, day: Int) {
        guard (1...9999).contains(year), (1...12).contains(month), day >= 1,
            day <= Self.daysInMonth(month, ofYear: year)
        else { return nil }
        // Counting years from March puts the leap day last; 400 years are 146,097 days.
        let shiftedYear = month > 2 ? year : year - 1
        let monthFromMarch = month > 2 ? month - 3 : month + 9
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        let era = shiftedYear / 400
        let yearOfEra = shiftedYear % 400
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        daysSinceEpoch = Int32(era * 146_097 + dayOfEra - 719_468)
    }

    private static func daysInMonth(_ month: Int, ofYear year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// The year (1…9999), the month (1…12) and the day (1…31).
    public var components: (year: Int, month: Int, day: Int) {
        let days = Int(daysSinceEpoch) + 719_468
        let era = days / 146_097
        let dayOfEra = days % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, day)
    }

    /// The year, 1…9999.
    public var year: Int { components.year }

    /// The month, 1…12.
    public var month: Int { components.month }

    /// The day of the month, 1…31.
    public var day: Int { components.day }

    /// The date that many days later (earlier if negative), or nil outside the years 1…9999.
    public func advanced(byDays days: Int) -> CalendarDate? {
        let (sum, overflow) = Int(daysSinceEpoch).addingReportingOverflow(days)
        return overflow ? nil : CalendarDate(checkingDaysSinceEpoch: sum)
    }
}

extension CalendarDate: Comparable {
    /// Earlier dates come first.
    public static func < (left: CalendarDate, right: CalendarDate) -> Bool {
        left.daysSinceEpoch < right.daysSinceEpoch
    }
}

extension CalendarDate: CustomStringConvertible {
    /// Reads exactly `YYYY-MM-DD`; nil if the text is not a real date of the years 1…9999.
    public init?(parsing text: Span<UInt8>) {
        guard text.count == 10, text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"),
            let year = decimalNumber(in: text, from: 0, count: 4),
            let month = decimalNumber(in: text, from: 5, count: 2),
            let day = decimalNumber(in: text, from: 8, count: 2)
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    /// Reads exactly `YYYY-MM-DD`; see ``init(parsing:)``.
    public init?(_ text: String) {
        self.init(parsing: text.utf8Span.span)
    }

    /// The number of bytes of a date's text.
    public static let longestText = 10

    /// Appends `YYYY-MM-DD`.
    public func write(to out: inout [UInt8]) {
        append(capacity: Self.longestText, to: &out) { write(at: $0) }
    }

    /// Writes `YYYY-MM-DD` at an address with room for ``longestText`` bytes, and returns the number of bytes written.
    public func write(at out: UnsafeMutablePointer<UInt8>) -> Int {
        let (year, month, day) = components
        writeDecimal(UInt64(year), width: 4, to: out)
        out[4] = UInt8(ascii: "-")
        writeDecimal(UInt64(month), width: 2, to: out + 5)
        out[7] = UInt8(ascii: "-")
        writeDecimal(UInt64(day), width: 2, to: out + 8)
        return Self.longestText
    }

    /// `YYYY-MM-DD`.
    public var description: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(10)
        write(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
