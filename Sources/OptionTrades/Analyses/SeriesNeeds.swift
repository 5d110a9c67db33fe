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

    struct Need: Sendable {
        /// The kind of observation.
        let name: String
        /// Nil for a series that no table of observations has.
        let table: ObservationTable?
        let tolerance: Tolerance
    }

    /// By the series' names, bytewise.
    let series: [Need]

    /// - Parameters:
    ///   - tables: the series that the analysis reads; the file names each of them.
    ///   - absent: series that it needs and that no table of observations has.
    init(_ node: RuleNode, _ tables: [ObservationTable], absent: [String] = []) throws {
        let all: [(name: String, table: ObservationTable?)] = tables.map { ($0.kind.rawValue, $0) } + absent.map { ($0, nil) }
        try node.allowOnly(Set(all.map(\.name)))
        series = try all.sorted { $0.name.isBytewiseLess(than: $1.name) }.map { name, table in
            let tolerance = try node.member(name)
            try tolerance.allowOnly(["fresh_minutes", "usable_minutes"])
            let fresh = try tolerance.whole("fresh_minutes", from: 0)
            return Need(
                name: name, table: table,
                tolerance: Tolerance(freshMinutes: fresh, usableMinutes: try tolerance.whole("usable_minutes", from: fresh)))
        }
    }

    /// How old a series may be, in minutes.
    func usableMinutes(_ table: ObservationTable) -> Int { usableMinutes(table.kind.rawValue) }

    func usableMinutes(_ name: String) -> Int {
        series.first { $0.name.isBytewiseEqual(to: name) }?.tolerance.usableMinutes ?? 0
    }
}
