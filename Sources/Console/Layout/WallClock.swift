package import LedgerValues
package import OptionTrades

/// The clock by which a page tells its reader the time. Addresses, documents and `datetime` attributes stay in UTC.
package enum WallClock: Sendable {
    case utc
    /// By the ledger's own rules, never by the zone data of a host.
    case newYork(NewYorkRules)

    /// The name of the zone in the IANA database, for the page's scripts.
    var zone: String {
        switch self {
        case .utc: "UTC"
        case .newYork: "America/New_York"
        }
    }

    /// The zone in words, for the label of a field.
    var title: String {
        switch self {
        case .utc: "UTC"
        case .newYork: "New York"
        }
    }

    /// `2026-01-30 21:14:08 UTC`, for tables and facts. Text that is not an instant stays unchanged.
    func row(_ text: String) -> String {
        guard let face = Face(text, self) else { return text }
        return "\(face.local.prefix(10)) \(face.time) \(face.name)"
    }

    /// `30 Jan 2026 21:14 UTC`, for sentences; with seconds unless they are zero. Text that is not an instant stays unchanged.
    func prose(_ text: String) -> String {
        guard let face = Face(text, self) else { return text }
        let (year, month, day) = face.date
        let time = face.time.hasSuffix(":00") ? face.time.dropLast(3) : face.time[...]
        return "\(day) \(Self.months[month - 1]) \(year) \(time) \(face.name)"
    }

    /// `2026-01-30T21:14:08`, for the value of a picker. Nil for a text that is not an instant.
    package func picked(_ text: String) -> String? {
        Face(text, self).map { "\($0.local.prefix(10))T\($0.time)" }
    }

    /// The instant that a reader picked: `2026-01-30T21:14`, with or without seconds, or an instant with a zone of its own.
    ///
    /// In the hour that occurs twice in a New York autumn, this is the earlier moment. Nil for a time in the hour that
    /// spring skips, and for anything else.
    package func instant(picked text: String) -> Instant? {
        if let instant = Instant(text) { return instant }
        let text = text.replacing(" ", with: "T")
        guard let wall = Instant(text + "Z") ?? Instant(text + ":00Z") else { return nil }
        guard case .newYork(let rules) = self else { return wall }
        let (minutes, rest) = (wall.microseconds % 86_400_000_000).quotientAndRemainder(dividingBy: 60_000_000)
        return rules.instant(of: wall.date, hour: Int(minutes / 60), minute: Int(minutes % 60))?.advanced(byMicroseconds: rest)
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// What the clock shows at an instant.
    private struct Face {
        /// The instant's text as if the clock showed UTC.
        let local: String
        let date: (year: Int, month: Int, day: Int)
        /// The name of the zone's time: `UTC`, `EST` or `EDT`.
        let name: String

        init?(_ text: String, _ clock: WallClock) {
            guard let instant = Instant(text) else { return nil }
            var (shown, name) = (instant, "UTC")
            // A moment outside the table stays in UTC, and says so.
            if case .newYork(let rules) = clock, let offset = rules.offsetMinutes(at: instant), let known = rules.timeName(at: instant),
                let moved = instant.advanced(byMicroseconds: Int64(offset) * 60_000_000)
            {
                (shown, name) = (moved, known)
            }
            (local, date, self.name) = (shown.description, shown.date.components, name)
        }

        /// `21:14:08`
        var time: String { String(local.dropFirst(11).prefix(8)) }
    }
}

extension HTMLWriter {
    /// Writes an instant by the reader's clock. Text that is not an instant is written as it is.
    mutating func time(_ instant: String, inSentence: Bool = false) {
        element("time", [.dateTime(instant)], text: inSentence ? clock.prose(instant) : clock.row(instant))
    }
}
