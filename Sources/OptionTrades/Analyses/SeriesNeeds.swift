import LedgerRules
import LedgerValues

/// A rule file's table `needs`: the series that a document needs, and how old each may be.
struct SeriesNeeds: Sendable {
    struct Tolerance: Sendable {
        /// Up to here a series is live, in minutes, inclusive.
        let freshMinutes: Int
        /// Up to here it is stale, beyond it unavailable.
        let usableMinutes: Int
    }

    /// By the series' names, bytewise.
    let series: [(table: ObservationTable, tolerance: Tolerance)]

    /// - Parameter tables: the series that the analysis reads; the file names each of them.
    init(_ node: RuleNode, _ tables: [ObservationTable]) throws {
        try node.allowOnly(Set(tables.map(\.kind.rawValue)))
        series = try tables.sorted { $0.kind.rawValue.isBytewiseLess(than: $1.kind.rawValue) }.map { table in
            let tolerance = try node.member(table.kind.rawValue)
            try tolerance.allowOnly(["fresh_minutes", "usable_minutes"])
            let fresh = try tolerance.whole("fresh_minutes", from: 0)
            return (table, Tolerance(freshMinutes: fresh, usableMinutes: try tolerance.whole("usable_minutes", from: fresh)))
        }
    }
}
