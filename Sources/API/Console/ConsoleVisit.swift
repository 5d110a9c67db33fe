import LedgerValues

/// What a browser remembers of its reader's visits: where the log ended when the last one did, and where this one is.
///
/// A visit ends after half an hour without a page.
struct ConsoleVisit: Equatable {
    /// The head at the end of the last visit. On a first visit the head at its start.
    private(set) var seen: Int64
    /// The head at the latest page.
    private var shown: Int64
    /// The minute of the latest page, counted from 1970.
    private var minute: Int64

    static let cookie = "alpha_ledger_visit"
    private static let minutesOfPause: Int64 = 30

    /// The visit after a page with a head.
    ///
    /// - Parameter cookie: what the browser remembers; nil, or not a visit of this ledger, for a first visit
    init(after cookie: String?, head: Int64, now: Instant) {
        let minute = now.microseconds / 60_000_000
        let parts = (cookie ?? "").split(separator: ".").compactMap { Int64($0) }
        self.init(seen: head, shown: head, minute: minute)
        guard parts.count == 3, 0...head ~= parts[0], parts[0]...head ~= parts[1], 0...minute ~= parts[2] else { return }
        seen = minute - parts[2] > Self.minutesOfPause ? parts[1] : parts[0]
    }

    private init(seen: Int64, shown: Int64, minute: Int64) {
        (self.seen, self.shown, self.minute) = (seen, shown, minute)
    }

    /// The value of the cookie.
    var text: String { "\(seen).\(shown).\(minute)" }
}
