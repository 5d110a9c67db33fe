import LedgerValues

/// How good a series is at a moment: as of when, and how old.
struct SeriesQuality: Sendable {
    /// From the best to the worst.
    enum Status: String, Comparable {
        case live, stale, unavailable

        static func < (left: Status, right: Status) -> Bool { left.rank < right.rank }

        private var rank: Int {
            switch self {
            case .live: 0
            case .stale: 1
            case .unavailable: 2
            }
        }
    }

    /// The kind of observation.
    let series: String
    let status: Status
    /// The timestamp of its newest observation; nil where there was no observation yet.
    let newest: Instant?
    /// ``newest``, or the end of its hour, not later than now.
    let asOf: Instant?
    let ageMinutes: ExactNumber?
    /// How many observations have the newest timestamp.
    let rows: Int

    /// - Parameters:
    ///   - timestamps: of its observations, ascending, none later than now.
    ///   - endsWithItsHour: whether the series is as of the end of its newest observation's hour.
    init(
        _ series: String, _ timestamps: [Instant], now: Instant, _ tolerance: SeriesNeeds.Tolerance, endsWithItsHour: Bool = false
    ) {
        self.series = series
        newest = timestamps.last
        asOf = endsWithItsHour ? timestamps.last.map { min($0.hour.advanced(byMicroseconds: 3_600_000_000) ?? now, now) } : newest
        rows = timestamps.reversed().prefix { $0 == timestamps.last }.count
        ageMinutes = asOf.map { now.minutes(since: $0) }
        status =
            switch ageMinutes {
            case let age? where age <= ExactNumber(tolerance.freshMinutes): .live
            case let age? where age <= ExactNumber(tolerance.usableMinutes): .stale
            default: .unavailable
            }
    }
}

extension Instant {
    /// The minutes since an earlier moment, exact.
    func minutes(since earlier: Instant) -> ExactNumber {
        ExactNumber(Int(microseconds - earlier.microseconds)).divided(by: ExactNumber(60_000_000)) ?? .zero
    }

    /// The start of its hour.
    var hour: Instant { advanced(byMicroseconds: -(microseconds % 3_600_000_000)) ?? self }
}
