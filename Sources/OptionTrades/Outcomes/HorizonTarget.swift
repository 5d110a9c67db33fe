import LedgerEvents
import LedgerRules
package import LedgerValues

/// When a horizon of an execution is measured (docs/contract/outcomes.md, "Horizons and targets").
package struct HorizonTarget: Sendable, Equatable {
    /// `trade_date` + days × 24 h, or the expiry instant. Nil for the expiry of a trade without one, and outside the
    /// range of an instant.
    package let instant: Instant?
    /// The instant at which the traded contract expires. Nil if the trade has no expiry.
    package let expiry: Instant?
    /// Whether this is a day horizon whose target is later than the expiry instant. Such a horizon never has anything
    /// to measure.
    package let isAfterExpiry: Bool

    package init(of row: ExecutionRow, horizon: Horizon, rules: OutcomesRules) {
        self.init(of: row, horizon: horizon, expiry: Self.expiryInstant(of: row, rules: rules))
    }

    /// - Parameter expiry: the row's ``expiryInstant(of:rules:)``, which all its horizons share
    init(of row: ExecutionRow, horizon: Horizon, expiry: Instant?) {
        self.expiry = expiry
        guard let days = horizon.days else {
            instant = expiry
            isAfterExpiry = false
            return
        }
        let instant = row.tradeDate.advanced(
            byMicroseconds: Int64(days) * OutcomeClock.microsecondsPerDay)
        self.instant = instant
        // A target beyond the range of an instant lies after every expiry within it.
        isAfterExpiry = expiry.map { expiry in instant.map { $0 > expiry } ?? true } ?? false
    }

    /// Whether the horizon can be measured at a moment: its target has come and does not lie after the expiry.
    package func isMatured(at now: Instant) -> Bool {
        !isAfterExpiry && instant.map { $0 <= now } ?? false
    }

    /// New York's close on the expiry date, earlier on the days that the rules list. For a symbol that is its own
    /// market, the rules' time in UTC. Nil without an expiry.
    package static func expiryInstant(of row: ExecutionRow, rules: OutcomesRules) -> Instant? {
        guard let date = row.expiry else { return nil }
        if rules.isDirectlyMapped(row.underlyingSymbol) {
            let minutes = rules.directClose.hour * 60 + rules.directClose.minute
            return Instant(startOf: date)?
                .advanced(byMicroseconds: Int64(minutes) * OutcomeClock.microsecondsPerMinute)
        }
        let close = rules.earlyCloses.contains(date) ? rules.earlyClose : rules.newYorkClose
        return rules.newYork.instant(of: date, hour: close.hour, minute: close.minute)
    }
}

/// Units of time, not rules.
enum OutcomeClock {
    static let microsecondsPerMinute: Int64 = 60_000_000
    static let microsecondsPerDay: Int64 = 86_400_000_000
}

extension OutcomesRules {
    /// Whether the symbol is its own market. Only then may market spots stand for it; a proxy's never do.
    package func isDirectlyMapped(_ symbol: String?) -> Bool {
        trades.marketProxy.mapping(of: symbol).method.isBytewiseEqual(to: directMappingMethod)
    }

    /// The bucket of a DVol percentile (0…100). Without a percentile, the unknown bucket.
    package func dvolBucket(of percentile: FixedDecimal?) -> String {
        guard let percentile else { return unknownDvolBucket }
        return dvolBuckets.first { percentile < $0.below }?.name ?? highestDvolBucket
    }
}
