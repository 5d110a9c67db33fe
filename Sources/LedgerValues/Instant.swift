/// A moment in UTC with a resolution of a microsecond, in the years 1970…2199.
public struct Instant: Sendable, Hashable {
    /// Microseconds since 1970-01-01T00:00:00Z.
    public let microseconds: Int64

    /// 1970-01-01T00:00:00Z.
    public static let minimum = Instant(unchecked: 0)

    /// 2199-12-31T23:59:59.999999Z.
    public static let maximum = Instant(unchecked: 7_258_118_400_000_000 - 1)

    private static let microsecondsPerDay: Int64 = 86_400_000_000

    private init(unchecked microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// The moment that many microseconds after 1970-01-01T00:00:00Z, or nil outside the years 1970…2199.
    public init?(microseconds: Int64) {
        guard microseconds >= Self.minimum.microseconds, microseconds <= Self.maximum.microseconds else { return nil }
        self.microseconds = microseconds
    }

    /// The first moment of a date in UTC, or nil outside the years 1970…2199.
    public init?(startOf date: CalendarDate) {
        self.init(microseconds: Int64(date.daysSinceEpoch) * Self.microsecondsPerDay)
    }

    /// The moment that many microseconds later (earlier if negative), or nil outside the years 1970…2199.
    public func advanced(byMicroseconds interval: Int64) -> Instant? {
        let (sum, overflow) = microseconds.addingReportingOverflow(interval)
        return overflow ? nil : Instant(microseconds: sum)
    }

    /// The date in UTC.
    public var date: CalendarDate {
        CalendarDate(daysSinceEpoch: Int32(truncatingIfNeeded: microseconds / Self.microsecondsPerDay))
    }

    /// The start of the minute that holds the moment.
    public var flooredToMinute: Instant {
        Instant(unchecked: microseconds - microseconds % 60_000_000)
    }
}

extension Instant: Comparable {
    /// Earlier moments come first.
    public static func < (left: Instant, right: Instant) -> Bool {
        left.microseconds < right.microseconds
    }
}

extension Instant: CustomStringConvertible {
    /// Reads `YYYY-MM-DDTHH:MM:SS[.1–6 digits](Z or ±HH:MM)` with capital T and Z, seconds 00–59, and offsets
    /// of hours 00–23 and minutes 00–59. Nil for anything else, and if the moment in UTC falls outside the
    /// years 1970…2199. Without allocation.
    public init?(parsing text: Span<UInt8>) {
        guard text.count >= 20, let date = CalendarDate(parsing: text.extracting(first: 10)),
            text[10] == UInt8(ascii: "T"),
            let hour = decimalNumber(in: text, from: 11, count: 2), hour < 24, text[13] == UInt8(ascii: ":"),
            let minute = decimalNumber(in: text, from: 14, count: 2), minute < 60, text[16] == UInt8(ascii: ":"),
            let second = decimalNumber(in: text, from: 17, count: 2), second < 60
        else { return nil }
        var index = 19
        var fraction: Int64 = 0
        if text[index] == UInt8(ascii: ".") {
            index += 1
            var place: Int64 = 100_000
            while index < text.count, let digit = text[index].decimalDigit {
                guard place > 0 else { return nil }
                fraction += Int64(digit) * place
                place /= 10
                index += 1
            }
            guard index > 20 else { return nil }
        }
        guard let offset = Self.offsetInMinutes(in: text, from: index) else { return nil }
        let minutes = hour * 60 + minute - offset
        self.init(
            microseconds: Int64(date.daysSinceEpoch) * Self.microsecondsPerDay
                + Int64(minutes * 60 + second) * 1_000_000 + fraction)
    }

    /// Reads the text of an instant; see ``init(parsing:)``.
    public init?(_ text: String) {
        self.init(parsing: text.utf8Span.span)
    }

    /// The offset in minutes east of UTC, written from `start` to the end of the text.
    private static func offsetInMinutes(in text: Span<UInt8>, from start: Int) -> Int? {
        guard start < text.count else { return nil }
        let sign = text[start]
        if sign == UInt8(ascii: "Z") { return start + 1 == text.count ? 0 : nil }
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), text.count == start + 6,
            let hours = decimalNumber(in: text, from: start + 1, count: 2), hours < 24,
            text[start + 3] == UInt8(ascii: ":"),
            let minutes = decimalNumber(in: text, from: start + 4, count: 2), minutes < 60
        else { return nil }
        let offset = hours * 60 + minutes
        return sign == UInt8(ascii: "-") ? -offset : offset
    }

    /// The largest number of bytes of an instant's text.
    public static let longestText = 27

    /// Appends `YYYY-MM-DDTHH:MM:SSZ`, with exactly six fractional digits if the microseconds are not zero.
    /// Without allocation if `out` has room (``longestText`` bytes).
    public func write(to out: inout [UInt8]) {
        append(capacity: Self.longestText, to: &out) { write(at: $0) }
    }

    /// Writes the text that ``write(to:)`` appends at an address with room for ``longestText`` bytes, and returns the
    /// number of bytes written.
    public func write(at out: UnsafeMutablePointer<UInt8>) -> Int {
        _ = date.write(at: out)
        let sinceMidnight = UInt64(bitPattern: microseconds % Self.microsecondsPerDay)
        let seconds = sinceMidnight / 1_000_000
        let fraction = sinceMidnight &- seconds &* 1_000_000
        let minutes = seconds / 60
        let hours = minutes / 60
        out[10] = UInt8(ascii: "T")
        writeDecimal(hours, width: 2, to: out + 11)
        out[13] = UInt8(ascii: ":")
        writeDecimal(minutes &- hours &* 60, width: 2, to: out + 14)
        out[16] = UInt8(ascii: ":")
        writeDecimal(seconds &- minutes &* 60, width: 2, to: out + 17)
        var at = 19
        if fraction > 0 {
            out[19] = UInt8(ascii: ".")
            writeDecimal(fraction, width: 6, to: out + 20)
            at = 26
        }
        out[at] = UInt8(ascii: "Z")
        return at &+ 1
    }

    /// The text that ``write(to:)`` appends.
    public var description: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(27)
        write(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
