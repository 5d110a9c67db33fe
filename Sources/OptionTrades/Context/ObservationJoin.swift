import LedgerRules
import LedgerValues

/// The observation that represents a market at trade time.
struct JoinedObservation<Point: MarketPoint> {
    let point: Point
    /// |Δt| in microseconds.
    let distance: Int64
    let isFresh: Bool
}

extension Array where Element: MarketPoint {
    /// The observation for a trade. Nil if no observation is within reach. O(log n).
    ///
    /// With `nearest` it is the observation with the least |Δt| in exact microseconds, of two the earlier. Tolerances
    /// are inclusive. An observation after the trade counts only within the fresh tolerance, one at or before the trade
    /// within the stale tolerance. With `at_or_before` it is the latest that is not after the trade. The choice depends
    /// on time alone; figures that the observation lacks stay null.
    func joined(
        to trade: Instant, _ join: ContextRules.Join, _ reach: ContextRules.Reach
    ) -> JoinedObservation<Element>? {
        let fresh = Int64(reach.freshMinutes) * Self.minute
        let stale = Int64(reach.staleMinutes) * Self.minute
        let next = index(after: trade)
        var best: JoinedObservation<Element>?
        if next > 0 {
            let point = self[next - 1]
            let distance = trade.microseconds - point.timestamp.microseconds
            if distance <= stale {
                best = JoinedObservation(point: point, distance: distance, isFresh: distance <= fresh)
            }
        }
        if join == .nearest, next < count {
            let point = self[next]
            let distance = point.timestamp.microseconds - trade.microseconds
            if distance <= fresh, best.map({ distance < $0.distance }) ?? true {
                best = JoinedObservation(point: point, distance: distance, isFresh: true)
            }
        }
        return best
    }

    private static var minute: Int64 { 60_000_000 }
}
