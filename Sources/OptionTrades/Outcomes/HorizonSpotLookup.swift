import LedgerEvents
import LedgerRules
package import LedgerValues

/// The observed spot that may stand for a directly mapped symbol's at a horizon (docs/contract/outcomes.md, "Spot at the horizon").
package enum HorizonSpotLookup {
    /// The observation with a spot that is nearest to the target, before or after it, within the rules' tolerance
    /// (inclusive). At equal distances the earlier observation wins. At the same instant `spot` wins over `gex_hourly`.
    ///
    /// - Returns: the spot with the position of its observation. Nil if no observation is near enough.
    package static func nearest(
        series: MarketSeries, target: Instant, rules: OutcomesRules
    ) -> (spot: HorizonSpot, position: Int64)? {
        let tolerance = Int64(rules.spotToleranceMinutes) * OutcomeClock.microsecondsPerMinute
        var best: (spot: HorizonSpot, position: Int64)?
        let from = target.advanced(byMicroseconds: -tolerance) ?? .minimum
        let through = target.advanced(byMicroseconds: tolerance) ?? .maximum
        func consider(
            _ price: FixedDecimal?, _ kind: MarketKind, _ timestamp: Instant, _ position: Int64
        ) {
            guard let price else { return }
            let distance = (timestamp.microseconds - target.microseconds).magnitude
            if let best {
                let known = (best.spot.timestamp.microseconds - target.microseconds).magnitude
                // An observation at the same instant never replaces another: spots come first.
                guard distance < known || (distance == known && timestamp < best.spot.timestamp) else {
                    return
                }
            }
            best = (HorizonSpot(price: price, kind: kind.rawValue, timestamp: timestamp), position)
        }
        for point in series.spot[series.spot.index(atOrAfter: from)...] {
            if point.timestamp > through { break }
            consider(point.price, .spot, point.timestamp, point.position)
        }
        for point in series.gex[series.gex.index(atOrAfter: from)...] {
            if point.timestamp > through { break }
            consider(point.spot, .gexHourly, point.timestamp, point.position)
        }
        return best
    }
}
