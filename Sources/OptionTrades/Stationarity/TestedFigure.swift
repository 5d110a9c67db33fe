import LedgerValues

/// A figure whose recent values are held against its older ones.
enum TestedFigure: String, CaseIterable {
    // In canonical order.
    case dvol
    case gexImbalance = "gex_imbalance"
    case rv30d = "rv_30d"
    case vrp

    /// The observations that hold it.
    var table: ObservationTable {
        switch self {
        case .gexImbalance: .gexHourly
        case .dvol, .rv30d, .vrp: .volMetricsSnapshots
        }
    }

    /// What one observation says of it, exact; nil where that is null.
    ///
    /// - Parameter decimal: gives a field of the observation.
    func value(_ decimal: (String) -> FixedDecimal?) -> ExactNumber? {
        switch self {
        case .dvol: decimal("dvol")?.exact
        case .rv30d: decimal("rv_30d")?.exact
        case .vrp: VolPoint.premium(own: decimal("vrp"), dvol: decimal("dvol"), rv30d: decimal("rv_30d"))?.value.exact
        case .gexImbalance:
            GexPoint.imbalance(own: decimal("gex_imbalance"), net: decimal("net_gex"), abs: decimal("abs_gex"))
        }
    }

    /// A day's last value.
    struct Daily {
        let value: ExactNumber
        let row: ObservedRow
    }

    /// The values of the two windows before now: of the observations before now that have one the latest of each UTC day, in the
    /// window that its own timestamp lies in.
    ///
    /// - Parameter rows: in order of time.
    func windows(_ rows: [ObservedRow], now: Instant, _ rules: StationarityRules) -> (recent: [Daily], older: [Daily]) {
        var days: [Daily] = []
        for row in rows where row.timestamp < now {
            guard let value = value(row.decimal) else { continue }
            if let last = days.last, last.row.timestamp.date == row.timestamp.date { days.removeLast() }
            days.append(Daily(value: value, row: row))
        }
        let middle = now.daysBefore(rules.recentDays)
        let start = now.daysBefore(rules.olderDays)
        return (days.filter { $0.row.timestamp >= middle }, days.filter { start <= $0.row.timestamp && $0.row.timestamp < middle })
    }
}

extension Instant {
    /// That many days of 24 hours earlier, not before the first instant.
    func daysBefore(_ days: Int) -> Instant { advanced(byMicroseconds: -Int64(days) * 86_400_000_000) ?? .minimum }
}
